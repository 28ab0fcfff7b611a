// What happened, in order, in words. The newest is on top.

import { fill, h } from '../dom.js';
import { clock, duration, fullTime, short, words } from '../format.js';

const SHOWN = 400;

/** What each message says; those that are not here are only shown with `everything`. */
const TELL = {
  'workflow.started': (m) => ['start', `${m.workflowName} started`],
  'workflow.completed': (m) => [m.outcome === 'success' ? 'good' : 'bad', `Ended: ${m.outcome}${m.reason ? ` (${m.reason})` : ''}${m.duration ? ` after ${duration(m.duration)}` : ''}`],
  'workflow.failed': (m) => ['bad', `Failed: ${m.error?.message ?? ''}`],
  'element.activated': (m) => ['begin', `${name(m)} began`],
  'element.completed': (m) => ['good', `${name(m)} completed${m.duration > 0.05 ? ` in ${duration(m.duration)}` : ''}`],
  'task.cancelled': (m) => ['bad', `${name(m)} cancelled`],
  'task.error': (m) => ['bad', `${m.elementId}: ${m.error?.message ?? ''}${m.retryable ? ' (will be tried again)' : ''}`],
  'incident.resolved': (m) => ['good', `Incident at ${m.elementId} resolved`],
  'userTask.created': (m) => ['person', `Task for people: ${m.taskInstance?.taskName || m.elementId}`],
  'userTask.completed': (m) => ['person', `Task ${m.elementId} done${m.by ? ` by ${m.by}` : ''}`],
  'gateway.path_taken': (m) => ['path', `${m.elementId} took ${m.flowId}${m.condition ? `, because ${m.condition}` : ''}`],
  'history.gap': (m) => ['bad', `Events ${m.from} to ${m.to} are no longer kept`],
};

const MORE = {
  'variable.set': (m) => ['data', `${m.name} = ${short(m.value, 160)}`],
  'gateway.evaluating': (m) => ['path', `${m.elementId} looks at ${m.paths?.length ?? 0} paths`],
  'flow.taken': (m) => ['path', `${m.flowId} → ${m.target}`],
  'history.event': (m) => ['data', `${words(m.event)} ${m.elementId ?? ''} ${m.details ? short(m.details) : ''}`],
};

export function showTimeline(place, history, { everything, onSelect }) {
  const told = [];
  for (let index = history.length - 1; index >= 0 && told.length < SHOWN; index -= 1) {
    const message = history[index];
    const tell = TELL[message.type] ?? (everything ? MORE[message.type] ?? plain : null);
    if (tell) told.push([message, ...tell(message)]);
  }
  fill(place, h('ol', { class: 'timeline', 'data-testid': 'timeline' }, told.map(([message, kind, text]) => row(message, kind, text, onSelect))));
}

function row(message, kind, text, onSelect) {
  const where = message.elementId;
  const line = where ? h('button', { type: 'button', class: 'plain', 'data-focus': `event-${message.seq}-${message.sub ?? 0}`, on: { click: () => onSelect(where) } }, text) : h('span', {}, text);
  return h('li', { class: kind, 'data-type': message.type }, h('time', { datetime: message.timestamp, title: fullTime(message.timestamp) }, clock(message.timestamp)), line);
}

function name(message) {
  return message.elementName || message.elementId;
}

function plain(message) {
  return ['data', `${message.type} ${message.elementId ?? ''}`];
}
