// Instances, newest first, by state and process, always up to date.

import { api } from '../api.js';
import { button, fill, h, settled } from '../dom.js';
import { between, fullTime, relative, shortId } from '../format.js';
import { openBulk } from '../parts/bulk_dialog.js';
import { oops } from '../toast.js';

const STATES = ['', 'active', 'incident', 'suspended', 'completed', 'failed', 'canceled', 'terminated'];
/** What batches call these; of those that have ended there is nothing to do. */
const OPEN = { active: 'running', incident: 'incident', suspended: 'suspended' };
const PAGE = 50;

export async function instancesView({ me, live }, { query }) {
  const mayChange = ['admin', 'operator'].includes(me.role);
  const picked = new Set();
  const filter = { processId: query.get('processId') ?? '', state: query.get('state') ?? '', businessKey: query.get('businessKey') ?? '' };
  const pages = { shown: PAGE };
  const table = h('div', { 'data-testid': 'instances' });
  const load = async () => {
    const found = await read(filter, pages.shown);
    show(table, found, { isFiltered: Object.values(filter).some(Boolean), onMore, picked: mayChange && picked, onPick: mark });
    mark(found.instances);
  };
  const onMore = () => {
    pages.shown += PAGE;
    load().catch(oops);
  };
  const withThese = button('With all of these …', () => openBulk(filterOf(filter, picked), pickNone), { 'data-testid': 'bulk', hidden: !mayChange });
  const pickNone = () => {
    picked.clear();
    for (const box of table.querySelectorAll('input[type="checkbox"]')) box.checked = false;
    mark();
    reload();
  };
  const mark = () => {
    withThese.textContent = picked.size ? `With these ${picked.size} …` : 'With all of these …';
    withThese.disabled = !picked.size && ((!filter.processId && !filter.state) || Boolean(filter.state && !OPEN[filter.state]) || Boolean(filter.businessKey));
  };
  const reload = settled(() => load().catch(oops), 700);
  const { processes } = await api.processes();
  await load();
  const stop = live.subscribe({ all: true }, (message) => /^(workflow|task\.error|incident)/.test(message.type) && reload());
  const root = h('div', { class: 'page' },
    h('div', { class: 'page-head' }, h('h1', {}, 'Instances'), h('span', { class: 'space' }), filters(filter, processes), withThese), table);
  return { title: 'Instances', root, close: () => { stop(); reload.stop(); } };
}

/** What was picked, or all that the list would show. */
function filterOf({ processId, state }, picked) {
  if (picked.size) return { instanceIds: [...picked] };
  return { ...(processId && { processId }), ...(state && { state: OPEN[state] }) };
}

/** The first `wanted` instances, however many pages these are. */
async function read(filter, wanted) {
  const found = [];
  let cursor;
  do {
    const page = await api.instances({ ...filter, limit: PAGE, cursor });
    found.push(...page.instances);
    cursor = page.nextCursor;
  } while (cursor && found.length < wanted);
  return { instances: found, more: Boolean(cursor) };
}

function filters(filter, processes) {
  const apply = () => {
    const given = Object.entries(filter).filter(([, value]) => value);
    location.hash = `/instances${given.length ? `?${new URLSearchParams(given)}` : ''}`;
  };
  const choose = (label, name, options) => {
    const select = h('select', { 'aria-label': label, 'data-testid': `filter-${name}`, on: { change: () => { filter[name] = select.value; apply(); } } },
      options.map(([value, text]) => h('option', { value }, text)));
    select.value = filter[name];
    return select;
  };
  const key = h('input', { type: 'search', 'aria-label': 'Business key', placeholder: 'Business key', value: filter.businessKey, on: { change: () => { filter.businessKey = key.value.trim(); apply(); } } });
  return h('div', { class: 'filters' },
    choose('Process', 'processId', [['', 'All processes'], ...processes.map((process) => [process.processId, process.name || process.processId])]),
    choose('State', 'state', STATES.map((state) => [state, state === 'canceled' ? 'cancelled' : state || 'All states'])), key);
}

function show(place, { instances, more }, { isFiltered, onMore, picked, onPick }) {
  if (!instances.length) {
    fill(place, h('p', { class: 'empty' }, isFiltered ? 'No instances like these.' : 'No instances yet. Start a process to see it run.'));
    return;
  }
  const head = h('tr', {}, picked && h('th', { scope: 'col' }, h('span', { class: 'unseen' }, 'Picked')), ['State', 'Process', 'Instance', 'Started', 'Took'].map((name) => h('th', { scope: 'col' }, name)));
  fill(place,
    h('table', { class: 'table instances' }, h('thead', {}, head), h('tbody', {}, instances.map((instance) => row(instance, picked, onPick)))),
    more && button('Show more', onMore, { 'data-focus': 'more' }));
}

function row(instance, picked, onPick) {
  const here = `#/instances/${instance.instanceId}`;
  return h('tr', {}, picked && h('td', {}, pick(instance.instanceId, picked, onPick)),
    h('td', {}, stateMark(instance)),
    h('td', {}, h('a', { href: here, 'data-focus': instance.instanceId }, instance.processName || instance.processId), h('small', { class: 'muted' }, ` v${instance.processVersion}`)),
    h('td', {}, h('code', { title: instance.instanceId }, instance.businessKey || shortId(instance.instanceId)), instance.parent && h('small', { class: 'muted' }, ' called')),
    h('td', {}, h('time', { datetime: instance.createdAt, title: fullTime(instance.createdAt) }, relative(instance.createdAt))),
    h('td', {}, instance.endedAt ? between(instance.createdAt, instance.endedAt) : ''));
}

function pick(id, picked, onPick) {
  const box = h('input', { type: 'checkbox', 'aria-label': `Pick ${id}`, 'data-testid': 'pick', 'data-focus': `pick-${id}`, on: { change: () => {
    if (box.checked) picked.add(id);
    else picked.delete(id);
    onPick();
  } } });
  box.checked = picked.has(id);
  return box;
}

/** The state of an instance as a coloured word; an incident outranks `active`. */
export function stateMark({ state, openIncidents }) {
  const shown = openIncidents > 0 && state === 'active' ? 'incident' : state;
  return h('span', { class: `state-mark ${shown}`, 'data-testid': 'instance-state', 'data-state': state }, shown === 'canceled' ? 'cancelled' : shown);
}
