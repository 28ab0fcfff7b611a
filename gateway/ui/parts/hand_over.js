// Handing a task over: it becomes somebody else's, who finds it in the inbox.

import { api } from '../api.js';
import { button, h } from '../dom.js';
import { Dialog } from '../dialog.js';
import { toast } from '../toast.js';

export function openHandOver(task, onDone) {
  const dialog = new Dialog(`Hand over “${task.name || task.elementId}”`, { testid: 'hand-over-dialog' });
  const name = h('input', { id: 'hand-over-to', type: 'text', autocomplete: 'email', placeholder: 'colleague@example.com', list: 'hand-over-people', 'data-testid': 'hand-over-to' });
  const known = h('datalist', { id: 'hand-over-people' }, (task.candidateUsers ?? []).map((person) => h('option', { value: person })));
  dialog.body.append(
    h('p', {}, task.claimedBy ? `${task.claimedBy} has it now.` : 'Nobody has claimed it yet.'),
    h('div', { class: 'form' }, h('div', { class: 'field' }, h('label', { for: 'hand-over-to' }, 'To whom'), name, known)));
  const give = async () => {
    const to = name.value.trim();
    if (!to) throw new Error('Please say to whom.');
    if (task.claimedBy) await api.claim(task.id, '');
    await api.claim(task.id, to);
  };
  const submit = async () => {
    if (!(await dialog.attempt(give))) return;
    dialog.close();
    toast(`Handed over to ${name.value.trim()}.`, 'good');
    onDone();
  };
  dialog.footer.append(button('Keep it', () => dialog.close()), button('Hand over', submit, { variant: 'primary', 'data-testid': 'hand-over-submit' }));
  dialog.show();
  name.focus();
}
