// What the colours and signs of the picture mean.

import { h } from '../dom.js';

const MEANINGS = [
  ['active', 'active'],
  ['waiting', 'waits for a person'],
  ['completed', 'completed'],
  ['incident', 'incident'],
  ['cancelled', 'cancelled'],
  ['taken', 'path taken'],
];

export function legend() {
  return h('ul', { class: 'legend', 'aria-label': 'Legend' }, MEANINGS.map(([kind, meaning]) => h('li', {}, h('i', { class: kind }), meaning)));
}
