// Starting an instance: who asks, variables, and the log (or other file) that a process waits for at its beginning.

import { api } from '../api.js';
import { button, h, quoted } from '../dom.js';
import { Dialog } from '../dialog.js';
import { keyedByContent } from '../idempotency.js';
import { person } from '../session.js';
import { go } from '../router.js';
import { variablesField } from './variables_field.js';

/** How long a message may wait until the instance has come to its receive task. */
const PATIENCE = 60_000;

/** `process` as the API gives it: `{process, elements}`. */
export function openStart({ process, elements }, { file, latest = process.version } = {}) {
  const old = process.version < latest ? `, version ${process.version}` : '';
  const dialog = new Dialog(`Start “${process.name || process.processId}”${old}`, { testid: 'start-dialog' });
  const receiver = fileReceiver(elements);
  const input = inputs(receiver, file, asksForRequester(elements));
  dialog.body.append(input.element);
  const keyOf = keyedByContent();
  const start = () => dialog.attempt(() => begin({ process, old, receiver, input, keyOf, dialog }));
  dialog.footer.append(
    button('Cancel', () => dialog.close()),
    button('Start', start, { variant: 'primary', 'data-testid': 'start-submit' }));
  dialog.show();
  input.focus();
}

/** The task that waits for a file, if the process has one. */
export function fileReceiver(elements) {
  const receiver = elements.find(({ properties }) => properties?.messageRef && properties.custom?.accepts === 'file');
  return receiver && { name: receiver.name || receiver.id, message: receiver.properties.messageRef };
}

/** Whether the process writes to whoever has started it. */
function asksForRequester(elements) {
  return JSON.stringify(elements).includes('requester.email');
}

function inputs(receiver, file, hasRequester) {
  const upload = receiver && filePicker(receiver, file);
  const email = h('input', { id: 'start-email', type: 'email', autocomplete: 'email', value: person().includes('@') ? person() : '', 'data-testid': 'start-email' });
  const businessKey = h('input', { id: 'start-business-key', type: 'text', autocomplete: 'off' });
  const variables = variablesField({ id: 'start-variables', label: 'Variables (JSON)' });
  const element = h('div', { class: 'form' },
    upload?.element,
    hasRequester && field('start-email', 'Your mail address', email, 'The process writes to this address (`requester.email`).'),
    h('details', { open: !receiver }, h('summary', {}, 'Variables and business key'),
      variables.element,
      field('start-business-key', 'Business key', businessKey)));
  return {
    element,
    focus: () => (upload?.input ?? (hasRequester ? email : variables)).focus(),
    file: () => upload?.chosen(),
    businessKey: () => businessKey.value.trim() || undefined,
    variables: () => withRequester(variables.read(), email.value.trim()),
  };
}

function field(id, label, control, note) {
  return h('div', { class: 'field' }, h('label', { for: id }, label), control, note && h('p', { class: 'note' }, quoted(note)));
}

/** A file by choosing or by dropping. */
function filePicker(receiver, given) {
  let file = given ?? null;
  const name = h('strong', {}, file?.name ?? 'Drop a file here, or choose one');
  const input = h('input', { id: 'start-file', type: 'file', 'data-testid': 'start-file' });
  const take = (chosen) => {
    file = chosen ?? file;
    name.textContent = file?.name ?? name.textContent;
    element.classList.toggle('has-file', Boolean(file));
  };
  input.addEventListener('change', () => take(input.files[0]));
  const element = h('label', { class: 'drop small', for: 'start-file', on: {
    dragover: (event) => event.preventDefault(),
    drop: (event) => {
      event.preventDefault();
      take(event.dataTransfer.files[0]);
    },
  } }, name, h('span', {}, `for “${receiver.name}”`), input);
  return { element, input, chosen: () => file };
}

function withRequester(variables, email) {
  return email ? { ...variables, requester: { ...variables.requester, email } } : variables;
}

async function begin({ process, old, receiver, input, keyOf, dialog }) {
  const variables = input.variables();
  const file = input.file();
  const stored = file ? await api.upload(file) : null;
  const request = { processId: process.processId, version: old ? process.version : undefined, variables, businessKey: input.businessKey() };
  const { instanceId } = await api.start(request, keyOf(request));
  dialog.close();
  go(`/instances/${instanceId}`);
  if (stored) await deliverFile(receiver.message, instanceId, stored, `${instanceId}/file`);
}

/** The message that a waiting receive task takes; its key is the instance, unless told otherwise. */
export function deliverFile(name, correlationKey, stored, messageId) {
  const variables = { logFile: stored, logFileName: stored.name };
  return api.publish({ name, correlationKey, variables, ttlMs: PATIENCE, messageId });
}
