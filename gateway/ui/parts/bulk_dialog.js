// One operation on many instances: how many it would be, then its progress, which can be held and ended.

import { api } from '../api.js';
import { button, fill, h } from '../dom.js';
import { Dialog } from '../dialog.js';
import { oops } from '../toast.js';

const OPERATIONS = [['retry', 'Retry what has an incident'], ['cancel', 'Cancel'], ['suspend', 'Suspend'], ['resume', 'Resume'], ['migrate', 'Migrate to a version'], ['setVariables', 'Set variables']];
const LOOK_AGAIN = 400;

/** `filter` is one of `POST /batches`; `onDone` is called when the dialog is closed after a run. */
export function openBulk(filter, onDone) {
  const dialog = new Dialog('With all of these', { testid: 'bulk-dialog', size: 'medium' });
  const operation = h('select', { id: 'bulk-operation', 'data-testid': 'bulk-operation' }, OPERATIONS.map(([value, label]) => h('option', { value }, label)));
  const version = h('input', { id: 'bulk-version', type: 'number', min: 1, value: 1 });
  const variables = h('textarea', { id: 'bulk-variables', class: 'code', rows: 3, spellcheck: 'false' });
  const versionField = h('div', { class: 'field' }, h('label', { for: 'bulk-version' }, 'To version'), version);
  const variablesField = h('div', { class: 'field' }, h('label', { for: 'bulk-variables' }, 'Variables (JSON)'), variables);
  const preview = h('p', { class: 'preview', role: 'status', 'data-testid': 'bulk-preview' }, 'Counting …');
  const request = (dryRun) => ({ operation: operation.value, filter, arguments: argumentsOf(operation.value, version, variables), dryRun });
  const count = () => {
    versionField.hidden = operation.value !== 'migrate';
    variablesField.hidden = operation.value !== 'setVariables';
    api.createBatch({ operation: 'suspend', filter, arguments: {}, dryRun: true })
      .then(({ total }) => { preview.textContent = total === 1 ? '1 instance.' : `${total} instances.`; })
      .catch((problem) => { preview.textContent = problem.message; });
  };
  operation.addEventListener('change', count);
  dialog.body.append(h('div', { class: 'form' }, h('div', { class: 'field' }, h('label', { for: 'bulk-operation' }, 'What to do'), operation), versionField, variablesField), preview);
  const run = async () => {
    let batch;
    if (!(await dialog.attempt(async () => { batch = await api.createBatch(request(false)); }))) return;
    follow(dialog, batch.batchId, onDone);
  };
  dialog.footer.append(button('Leave them', () => dialog.close()), button('Do it', run, { variant: 'primary', 'data-testid': 'bulk-run' }));
  dialog.show();
  count();
}

function argumentsOf(operation, version, variables) {
  if (operation === 'migrate') return { toVersion: version.valueAsNumber };
  if (operation !== 'setVariables') return {};
  try {
    return { variables: JSON.parse(variables.value || '{}') };
  } catch (problem) {
    throw new Error(`This is not JSON: ${problem.message}`);
  }
}

/** Until it has ended, or the dialog is closed. */
function follow(dialog, batchId, onDone) {
  const bar = h('progress', { max: 1, value: 0, 'aria-label': 'Progress' });
  const told = h('p', { role: 'status', 'data-testid': 'bulk-progress' });
  const refused = h('ul', { class: 'refusals' });
  fill(dialog.body, bar, told, refused);
  const hold = button('Hold', () => change(hold.dataset.does ?? 'pause'), { 'data-testid': 'bulk-hold' });
  const end = button('Stop', () => change('cancel'), { variant: 'danger', 'data-testid': 'bulk-stop' });
  const change = (what) => api.changeBatch(batchId, what).then(look).catch(oops);
  fill(dialog.footer, hold, end, button('Close', () => dialog.close(), { variant: 'primary', 'data-testid': 'bulk-close' }));
  const look = async () => {
    const batch = await api.batch(batchId);
    const handled = batch.total - batch.open;
    bar.max = batch.total || 1;
    bar.value = handled;
    told.textContent = `${batch.state}: ${batch.done} done${batch.refused ? `, ${batch.refused} refused` : ''}${batch.skipped ? `, ${batch.skipped} skipped` : ''} of ${batch.total}.`;
    fill(refused, (batch.failures ?? []).map(({ instanceId, message }) => h('li', {}, h('a', { href: `#/instances/${instanceId}` }, instanceId), ` ${message}`)));
    hold.textContent = batch.state === 'paused' ? 'Go on' : 'Hold';
    hold.dataset.does = batch.state === 'paused' ? 'resume' : 'pause';
    hold.hidden = Boolean(batch.endedAt);
    end.hidden = Boolean(batch.endedAt);
    return Boolean(batch.endedAt);
  };
  const again = async () => {
    const ended = await look().catch(oops);
    if (!ended && dialog.isOpen) setTimeout(again, LOOK_AGAIN);
  };
  dialog.element.addEventListener('close', onDone);
  again();
}
