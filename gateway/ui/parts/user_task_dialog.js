// A user task as a dialog: what there is to know, the form, and the buttons that finish it.

import { api } from '../api.js';
import { button, h, quoted } from '../dom.js';
import { Dialog } from '../dialog.js';
import { keyedByContent } from '../idempotency.js';
import { fullTime, isPast, relative, sentence, words } from '../format.js';
import { person } from '../session.js';
import { toast } from '../toast.js';
import { documentOf, grade, isLarge, variableRows } from './document.js';
import { Form } from './form.js';
import { byRelevance, instruction } from './relevance.js';

/** So many of the large values are open at first. */
const OPEN_SECTIONS = 2;

const APPROVED = /^(approved?|accept(ed)?|yes)$/i;
const REJECTED = /^(reject(ed)?|decline(d)?|denied|no)$/i;

/** Opens the dialog of an open task; `onDone` is called after it was completed. */
export async function openUserTask(taskId, onDone = () => {}) {
  const { task, variables } = await api.userTask(taskId);
  if (task.state !== 'open') return toast('This task is done already.');
  const definition = await definitionOf(task);
  const seen = sight(task, variables, definition);
  const dialog = new Dialog(task.name || task.elementId, { testid: 'task-dialog', size: seen.isLarge ? 'wide' : 'medium' });
  const decision = decisionOf(task);
  const form = new Form(fieldsOf(task, decision), variables);
  dialog.body.append(about(task), instructions(task, definition, variables), columns(form, seen));
  const keyOf = keyedByContent();
  const finish = (outcome) => complete({ dialog, form, task, decision, outcome, keyOf, onDone });
  dialog.footer.append(...finishing(task, decision, finish));
  dialog.show();
  if (matchMedia('(min-width: 900px)').matches) form.fields[0]?.focus();
}

/** The process as this task's instance runs it; the task can be done without it. */
async function definitionOf({ instanceId, processId }) {
  try {
    const { instance } = await api.instance(instanceId);
    return await api.process(processId, instance.processVersion);
  } catch {
    return { elements: [], bpmnXml: '<none/>' };
  }
}

/**
 * How a task is decided: by a field with approving and rejecting options (or one named so), by the two buttons alone when
 * there is no form, else not at all.
 */
function decisionOf(task) {
  if (task.isManual) return null;
  if (!task.formFields.length) return { name: 'decision', approved: 'approved', rejected: 'rejected' };
  for (const field of task.formFields) {
    const approved = (field.options ?? []).find((option) => APPROVED.test(option));
    const rejected = (field.options ?? []).find((option) => REJECTED.test(option));
    if (approved && rejected) return { name: field.name, approved, rejected };
  }
  const named = task.formFields.find((field) => /decision$/i.test(field.name) && !field.options?.length);
  return named ? { name: named.name, approved: 'approved', rejected: 'rejected' } : null;
}

/** The buttons stand for the decision, so its field is left out; comments are always there where people decide. */
function fieldsOf(task, decision) {
  const fields = task.formFields.filter((field) => field.name !== decision?.name).map(asShown);
  const hasComments = fields.some((field) => /comments?$/i.test(field.name));
  if (decision && !hasComments) fields.push({ name: 'comments', label: 'Comments', type: 'multiline', required: false });
  return fields;
}

function asShown(field) {
  const isRemark = /comments?$/i.test(field.name) && (field.type ?? 'text') === 'text';
  return isRemark ? { ...field, type: 'multiline' } : field;
}

function about(task) {
  const facts = [
    ['Process', h('a', { href: `#/instances/${task.instanceId}` }, task.processName || task.processId)],
    ['Assignee', task.assignee],
    ['Groups', task.candidateGroups?.join(', ')],
    ['Priority', task.priority && grade(task.priority)],
    ['Due', task.dueDate && h('time', { class: isPast(task.dueDate) && 'bad', datetime: task.dueDate, title: fullTime(task.dueDate) }, relative(task.dueDate))],
    ['Claimed by', task.claimedBy],
  ].filter(([, value]) => value);
  return h('dl', { class: 'facts' }, facts.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))));
}

function instructions(task, { elements }, variables) {
  if (task.question) return task.question.text ? h('p', { class: 'instruction' }, quoted(task.question.text)) : '';
  const element = elements.find(({ id }) => id === task.elementId);
  const text = instruction(element?.properties?.documentation, variables);
  return text ? h('p', { class: 'instruction' }, quoted(text)) : '';
}

/** What there is to judge on one side, what there is to fill in on the other. */
function columns(form, { element, isLarge }) {
  if (!form.fields.length) return element;
  return h('div', { class: `task-columns${isLarge ? ' side-by-side' : ''}` }, element, form.element);
}

/** What matters to this task as sections, small values in one of them; the rest is folded away. */
function sight(task, variables, definition) {
  const { first, rest } = byRelevance(variables, task.elementId, definition);
  const small = first.filter((name) => !isLarge(variables[name]));
  const large = first.filter((name) => isLarge(variables[name]));
  const element = h('article', { class: 'sight', 'data-testid': 'sight' },
    large.map((name, index) => section(name, variables[name], index < OPEN_SECTIONS)),
    small.length > 0 && documentOf(Object.fromEntries(small.map((name) => [name, variables[name]]))),
    rest.length > 0 && everything(variables));
  return { element, isLarge: large.length > 0 };
}

function section(name, value, open) {
  return h('details', { class: 'section', open, 'data-testid': `section-${name}` }, h('summary', { title: name }, words(name)), documentOf(value, name));
}

function everything(variables) {
  return h('details', { class: 'seen' }, h('summary', {}, 'Everything that this task sees'), variableRows(variables));
}

function finishing(task, decision, finish) {
  if (task.isManual) return [button('Done', () => finish(null), { variant: 'primary', 'data-testid': 'done' })];
  if (!decision) return [button('Complete', () => finish(null), { variant: 'primary', 'data-testid': 'complete' })];
  return [
    button(words(verb(decision.rejected)), () => finish(decision.rejected), { variant: 'danger', 'data-testid': 'reject' }),
    button(words(verb(decision.approved)), () => finish(decision.approved), { variant: 'primary', 'data-testid': 'approve' }),
  ];
}

function verb(option) {
  return option.replace(/^(approve|reject|decline|accept)e?d$/i, '$1');
}

async function complete({ dialog, form, task, decision, outcome, keyOf, onDone }) {
  dialog.clearError();
  const variables = await form.read();
  if (!variables) return;
  if (outcome) variables[decision.name] = outcome;
  if (outcome && decision.name !== 'decision') variables.decision ??= APPROVED.test(outcome) ? 'approved' : 'rejected';
  const request = { variables, ...(person() ? { by: person() } : {}) };
  const done = await dialog.attempt(
    () => api.complete(task.id, request, keyOf(request)),
    (problem) => [...form.place(problem), advice(problem)].map((text) => h('p', {}, sentence(text))),
  );
  if (!done) return;
  dialog.close();
  toast(`${task.name || task.elementId}: ${outcome ? words(outcome).toLowerCase() : 'done'}`, 'good');
  onDone();
}

function advice({ status }) {
  if (status === 409) return 'It was finished meanwhile, or its time is over.';
  return status >= 400 && status < 500 ? 'The task is still open: correct it and try again.' : 'Try again: it is done once, however often it is sent.';
}
