// The record of an agent's run, turn by turn. Records differ between models and workers, so what is known by name is
// shown as such and everything else as JSON.

import { h } from '../dom.js';
import { clock, fullTime } from '../format.js';
import { jsonTree } from './json_tree.js';

const TITLES = {
  run_started: 'Run started',
  model_call: 'Asked the model',
  model_reply: 'The model answered',
  tool_call: 'Called a tool',
  tool_result: 'The tool answered',
  run_finished: 'Run finished',
};
const TEXTS = ['text', 'content', 'message', 'error', 'reason'];
const THOUGHTS = ['thinking', 'reasoning'];
const TOOLS = ['tool', 'name', 'toolName'];
const SHOWN_APART = new Set([...TEXTS, ...THOUGHTS, 'usage', 'model', 'provider', 'callId', 'toolCallId', 'id', 'isError', 'standIn', 'scripted']);

/** Whether the answers came from a script: said by the record, or by the name of its provider or model. */
export function isStandIn(records) {
  return records.some(({ data }) => data?.standIn === true || data?.scripted === true || [data?.provider, data?.model].some((name) => /^(scripted|stand-?in)/i.test(name ?? '')));
}

/** One record. */
export function turn(record) {
  const { kind, data } = record;
  const failed = data?.isError === true || (kind === 'run_finished' && Boolean(data?.error));
  return h('section', { class: `turn ${kind}${failed ? ' failed' : ''}`, 'data-kind': kind },
    h('header', {}, h('strong', {}, title(kind, data)), model(data), h('time', { datetime: record.timestamp, title: fullTime(record.timestamp) }, clock(record.timestamp))),
    pick(data, THOUGHTS).map((text) => h('div', { class: 'said thought' }, text)),
    kind === 'model_call' ? folded(data) : body(data),
    usage(data));
}

/** Tokens and calls of the whole run. */
export function totals(records) {
  if (!records.length) return null;
  const sum = (name) => records.reduce((total, { kind, data }) => total + (kind === 'model_reply' ? tokens(data, name) : 0), 0);
  const count = (wanted) => records.filter(({ kind }) => kind === wanted).length;
  const facts = [
    [count('model_reply'), 'model calls'],
    [count('tool_result'), 'tool calls'],
    [sum('input'), 'tokens in'],
    [sum('output'), 'tokens out'],
  ];
  return h('p', { class: 'totals', 'data-testid': 'usage' }, facts.map(([value, name]) => h('span', {}, h('b', {}, value.toLocaleString()), ` ${name}`)));
}

function title(kind, data) {
  const tool = TOOLS.map((name) => data?.[name]).find((name) => typeof name === 'string');
  const isTool = kind === 'tool_call' || kind === 'tool_result';
  return isTool && tool ? `${TITLES[kind]}: ${tool}` : TITLES[kind] ?? kind;
}

function model(data) {
  return typeof data?.model === 'string' && h('code', {}, data.model);
}

function pick(data, names) {
  return names.map((name) => data?.[name]).filter((text) => typeof text === 'string' && text);
}

function body(data) {
  if (data === null || typeof data !== 'object') return data === undefined ? null : h('div', { class: 'said' }, String(data));
  const rest = Object.fromEntries(Object.entries(data).filter(([name, value]) => value !== null && !(SHOWN_APART.has(name) && typeof value !== 'object') && name !== 'usage'));
  const args = data.arguments ?? data.args;
  const result = data.result;
  delete rest.arguments;
  delete rest.args;
  delete rest.result;
  for (const name of TOOLS) delete rest[name];
  return [
    pick(data, TEXTS).map((text) => h('div', { class: 'said' }, text)),
    args !== undefined && labelled('Arguments', args),
    result !== undefined && labelled('Result', result),
    Object.keys(rest).length > 0 && labelled('More', rest, 0),
  ];
}

function labelled(label, value, open = 2) {
  return h('div', { class: 'labelled' }, h('small', {}, label), typeof value === 'string' ? h('pre', {}, value) : jsonTree(value, { open }));
}

/** What was sent to the model is long and mostly known: closed at first. */
function folded(data) {
  return h('details', {}, h('summary', {}, 'What it was asked'), jsonTree(data, { open: 2 }));
}

function usage(data) {
  if (!data?.usage && data?.inputTokens === undefined) return null;
  return h('small', { class: 'usage' }, `${tokens(data, 'input')} tokens in, ${tokens(data, 'output')} out`);
}

function tokens(data, side) {
  const from = data?.usage ?? data ?? {};
  return Number(from[`${side}Tokens`] ?? from[`${side}_tokens`] ?? 0);
}
