// What operators do to one instance besides: moving its tokens, and letting it go on by another version of its process.

import { api } from '../api.js';
import { button, fill, h } from '../dom.js';
import { Dialog } from '../dialog.js';
import { words } from '../format.js';
import { toast } from '../toast.js';

/** `elements`: those of the definition; `active`: element instances as the API lists them. */
export function openMove({ instanceId }, active, elements, onDone) {
  const dialog = new Dialog('Move tokens', { testid: 'move-dialog', size: 'medium' });
  const ends = active.map((element) => {
    const box = h('input', { type: 'checkbox', id: `end-${element.key}`, value: element.key, 'data-testid': `end-${element.elementId}` });
    return { box, row: h('label', { class: 'check', for: box.id }, box, `${element.elementName || element.elementId}`, h('small', { class: 'muted' }, ` ${words(element.elementType)}`)) };
  });
  const begin = h('select', { id: 'move-to', 'data-testid': 'move-to' }, h('option', { value: '' }, 'nowhere'),
    [...elements.values()].filter((element) => !/boundary/i.test(element.type)).map((element) => h('option', { value: element.id }, `${element.name || element.id} (${words(element.type).toLowerCase()})`)));
  dialog.body.append(
    h('fieldset', { class: 'choices' }, h('legend', {}, 'End here'), ends.length ? ends.map(({ row }) => row) : h('p', { class: 'muted' }, 'Nothing is active.')),
    h('div', { class: 'form' }, h('div', { class: 'field' }, h('label', { for: 'move-to' }, 'And begin at'), begin)),
    h('p', { class: 'muted' }, 'What is ended is cancelled with everything in it. It is in the audit log.'));
  const move = async () => {
    const end = ends.filter(({ box }) => box.checked).map(({ box }) => Number(box.value));
    if (!end.length && !begin.value) throw new Error('Choose what to end, or where to begin.');
    await api.modify(instanceId, { end, begin: begin.value ? [{ element: begin.value }] : [] });
  };
  const submit = async () => {
    if (!(await dialog.attempt(move))) return;
    dialog.close();
    toast('The tokens are moved.', 'good');
    onDone();
  };
  dialog.footer.append(button('Leave it', () => dialog.close()), button('Move', submit, { variant: 'primary', 'data-testid': 'move-submit' }));
  dialog.show();
}

/** Shows the plan first; only one without problems can be carried out. */
export function openMigrate(instance, latest, onDone) {
  const dialog = new Dialog('Migrate to another version', { testid: 'migrate-dialog', size: 'medium' });
  const others = Array.from({ length: latest }, (_, index) => latest - index).filter((version) => version !== instance.processVersion);
  const version = h('select', { id: 'migrate-to', 'data-testid': 'migrate-to' }, others.map((other) => h('option', { value: other }, `version ${other}`)));
  const plan = h('div', { class: 'plan', 'aria-live': 'polite', 'data-testid': 'migrate-plan' });
  const submit = button('Migrate', () => carryOut(), { variant: 'primary', disabled: true, 'data-testid': 'migrate-submit' });
  const request = (dryRun) => api.migrate(instance.instanceId, { toVersion: Number(version.value), dryRun });
  const look = () => dialog.attempt(async () => {
    const { plan: found } = await request(true);
    submit.disabled = found.problems?.length > 0;
    fill(plan, planOf(found));
  });
  const carryOut = async () => {
    if (!(await dialog.attempt(() => request(false)))) return;
    dialog.close();
    toast(`The instance goes on by version ${version.value}.`, 'good');
    onDone();
  };
  version.addEventListener('change', look);
  dialog.body.append(h('div', { class: 'form' }, h('div', { class: 'field' }, h('label', { for: 'migrate-to' }, `From version ${instance.processVersion} to`), version)), plan);
  dialog.footer.append(button('Leave it', () => dialog.close()), submit);
  dialog.show();
  if (others.length) look();
  else fill(plan, h('p', { class: 'muted' }, 'There is no other version.'));
}

function planOf({ moves = [], problems = [] }) {
  const row = ({ from, to, count }) => h('li', {}, h('code', {}, from), ' → ', h('code', {}, to), count > 1 && ` ×${count}`);
  return [
    h('h3', {}, 'What would happen'),
    h('ul', {}, moves.length ? moves.map(row) : h('li', { class: 'muted' }, 'No token moves.')),
    problems.length > 0 && h('ul', { class: 'bad' }, problems.map(({ elementId, message }) => h('li', {}, h('code', {}, elementId), ` ${message}`))),
  ];
}
