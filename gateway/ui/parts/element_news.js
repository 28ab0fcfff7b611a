// The small things that stand on and beside an element in the picture: counts, progress, errors, tool uses.

import { h } from '../dom.js';
import { inWords, parsed, short } from '../format.js';

const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** How many are active, done, cancelled and in trouble. One that is done once is just a check, and of the first one that is active the colour says enough. */
export function badges(element) {
  const active = element.active.size - element.incidents.size;
  const isFirst = active === 1 && !element.completed && !element.cancelled && !element.incidents.size;
  const counts = [
    ['incident', element.incidents.size, '!', 'incidents'],
    ['active', isFirst ? 0 : active, '', 'active'],
    ['completed', element.completed, '✓', 'completed'],
    ['cancelled', element.cancelled, '⊘', 'cancelled'],
  ].filter(([, count]) => count > 0);
  if (!counts.length) return null;
  const shown = counts.map(([kind, count, sign, name]) =>
    h('span', { class: `badge ${kind}`, title: `${count} ${name}`, 'data-testid': `badge-${kind}-${element.id}` },
      [sign, count > 1 || !sign ? count : ''].filter((part) => part !== '').join(' ')));
  return h('div', { class: 'badges' }, shown);
}

export function progress(element) {
  if (!element.progress || !element.active.size || element.incidents.size) return null;
  const { value, status, text } = element.progress;
  if (!value && !text) return null;
  const percent = Math.round(value * 100);
  return h('div', { class: `progress ${status}`, 'data-testid': `progress-${element.id}` },
    h('div', { class: 'bar', role: 'progressbar', 'aria-valuenow': percent, 'aria-valuemin': 0, 'aria-valuemax': 100, 'aria-label': element.name || element.id },
      h('i', { style: { width: `${percent}%` } })),
    text && h('span', { title: text }, short(text, 60)));
}

export function errorMark(element) {
  if (!element.error || (!element.active.size && !element.incidents.size)) return null;
  const again = element.error.retryable ? ' Will be tried again.' : '';
  return h('div', { class: 'error-mark', title: `${element.error.message}${again}`, 'data-testid': `error-${element.id}` },
    short(element.error.message, 70), again && h('em', {}, again));
}

/** The ways out that a gateway is looking at. */
export function evaluation(element) {
  if (!element.evaluating?.length) return null;
  return h('ul', { class: 'evaluation', 'data-testid': `evaluating-${element.id}` },
    element.evaluating.slice(0, 6).map((path) => h('li', {}, path.condition || path.flowId, ' → ', path.target)));
}

/** A tool's name, what it was given, and what it answered. */
export function toolNews(message) {
  const done = message.result !== undefined;
  const kind = message.isError ? 'failed' : done ? 'done' : 'running';
  return h('div', { class: `tool-news ${kind}`, 'data-testid': 'tool-pop', 'data-tool': message.tool, 'data-element': message.elementId },
    h('strong', {}, message.tool, h('i', { class: 'tool-state' }, done ? (message.isError ? ' ✗' : ' ✓') : ' …')),
    h('span', { class: 'tool-arguments' }, brief(message.arguments)),
    done && h('span', { class: 'tool-result' }, brief(withoutEcho(parsed(message.result), message.arguments))));
}

/** Ids say nothing to people who look for a few seconds. */
function brief(value) {
  return inWords(value, 120).replace(UUID, '…');
}

/** Tools repeat what they were asked. */
function withoutEcho(result, asked) {
  if (result === null || typeof result !== 'object' || Array.isArray(result)) return result;
  return Object.fromEntries(Object.entries(result).filter(([name, value]) => JSON.stringify(asked?.[name]) !== JSON.stringify(value)));
}
