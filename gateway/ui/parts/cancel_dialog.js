// Ending an instance by hand: what that means, and why it is done.

import { api } from '../api.js';
import { button, h } from '../dom.js';
import { Dialog } from '../dialog.js';
import { toast } from '../toast.js';

export function openCancel(instance, onDone) {
  const dialog = new Dialog('Cancel this instance?', { testid: 'cancel-dialog' });
  const reason = h('input', { id: 'cancel-reason', type: 'text', autocomplete: 'off' });
  dialog.body.append(
    h('p', {}, 'Everything that is active in it ends, also the instances it has called. It cannot be taken back.'),
    h('div', { class: 'form' }, h('div', { class: 'field' }, h('label', { for: 'cancel-reason' }, 'Why (shown in the timeline)'), reason)));
  const submit = async () => {
    const cancel = () => api.cancel(instance.instanceId, reason.value.trim() || 'on the page');
    if (!(await dialog.attempt(cancel))) return;
    dialog.close();
    toast('Cancelled.', 'good');
    onDone();
  };
  dialog.footer.append(button('Let it go on', () => dialog.close()), button('Cancel instance', submit, { variant: 'danger', 'data-testid': 'cancel-submit' }));
  dialog.show();
}
