// What happened, in order, in words. The newest is on top.

import { fillWhenChanged, h } from '../dom.js';
import { clock, duration, fullTime, inWords, short, words } from '../format.js';

const SHOWN = 400;

/** What each message says; those that are not here are only shown with `everything`. */
const TELL = {
  'workflow.started': (m, name) => ['start', `${m.workflowName} started`],
  'workflow.completed': (m, name) => [m.outcome === 'success' ? 'good' : 'bad', `Ended: ${m.outcome}${m.reason ? ` (${m.reason})` : ''}${m.duration ? ` after ${duration(m.duration)}` : ''}`],
  'workflow.failed': (m, name) => ['bad', `Failed: ${m.error?.message ?? ''}`],
  'element.activated': (m, name) => ['begin', `${name(m.elementId)} began`],
  'element.completed': (m, name) => ['good', `${name(m.elementId)} completed${m.duration > 0.05 ? ` in ${duration(m.duration)}` : ''}`],
  'task.cancelled': (m, name) => ['bad', `${name(m.elementId)} cancelled`],
  'task.error': (m, name) => ['bad', `${name(m.elementId)}: ${m.error?.message ?? ''}${m.retryable ? ' (will be tried again)' : ''}`],
  'incident.resolved': (m, name) => ['good', `Incident at ${name(m.elementId)} resolved`],
  'userTask.created': (m, name) => ['person', `Task for people: ${m.taskInstance?.taskName || name(m.elementId)}`],
  'userTask.completed': (m, name) => ['person', `Task ${name(m.elementId)} done${m.by ? ` by ${m.by}` : ''}`],
  'gateway.path_taken': (m, name) => ['path', `${name(m.elementId)} took ${m.flowId}${m.condition ? ` (${m.condition})` : ''}`],
  'task.log': (m, name) => [['warning', 'error'].includes(m.level) ? 'bad' : 'data', `${name(m.elementId)}: ${m.message}`],
  'history.gap': (m, name) => ['bad', `Events ${m.from} to ${m.to} are no longer kept`],
};

const MORE = {
  'variable.set': (m, name) => ['data', `${m.name} = ${short(m.value, 160)}`],
  'gateway.evaluating': (m, name) => ['path', `${name(m.elementId)} looks at ${m.paths?.length ?? 0} paths`],
  'flow.taken': (m, name) => ['path', `${m.flowId} → ${name(m.target)}`],
  'task.progress': (m, name) => ['data', `${name(m.elementId)} ${words(m.status).toLowerCase()}${m.message ? `: ${m.message}` : ''}`],
  'history.event': (m, name) => ['data', [m.elementId && name(m.elementId), words(m.event).toLowerCase(), m.details && `(${inWords(m.details)})`].filter(Boolean).join(' ')],
};

export function showTimeline(place, history, { everything, elements, onSelect }) {
  const name = (id) => elements.get(id)?.name || id || '';
  const told = [];
  for (let index = history.length - 1; index >= 0 && told.length < SHOWN; index -= 1) {
    const message = history[index];
    const tell = TELL[message.type] ?? (everything ? MORE[message.type] ?? plain : null);
    if (tell) told.push([message, ...tell(message, name)]);
  }
  fillWhenChanged(place, `${history.length}/${history.at(-1)?.timestamp}/${everything}`, () => h('ol', { class: 'timeline', 'data-testid': 'timeline' }, told.map(([message, kind, text]) => row(message, kind, text, onSelect))));
}

function row(message, kind, text, onSelect) {
  const where = message.elementId;
  const line = where ? h('button', { type: 'button', class: 'plain', 'data-focus': `event-${message.seq}-${message.sub ?? 0}`, on: { click: () => onSelect(where) } }, text) : h('span', {}, text);
  return h('li', { class: kind, 'data-type': message.type }, h('time', { datetime: message.timestamp, title: fullTime(message.timestamp) }, clock(message.timestamp)), line);
}

function plain(message) {
  return ['data', `${message.type} ${message.elementId ?? ''}`];
}
