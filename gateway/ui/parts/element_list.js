// The picture as a list: every element with its state and counts, for keyboards, screen readers and small screens.

import { fill, fillWhenChanged, h } from '../dom.js';
import { duration, short, words } from '../format.js';
import { RunState } from '../run_state.js';

const NAMES = { active: 'active', waiting: 'waits for a person', completed: 'completed', incident: 'incident', cancelled: 'cancelled', idle: 'not reached' };
const SHOWN_REASONS = 2;
const SIGNS = { active: '▶', waiting: '☺', completed: '✓', incident: '!', cancelled: '⊘', idle: '·' };

export class ElementList {
  #elements;
  #on;
  #rows = new Map();
  #order = '';
  root = h('ol', { class: 'element-list', 'data-testid': 'element-list' });

  /** `elements`: those of the definition by id; `onSelect(id)`: one was chosen; `onAgent(id)`: its conversation was. */
  constructor(elements, on) {
    this.#elements = elements;
    this.#on = on;
  }

  /** Those that were reached come first, in the order of their first time. `whys`: why each waits, by id. */
  draw(state, whys) {
    const reached = [...state.elements.keys()].filter((id) => this.#elements.has(id));
    const rest = [...this.#elements.keys()].filter((id) => !state.elements.has(id));
    const rows = [...reached, ...rest].map((id) => this.#row(id));
    for (const row of rows) draw(row, state.elements.get(row.id), whys.get(row.id) ?? []);
    const order = rows.map((row) => row.id).join();
    if (order !== this.#order) fill(this.root, rows.map((row) => row.item));
    this.#order = order;
  }

  /** A row stays the same node while it is drawn again, so that nobody clicks beside it. */
  #row(id) {
    let row = this.#rows.get(id);
    if (!row) {
      row = this.#newRow(this.#elements.get(id));
      this.#rows.set(id, row);
    }
    return row;
  }

  #newRow({ id, name, type }) {
    const sign = h('i', { class: 'sign', 'aria-hidden': 'true' });
    const label = h('span', { class: 'state' });
    const news = h('div', { class: 'list-news' });
    const agent = type === 'agenticTask' && h('button', { type: 'button', class: 'plain', hidden: true, 'data-testid': `agent-${id}`, 'data-focus': `agent-${id}`, on: { click: () => this.#on.onAgent(id) } }, 'Conversation');
    const item = h('li', { 'data-testid': `element-${id}`, 'data-type': type },
      h('button', { type: 'button', class: 'element-row', 'data-focus': `element-${id}`, on: { click: () => this.#on.onSelect(id) } },
        sign, h('span', { class: 'name' }, name || id, h('small', {}, words(type))), label),
      agent, news);
    return { id, item, sign, words: label, news, agent };
  }
}

function draw(row, element, whys) {
  const kind = element ? RunState.summary(element) : 'idle';
  row.item.className = kind;
  row.item.dataset.state = kind;
  row.item.dataset.completed = element?.completed ?? 0;
  row.sign.textContent = SIGNS[kind];
  if (row.agent) row.agent.hidden = !element?.keys.size;
  const took = element?.duration ? duration(element.duration) : '';
  const state = states(element, kind);
  fillWhenChanged(row.words, `${state}/${took}`, () => [state, took && h('small', {}, took)]);
  const texts = [...news(element), ...reasons(element, whys)];
  row.news.hidden = !texts.length;
  fillWhenChanged(row.news, JSON.stringify(texts), () => texts.map(([mood, text]) => h('p', { class: mood }, short(text, 300))));
}

function states(element, kind) {
  if (!element) return NAMES.idle;
  const counts = [[element.active.size - element.incidents.size, 'active'], [element.completed, 'completed'], [element.cancelled, 'cancelled'], [element.incidents.size, element.incidents.size === 1 ? 'incident' : 'incidents']]
    .filter(([count]) => count > 0);
  const loops = counts.length > 1 || counts[0]?.[0] > 1;
  return loops ? counts.map(([count, name]) => `${count} ${name}`).join(', ') : NAMES[kind];
}

/** What there is to say beyond the state, as pairs of a mood and a text. */
function news(element) {
  if (!element) return [];
  const incidents = [...element.incidents.values()].map((incident) => ['bad', incident.message]);
  const error = !incidents.length && element.error ? [['bad', element.error.message]] : [];
  const { progress } = element;
  const works = progress?.text && element.active.size && !incidents.length;
  const doing = works ? [['', `${Math.round(progress.value * 100)} % ${progress.text}`]] : [];
  return [...doing, ...incidents, ...error];
}

/** Why it waits, unless an incident says it already; a few will do where there are many. */
function reasons(element, whys) {
  if (!whys.length || element?.incidents.size) return [];
  const different = [...new Set(whys)];
  const rest = different.length - SHOWN_REASONS;
  const shown = different.slice(0, SHOWN_REASONS).map((why) => ['why', why]);
  return rest > 0 ? [...shown, ['why', `and ${rest} more`]] : shown;
}
