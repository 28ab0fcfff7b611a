// Small plots as SVG: bars and lines over time, and bars by name. Each has its figures as a table for those who cannot see it.

import { h } from '../dom.js';

const WIDTH = 560;
const HEIGHT = 150;
const LEFT = 58;
const BOTTOM = 20;
const TOP = 8;
const NAMESPACE = 'http://www.w3.org/2000/svg';

function svg(tag, properties, ...children) {
  const element = document.createElementNS(NAMESPACE, tag);
  for (const [name, value] of Object.entries(properties)) element.setAttribute(name, value);
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== false));
  return element;
}

/**
 * Over time: `series` are `{name, mood, values, shape}` with a number (or null) for each of `labels`; `shape` is `bars` or
 * `line`; `say(value)` spells a value.
 */
export function timePlot(title, labels, series, say = String) {
  const top = niceTop(Math.max(0, ...series.flatMap(({ values }) => values.map((value) => value ?? 0))));
  const step = (WIDTH - LEFT) / Math.max(labels.length, 1);
  const x = (index) => LEFT + index * step;
  const y = (value) => HEIGHT - BOTTOM - (value / top) * (HEIGHT - BOTTOM - TOP);
  const bars = series.filter(({ shape }) => shape === 'bars');
  const drawn = series.map((one) => (one.shape === 'bars' ? barsOf(one, bars.indexOf(one), bars.length, { x, y, step, labels, say }) : lineOf(one, { x, y, step })));
  const picture = svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': `${title}: ${spoken(series, say)}` }, axes(top, y, say), times(labels, x), drawn);
  return plotted(title, series, picture, tableOf(labels, series, say));
}

function barsOf({ mood, values, name }, place, count, { x, y, step, labels, say }) {
  const width = Math.max(1, (step * 0.8) / count);
  return values.map((value, index) => (value ? svg('rect', { class: `plot-${mood}`, x: x(index) + step * 0.1 + place * width, y: y(value), width, height: Math.max(1, HEIGHT - BOTTOM - y(value)), rx: 1 },
    svg('title', {}, `${labels[index]}: ${say(value)} ${name}`)) : null));
}

/** A gap where there is no value; a value that stands alone is a dot. */
function lineOf({ mood, values }, { x, y, step }) {
  const points = values.map((value, index) => (value === null || value === undefined ? null : [x(index) + step / 2, y(value)]));
  const path = points.map((point, index) => (point ? `${points[index - 1] ? 'L' : 'M'}${point[0].toFixed(1)} ${point[1].toFixed(1)}` : '')).join('');
  const dots = points.map((point) => point && svg('circle', { class: `plot-${mood}`, cx: point[0], cy: point[1], r: 2.2 }));
  return [path && svg('path', { class: `plot-line plot-${mood}`, d: path }), ...dots].filter(Boolean);
}

function axes(top, y, say) {
  return [0, 0.5, 1].flatMap((part) => [
    svg('line', { class: 'plot-grid', x1: LEFT, x2: WIDTH, y1: y(top * part), y2: y(top * part) }),
    svg('text', { class: 'plot-label', x: LEFT - 5, y: y(top * part) + 4, 'text-anchor': 'end' }, say(top * part)),
  ]);
}

function times(labels, x) {
  const every = Math.max(1, Math.ceil(labels.length / 6));
  return labels.map((label, index) => (index % every ? null : svg('text', { class: 'plot-label', x: x(index), y: HEIGHT - 5 }, label)));
}

/** By name: `rows` are `{name, value, note}`. */
export function namePlot(title, rows, say = String) {
  const top = Math.max(1, ...rows.map(({ value }) => value));
  const row = ({ name, value, note }) => h('tr', {}, h('th', { scope: 'row' }, name),
    h('td', { class: 'plot-bar' }, h('i', { style: { width: `${(100 * value) / top}%` }, 'aria-hidden': 'true' })), h('td', {}, say(value)), h('td', { class: 'muted' }, note));
  return h('figure', { class: 'plot' }, h('figcaption', {}, h('h2', {}, title)), rows.length ? h('table', { class: 'plot-rows' }, h('tbody', {}, rows.map(row))) : h('p', { class: 'empty small' }, 'Nothing.'));
}

function plotted(title, series, picture, table) {
  const key = h('ul', { class: 'plot-key' }, series.map(({ name, mood }) => h('li', {}, h('i', { class: `plot-${mood}` }), name)));
  return h('figure', { class: 'plot' }, h('figcaption', {}, h('h2', {}, title), key), picture, h('details', { class: 'seen' }, h('summary', {}, 'As figures'), table));
}

function tableOf(labels, series, say) {
  const rows = labels.map((label, index) => [label, ...series.map(({ values }) => values[index])]).filter(([, ...values]) => values.some((value) => value));
  return h('table', { class: 'table' },
    h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Time'), series.map(({ name }) => h('th', { scope: 'col' }, name)))),
    h('tbody', {}, rows.map(([label, ...values]) => h('tr', {}, h('th', { scope: 'row' }, label), values.map((value) => h('td', {}, value === null || value === undefined ? '' : say(value)))))));
}

function spoken(series, say) {
  return series.map(({ name, values }) => `${name} at most ${say(Math.max(0, ...values.map((value) => value ?? 0)))}`).join(', ');
}

/** 1, 2 or 5 times a power of ten. */
function niceTop(value) {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((factor) => factor * power).find((top) => top >= value);
}
