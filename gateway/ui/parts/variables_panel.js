// The variables of an instance: shown as they are, and changed by those who may.

import { api } from '../api.js';
import { button, fillWhenChanged, h } from '../dom.js';
import { Dialog } from '../dialog.js';
import { toast } from '../toast.js';
import { variableRows } from './document.js';
import { variablesField } from './variables_field.js';

/** `{root, draw(variables, isOpen)}`; what is opened stays open while others change. */
export function variablesPanel(instanceId, mayChange) {
  const opened = new Set();
  const rows = h('div', {});
  const change = button('Change variables …', () => openChange(instanceId), { variant: 'quiet', hidden: true, 'data-testid': 'change-variables' });
  const root = h('div', {}, rows, h('p', { class: 'after' }, change));
  const draw = (variables, isOpen) => {
    change.hidden = !(mayChange && isOpen);
    fillWhenChanged(rows, JSON.stringify(variables), () => variableRows(variables, opened));
  };
  return { root, draw };
}

function openChange(instanceId) {
  const dialog = new Dialog('Change variables', { testid: 'variables-dialog' });
  const field = variablesField({ id: 'new-variables', label: 'Variables to set (JSON)', note: 'Those that are not named stay as they are.' });
  dialog.body.append(h('div', { class: 'form' }, field.element));
  const set = async () => api.setVariables(instanceId, field.read());
  const submit = async () => {
    if (!(await dialog.attempt(set))) return;
    dialog.close();
    toast('The variables are set.', 'good');
  };
  dialog.footer.append(button('Cancel', () => dialog.close()), button('Set', submit, { variant: 'primary', 'data-testid': 'variables-submit' }));
  dialog.show();
  field.focus();
}
