// Resolving an incident: correct variables where the data was wrong, then let the element try again.

import { api } from '../api.js';
import { button, h } from '../dom.js';
import { Dialog } from '../dialog.js';
import { fullTime } from '../format.js';
import { toast } from '../toast.js';

export function openIncident(incident) {
  const dialog = new Dialog(`Incident at ${incident.elementId}`, { testid: 'incident-dialog' });
  const retries = h('input', { id: 'incident-retries', type: 'number', min: 1, max: 100, value: 1 });
  const variables = h('textarea', { id: 'incident-variables', rows: 4, class: 'code', spellcheck: 'false' }, '{}');
  dialog.body.append(
    h('p', { class: 'incident-text' }, h('code', {}, incident.code), ' ', incident.message),
    h('p', { class: 'note' }, fullTime(incident.raisedAt)),
    h('div', { class: 'form' },
      h('div', { class: 'field' }, h('label', { for: 'incident-variables' }, 'Set these variables first (JSON)'), variables),
      h('div', { class: 'field' }, h('label', { for: 'incident-retries' }, 'Attempts that a job gets now'), retries)));
  const resolve = () => api.resolve(incident.id, { retries: retries.valueAsNumber || 1, variables: JSON.parse(variables.value || '{}') });
  const submit = async () => {
    if (!(await dialog.attempt(resolve))) return;
    dialog.close();
    toast('The element tries again.', 'good');
  };
  dialog.footer.append(button('Leave it', () => dialog.close()), button('Try again', submit, { variant: 'primary', 'data-testid': 'incident-retry' }));
  dialog.show();
}
