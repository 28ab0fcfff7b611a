// A JSON value as a tree that opens and closes; file references become downloads.

import { h } from '../dom.js';
import { api } from '../api.js';
import { short, size } from '../format.js';
import { oops } from '../toast.js';

const SHOWN = 200;

export function jsonTree(value, { open = 1 } = {}) {
  return h('div', { class: 'json' }, node(value, open));
}

export function isFile(value) {
  return value !== null && typeof value === 'object' && typeof value.uri === 'string' && typeof value.sha256 === 'string';
}

function node(value, open) {
  if (isFile(value)) return fileLink(value);
  if (Array.isArray(value)) return branch(value.map((item, index) => [index, item]), `[ ${value.length} ]`, value, open);
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value);
    return branch(entries, `{ ${entries.length} }`, value, open);
  }
  return leaf(value);
}

function branch(entries, label, value, open) {
  if (!entries.length) return h('span', { class: 'json-empty' }, label);
  const body = h('ul', {});
  const grow = () => {
    if (body.childElementCount) return;
    const rows = entries.slice(0, SHOWN).map(([key, item]) => h('li', {}, h('span', { class: 'json-key' }, key), node(item, open - 1)));
    body.append(...rows);
    if (entries.length > SHOWN) body.append(h('li', {}, `… ${entries.length - SHOWN} more`));
  };
  const details = h('details', { open: open > 0 }, h('summary', {}, h('b', {}, label), ' ', h('small', {}, short(value, 80))), body);
  if (open > 0) grow();
  details.addEventListener('toggle', grow);
  return details;
}

function leaf(value) {
  const kind = value === null ? 'null' : typeof value;
  const long = kind === 'string' && (value.length > 160 || value.includes('\n'));
  return h(long ? 'pre' : 'span', { class: `json-${kind}` }, kind === 'string' ? value : String(value));
}

/** Saves the file when pressed. */
export function fileLink(reference) {
  const save = () => api.download(reference.uri, reference.name).catch(oops);
  return h('button', { type: 'button', class: 'file-link', title: `sha256 ${reference.sha256}`, on: { click: save } },
    '↓ ', reference.name ?? reference.uri, ' ', h('small', {}, size(reference.size ?? 0)));
}
