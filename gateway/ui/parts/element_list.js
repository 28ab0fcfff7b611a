// The picture as a list: every element with its state and counts, for keyboards, screen readers and small screens.

import { fill, h } from '../dom.js';
import { duration, short, words } from '../format.js';
import { RunState } from '../run_state.js';

const NAMES = { active: 'active', waiting: 'waits for a person', completed: 'completed', incident: 'incident', cancelled: 'cancelled', idle: 'not reached' };
const SIGNS = { active: '▶', waiting: '☺', completed: '✓', incident: '!', cancelled: '⊘', idle: '·' };

/** `elements`: those of the definition by id; `onSelect(id)` when one is chosen; `onAgent(id)` opens its conversation. */
export function showElementList(place, state, elements, { onSelect, onAgent }) {
  const reached = [...elements.values()].filter(({ id }) => state.elements.has(id));
  const order = new Map([...state.elements.keys()].map((id, index) => [id, index]));
  reached.sort((a, b) => order.get(a.id) - order.get(b.id));
  const rest = [...elements.values()].filter(({ id }) => !state.elements.has(id));
  fill(place, h('ol', { class: 'element-list', 'data-testid': 'element-list' },
    [...reached, ...rest].map((element) => row(element, state.elements.get(element.id), onSelect, onAgent))));
}

function row(definition, element, onSelect, onAgent) {
  const kind = element ? RunState.summary(element) : 'idle';
  const agent = element && definition.type === 'agenticTask' && h('button', { type: 'button', class: 'plain', 'data-testid': `agent-${definition.id}`, 'data-focus': `agent-${definition.id}`, on: { click: () => onAgent(definition.id) } }, 'Conversation');
  return h('li', { class: kind, 'data-testid': `element-${definition.id}`, 'data-state': kind, 'data-completed': element?.completed ?? 0 },
    h('button', { type: 'button', class: 'element-row', 'data-focus': `element-${definition.id}`, on: { click: () => onSelect(definition.id) } },
      h('i', { class: 'sign', 'aria-hidden': 'true' }, SIGNS[kind]),
      h('span', { class: 'name' }, definition.name || definition.id, h('small', {}, words(definition.type))),
      h('span', { class: 'state' }, states(element, kind), element?.duration ? h('small', {}, duration(element.duration)) : null)),
    agent, news(element));
}

function states(element, kind) {
  if (!element) return NAMES.idle;
  const counts = [[element.active.size, 'active'], [element.completed, 'completed'], [element.cancelled, 'cancelled'], [element.incidents.size, 'incidents']]
    .filter(([count]) => count > 0);
  const loops = counts.length > 1 || counts[0]?.[0] > 1;
  return loops ? counts.map(([count, name]) => `${count} ${name}`).join(', ') : NAMES[kind];
}

function news(element) {
  if (!element) return null;
  const progress = element.progress && element.active.size > 0 && `${Math.round(element.progress.value * 100)} % ${element.progress.text ?? ''}`;
  const incidents = [...element.incidents.values()].map((incident) => incident.message);
  const error = incidents.length ? null : element.error?.message;
  return [
    progress && h('p', { class: 'list-news' }, progress),
    [...incidents, error].filter(Boolean).map((text) => h('p', { class: 'list-news error' }, short(text, 300))),
  ];
}
