// The record of an agent's run, turn by turn. Each record is `{attempt, step, timestamp, kind, data}`, where `data.entry`
// has what the kind says: what it was given, what the model answered, which tools were called and what these answered.

import { h } from '../dom.js';
import { between, clock, fullTime, inWords, parsed } from '../format.js';
import { documentOf, share } from './document.js';

/** Longer answers of tools are closed at first. */
const LONG = 280;

/** How each kind is shown: `[title, ...content]` from its data. Kinds that are not here make no turn. */
const TURNS = {
  run_started: ({ inputs, tools }) => ['What it was given', given(inputs?.text ?? ''), tools?.length > 0 && chips('Tools', tools)],
  model_reply: ({ reply = {} }) => ['The model', thought(reply.thinking), said(reply), usage(reply.usage)],
  asked: ({ text }) => ['Asked again', h('div', { class: 'said' }, text)],
  tool_call: ({ tool, arguments: args }) => [named('Calls', tool), args && Object.keys(args).length > 0 && documentOf(args)],
  tool_result: ({ tool, result, isError }) => [named(isError ? 'Failed:' : 'Answer of', tool), answer(result)],
  person_asked: ({ about }) => ['Asks a person', h('div', { class: 'said' }, ASKED[about] ?? ASKED.question)],
  person_answered: ({ values, by }) => values ? [`Answer of ${by || 'a person'}`, documentOf(values)] : ['Nobody has answered in time'],
  run_finished: ({ output = {} }) => ['Finished', outcome(output)],
  run_failed: ({ error }) => ['Failed', h('div', { class: 'said' }, error)],
};

const ASKED = {
  approval: 'Whether the tool may be called.',
  outcome: 'Whether the call has happened, before a worker died.',
  question: 'What the model wants to know.',
};

/** The records that make a turn. */
export function turns(records) {
  return records.filter(({ kind }) => kind in TURNS);
}

/** One record; `earlier` is the one before it. */
export function turn(record, earlier) {
  const { kind, data, attempt, timestamp } = record;
  const [title, ...content] = TURNS[kind](data ?? {});
  const failed = data?.isError === true || kind === 'run_failed';
  const again = earlier && earlier.attempt !== attempt && h('p', { class: 'attempt' }, `Attempt ${attempt}`);
  return [again, h('section', { class: `turn ${kind}${failed ? ' failed' : ''}`, 'data-kind': kind },
    h('header', {}, h('strong', {}, title), h('time', { datetime: timestamp, title: fullTime(timestamp) }, clock(timestamp))),
    content)];
}

/** Whether the answers come from a script and not from a language model. */
export function isStandIn(records) {
  return records.some(({ data }) => data?.scripted === true || data?.output?.scripted === true);
}

/** The model is being asked, or a tool works: what comes next is not recorded yet. */
export function pending(records) {
  const last = records.at(-1);
  if (last?.kind === 'model_call') return 'Waiting for the model …';
  if (last?.kind === 'person_asked') return 'Waiting for a person …';
  return last?.kind === 'tool_call' ? `Waiting for ${last.data?.tool} …` : null;
}

/** What the whole run took, and how sure it is. */
export function totals(records) {
  if (!records.length) return null;
  const replies = records.filter(({ kind }) => kind === 'model_reply').map(({ data }) => data?.reply ?? {});
  const sum = (name) => replies.reduce((total, reply) => total + Number(reply.usage?.[name] ?? 0), 0).toLocaleString();
  const finished = records.findLast(({ kind }) => kind === 'run_finished');
  const started = records.find(({ kind }) => kind === 'run_started')?.data;
  const confidence = finished?.data?.output?.confidence;
  const facts = [
    typeof confidence === 'number' && ['Confidence', share(confidence)],
    ['Model calls', replies.length],
    ['Tool calls', records.filter(({ kind }) => kind === 'tool_call').length],
    ['Tokens in', sum('inputTokens')],
    ['Tokens out', sum('outputTokens')],
    finished && ['Took', between(records[0].timestamp, finished.timestamp)],
    started?.model && ['Model', h('code', {}, started.model)],
  ].filter(Boolean);
  return h('dl', { class: 'totals', 'data-testid': 'usage' }, facts.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))));
}

/** The inputs are a sentence with JSON behind it. */
function given(text) {
  const start = text.search(/[[{]/);
  const value = start < 0 ? null : parsed(text.slice(start));
  if (value === null || typeof value !== 'object') return h('div', { class: 'said' }, text);
  const before = text.slice(0, start).replace(/:\s*$/, '').trim();
  return h('details', { class: 'fold' }, h('summary', {}, before || 'Inputs', h('small', {}, ` ${someOf(Object.keys(value))}`)), documentOf(value));
}

function someOf(names) {
  return names.length > 6 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ');
}

function thought(text) {
  return text && h('div', { class: 'said thought' }, text);
}

/** Models wrap JSON into a fence now and then. */
function said({ text = '', toolCalls = [] }) {
  const plain = text.replace(/^\s*```(?:json)?\n([\s\S]*)\n```\s*$/, '$1');
  const value = parsed(plain);
  if (value !== null && typeof value === 'object') return documentOf(value);
  if (text) return h('div', { class: 'said' }, text);
  return toolCalls.length > 0 && h('div', { class: 'said muted' }, `Asks for ${toolCalls.map(({ name }) => name).join(', ')}.`);
}

function answer(result) {
  const value = parsed(result);
  const long = typeof result === 'string' ? result.length > LONG : JSON.stringify(result ?? '').length > LONG;
  if (!long) return documentOf(value);
  const place = h('div', {});
  const details = h('details', { class: 'fold' }, h('summary', {}, inWords(value, 110)), place);
  details.addEventListener('toggle', () => place.childElementCount || place.append(documentOf(value)));
  return details;
}

/** The result is what the model said last, so it is closed. */
function outcome({ result }) {
  if (result === undefined) return null;
  if (result === null || typeof result !== 'object') return documentOf(result);
  return h('details', { class: 'fold' }, h('summary', {}, 'Its result'), documentOf(result));
}

function usage({ inputTokens, outputTokens } = {}) {
  if (!inputTokens && !outputTokens) return null;
  return h('small', { class: 'usage' }, `${inputTokens.toLocaleString()} tokens in, ${outputTokens.toLocaleString()} out`);
}

function named(what, tool) {
  return [what, ' ', h('code', {}, tool)];
}

function chips(label, names) {
  return h('p', { class: 'labelled' }, h('small', {}, label), h('span', { class: 'chips' }, names.map((name) => h('span', {}, name))));
}
