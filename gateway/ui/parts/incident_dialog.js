// Resolving an incident: correct variables where the data was wrong, then let the element try again.

import { api } from '../api.js';
import { button, h, quoted } from '../dom.js';
import { Dialog } from '../dialog.js';
import { fullTime, relative, words } from '../format.js';
import { toast } from '../toast.js';
import { variableRows } from './document.js';
import { variablesField } from './variables_field.js';

/** `name` is the element's; `variables` are those of the instance. */
export function openIncident(incident, name, variables) {
  const dialog = new Dialog(`Incident at “${name}”`, { testid: 'incident-dialog' });
  const corrected = variablesField({ id: 'incident-variables', label: 'Set these variables first (JSON)', rows: 4, note: 'Leave it empty when what was wrong lies elsewhere and is mended.' });
  const retries = h('input', { id: 'incident-retries', type: 'number', min: 1, max: 100, value: 1 });
  dialog.body.append(
    h('div', { class: 'incident-text' },
      h('p', {}, h('strong', {}, words(incident.code)), h('time', { class: 'muted', datetime: incident.raisedAt, title: fullTime(incident.raisedAt) }, ` ${relative(incident.raisedAt)}`)),
      h('p', {}, quoted(incident.message))),
    h('div', { class: 'form' },
      corrected.element,
      h('div', { class: 'field' }, h('label', { for: 'incident-retries' }, 'Attempts that it gets now'), retries)),
    h('details', { class: 'seen' }, h('summary', {}, 'The variables as they are'), variableRows(variables)));
  const resolve = async () => api.resolve(incident.id, { retries: retries.valueAsNumber || 1, variables: corrected.read() });
  const submit = async () => {
    if (!(await dialog.attempt(resolve))) return;
    dialog.close();
    toast('The element tries again.', 'good');
  };
  dialog.footer.append(button('Leave it', () => dialog.close()), button('Try again', submit, { variant: 'primary', 'data-testid': 'incident-retry' }));
  dialog.show();
  corrected.focus();
}
