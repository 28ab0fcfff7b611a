// What an instance waits for people to do: user tasks, messages to deliver, incidents to resolve.

import { button, fillWhenChanged, h, quoted } from '../dom.js';
import { relative, fullTime, words } from '../format.js';
import { oops } from '../toast.js';
import { openIncident } from './incident_dialog.js';
import { openMessage } from './message_dialog.js';
import { openUserTask } from './user_task_dialog.js';

/** Fills `place`; `may` says which of `{tasks, change}` the person is allowed. */
export function showAttention(place, { tasks, subscriptions, incidents, elements, variables, may }) {
  place.hidden = !incidents.length && !tasks.length && !subscriptions.length;
  fillWhenChanged(place, JSON.stringify([incidents, tasks, subscriptions]), () => [
    incidents.map((incident) => incidentCard(incident, elements, variables, may)),
    tasks.map((task) => taskCard(task, numberOf(task, tasks), may)),
    subscriptions.map((subscription) => messageCard(subscription, elements, may)),
  ]);
}

/** Which of several at the same element it is: ` 2/3`. */
function numberOf(task, tasks) {
  const alike = tasks.filter(({ elementId }) => elementId === task.elementId);
  return alike.length > 1 ? ` ${alike.indexOf(task) + 1}/${alike.length}` : '';
}

function taskCard(task, number, may) {
  const due = task.dueDate && h('time', { datetime: task.dueDate, title: fullTime(task.dueDate) }, ` · due ${relative(task.dueDate)}`);
  const open = () => openUserTask(task.id).catch(oops);
  const label = task.isManual ? 'Done …' : 'Open form';
  return card('task', task.isManual ? 'To be done by hand' : 'Waits for a person', `${task.name || task.elementId}${number}`,
    [task.assignee ?? task.candidateGroups?.join(', '), due],
    may.tasks && button(label, open, { variant: 'primary', 'data-testid': `open-task-${task.elementId}`, 'data-focus': task.id }));
}

function messageCard(subscription, elements, may) {
  const element = elements.get(subscription.elementId);
  const acceptsFile = element?.properties?.custom?.accepts === 'file';
  return card('message', 'Waits for a message', element?.name || subscription.elementId, [subscription.messageName],
    may.change && button(acceptsFile ? 'Deliver a file …' : 'Deliver message …', () => openMessage(subscription, acceptsFile),
      { 'data-testid': `deliver-${subscription.elementId}`, 'data-focus': `${subscription.key}/${subscription.messageName}` }));
}

function incidentCard(incident, elements, variables, may) {
  const name = elements.get(incident.elementId)?.name || incident.elementId;
  return card('incident', `Incident: ${words(incident.code).toLowerCase()}`, name, quoted(incident.message),
    may.change && button('Resolve …', () => openIncident(incident, name, variables), { variant: 'danger', 'data-testid': `resolve-${incident.elementId}`, 'data-focus': incident.id }));
}

function card(kind, what, title, details, action) {
  return h('section', { class: `attention-card ${kind}`, 'data-testid': `attention-${kind}` },
    h('div', {}, h('small', {}, what), h('strong', {}, title), h('span', { class: 'details' }, details)), action);
}
