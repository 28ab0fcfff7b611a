// Delivering a message by hand to an element that waits for it, with a file where it takes one.

import { api } from '../api.js';
import { button, h } from '../dom.js';
import { Dialog } from '../dialog.js';
import { toast } from '../toast.js';
import { deliverFile } from './start_dialog.js';
import { variablesField } from './variables_field.js';

/** `subscription` as the API gives it; `acceptsFile` when the element's `custom.accepts` is `file`. */
export function openMessage(subscription, acceptsFile) {
  const { messageName, correlationKey } = subscription;
  const dialog = new Dialog(`Deliver “${messageName}”`, { testid: 'message-dialog' });
  const file = h('input', { id: 'message-file', type: 'file', 'data-testid': 'message-file' });
  const variables = variablesField({ id: 'message-variables', label: 'Variables (JSON)' });
  dialog.body.append(h('div', { class: 'form' },
    h('p', { class: 'note' }, 'Correlation key ', h('code', {}, correlationKey || '(empty)')),
    acceptsFile
      ? h('div', { class: 'field' }, h('label', { for: 'message-file' }, 'File'), file)
      : variables.element));
  const messageId = crypto.randomUUID();
  const send = async () => {
    if (acceptsFile && !file.files[0]) throw new Error('Please choose a file.');
    if (acceptsFile) return deliverFile(messageName, correlationKey, await api.upload(file.files[0]), messageId);
    return api.publish({ name: messageName, correlationKey, variables: variables.read(), ttlMs: 0, messageId });
  };
  const submit = async () => {
    if (!(await dialog.attempt(send))) return;
    dialog.close();
    toast('Delivered.', 'good');
  };
  dialog.footer.append(button('Cancel', () => dialog.close()), button('Deliver', submit, { variant: 'primary', 'data-testid': 'message-submit' }));
  dialog.show();
  (acceptsFile ? file : variables).focus();
}
