// A JSON value as a document that people read: objects as lists of names and values, lists of objects as tables, files as
// links, long texts wrapped. What is nested too deep for that is shown as a tree.

import { h } from '../dom.js';
import { fullTime, short, words } from '../format.js';
import { isFile, jsonTree, fileLink } from './json_tree.js';

const DEEPEST = 5;
const SHOWN = 30;
const MOST_COLUMNS = 7;
const LONG = 90;
/** So few plain values are shown at once. */
const FEW = 3;

const SHARE = /(confidence|probability)$/i;
/** Less of it is shown in another colour. */
const DOUBTFUL = 0.6;
const GRADED = /^(risk|severity|priority|level|urgency|impact)$/i;
const GRADES = { none: 'calm', low: 'calm', info: 'calm', medium: 'raised', moderate: 'raised', warning: 'raised', high: 'grave', error: 'grave', critical: 'grave', fatal: 'grave' };
const CODE = /^(command|cmd|script|sql|query|code|pattern|path|uri|sha\d*|.*(Path|Id|Sha256|Key))$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;
const LINK = /^https?:\/\/\S+$/;

/** `name` is what the value is called; some names say how to show it. */
export function documentOf(value, name = '') {
  return h('div', { class: 'doc' }, block(value, name, 0));
}

/** Whether it takes more than a line or two. */
export function isLarge(value) {
  if (typeof value === 'string') return value.length > LONG || value.includes('\n');
  if (!isStructure(value) || isFile(value)) return false;
  const items = Object.values(value);
  return items.length > FEW || items.some((item) => isStructure(item) || isLarge(item));
}

/**
 * Variables, one row each; large ones open and close, and `opened` (a set of names) remembers which. Names that begin
 * with `#` are the engine's own.
 */
export function variableRows(variables, opened = new Set()) {
  const names = visibleNames(variables);
  if (!names.length) return h('p', { class: 'empty small' }, 'No variables.');
  return h('dl', { class: 'variables', 'data-testid': 'variables' }, names.map((name) => variableRow(name, variables[name], opened)));
}

export function visibleNames(variables) {
  return Object.keys(variables ?? {}).filter((name) => !name.startsWith('#')).sort((a, b) => a.localeCompare(b));
}

function variableRow(name, value, opened) {
  const shown = isLarge(value) ? foldable(name, value, opened) : block(value, name, 0);
  return h('div', { 'data-testid': `variable-${name}` }, h('dt', {}, name), h('dd', {}, shown));
}

function foldable(name, value, opened) {
  const place = h('div', { class: 'doc' });
  const details = h('details', { class: 'fold', open: opened.has(name) }, h('summary', { 'data-focus': `variable-${name}` }, summary(value)), place);
  const grow = () => details.open && !place.childElementCount && place.append(block(value, name, 0));
  details.addEventListener('toggle', () => {
    grow();
    details.open ? opened.add(name) : opened.delete(name);
  });
  grow();
  return details;
}

/** What there is in a closed value. */
function summary(value) {
  if (typeof value === 'string') return short(value, LONG);
  if (Array.isArray(value)) return count(value.length, 'entry', 'entries');
  return Object.keys(value).slice(0, 8).map(words).join(', ');
}

function block(value, name, depth) {
  if (value === null || value === undefined || value === '') return h('span', { class: 'doc-none' }, '–');
  if (isFile(value)) return fileLink(value);
  if (depth > DEEPEST && isStructure(value)) return jsonTree(value);
  if (Array.isArray(value)) return list(value, name, depth);
  if (isStructure(value)) return definitions(value, depth);
  return scalar(value, name);
}

function scalar(value, name) {
  if (name === 'scripted' && value === true) return h('span', { class: 'grade raised' }, 'by a script, not by a language model');
  if (typeof value === 'boolean') return h('span', {}, value ? 'yes' : 'no');
  if (typeof value === 'number') return SHARE.test(name) && value >= 0 && value <= 1 ? share(value) : h('span', { class: 'doc-number' }, value.toLocaleString());
  return text(value, name);
}

/** A number from 0 to 1, with a bar. */
export function share(value) {
  const percent = Math.round(value * 100);
  return h('span', { class: value < DOUBTFUL ? 'share doubtful' : 'share' }, h('i', { 'aria-hidden': 'true' }, h('b', { style: { width: `${percent}%` } })), `${percent} %`);
}

function text(value, name) {
  if (GRADED.test(name) && value.toLowerCase() in GRADES) return grade(value);
  if (INSTANT.test(value)) return h('time', { datetime: value, title: value }, fullTime(value));
  if (LINK.test(value)) return h('a', { href: value, target: '_blank', rel: 'noopener noreferrer' }, value);
  if (isListing(value)) return h('pre', { tabindex: '0' }, value);
  if (CODE.test(name) && !value.includes('\n')) return h('code', {}, value);
  return h('span', { class: 'doc-text' }, value);
}

/** A word like `high`, coloured by what it means. */
export function grade(value) {
  return h('span', { class: `grade ${GRADES[value.toLowerCase()] ?? 'calm'}` }, value);
}

/** Lines of which some are indented are no prose: a configuration, a program, a log. */
function isListing(value) {
  return /\n[ \t]+\S/.test(value) || /^---\n/.test(value) || value.split('\n').length > 8;
}

function list(items, name, depth) {
  if (!items.length) return h('span', { class: 'doc-none' }, 'none');
  if (items.every((item) => isStructure(item) && !Array.isArray(item) && !isFile(item))) return records(items, name, depth);
  const isInline = items.every((item) => !isStructure(item) && String(item).length < 30);
  if (isInline && items.length <= 12) return h('span', { class: 'chips' }, items.map((item) => h('span', {}, scalar(item, name))));
  return growing(items, (some) => h('ul', { class: 'doc-list' }, some.map((item) => h('li', {}, block(item, name, depth + 1)))));
}

function records(items, name, depth) {
  const columns = [...new Set(items.flatMap(Object.keys))];
  if (columns.length > MOST_COLUMNS || depth > 3) {
    return growing(items, (some) => h('ol', { class: 'doc-records' }, some.map((item) => h('li', {}, definitions(item, depth + 1)))));
  }
  return growing(items, (some) => table(some, columns, depth));
}

function table(items, columns, depth) {
  const cell = (item, column) => h('td', { 'data-label': words(column), class: cellKind(item[column]) }, h('div', {}, cellContent(item[column], column, depth)));
  return h('div', { class: 'doc-table' }, h('table', {},
    h('thead', {}, h('tr', {}, columns.map((column) => h('th', { scope: 'col', title: column }, words(column))))),
    h('tbody', {}, items.map((item) => h('tr', {}, columns.map((column) => cell(item, column)))))));
}

/** How much of the width a cell may have. */
function cellKind(value) {
  if (isStructure(value)) return 'nested';
  return typeof value === 'string' && value.length > LONG ? 'long' : typeof value === 'number' ? 'number' : '';
}

function cellContent(value, column, depth) {
  if (!isStructure(value) || isFile(value) || !Object.keys(value).length) return block(value, column, depth + 1);
  const label = Array.isArray(value) ? count(value.length, 'entry', 'entries') : 'details';
  return h('details', { class: 'fold' }, h('summary', {}, label), block(value, column, depth + 1));
}

/** What fits on a line or two comes before what is large. */
function definitions(value, depth) {
  const entries = Object.entries(value).map(flat);
  if (!entries.length) return h('span', { class: 'doc-none' }, 'nothing');
  const isWide = ([, item]) => (isStructure(item) ? isLarge(item) : typeof item === 'string' && isListing(item));
  const inOrder = [...entries.filter((entry) => !isWide(entry)), ...entries.filter(isWide)];
  return h('dl', { class: 'doc-definitions' }, inOrder.map(([key, item]) =>
    h('div', { class: isWide([key, item]) && 'wide' }, h('dt', { title: key }, words(key)), h('dd', {}, block(item, key, depth + 1)))));
}

/** An object of one plain value is that value: `requester.email`. */
function flat([name, item]) {
  const [only, ...others] = isStructure(item) && !Array.isArray(item) && !isFile(item) ? Object.entries(item) : [];
  return only && !others.length && !isStructure(only[1]) ? [`${name} ${only[0]}`, only[1]] : [name, item];
}

/** The first of many, and a button for the rest. */
function growing(items, make) {
  if (items.length <= SHOWN) return make(items);
  const place = h('div', {}, make(items.slice(0, SHOWN)));
  const more = h('button', { type: 'button', class: 'plain more' }, `Show all ${items.length}`);
  more.addEventListener('click', () => place.replaceChildren(make(items)));
  place.append(more);
  return place;
}

function count(number, one, many) {
  return `${number} ${number === 1 ? one : many}`;
}

function isStructure(value) {
  return value !== null && typeof value === 'object';
}
