// How much runs through, how long it takes, what fails, what waits for workers and people, what agents spend.

import { api } from '../api.js';
import { fill, h, settled } from '../dom.js';
import { duration } from '../format.js';
import { oops } from '../toast.js';
import { namePlot, timePlot } from '../parts/plot.js';
import { readSample } from '../parts/sample.js';

const RANGES = [[1, 'The last hour'], [24, 'The last day'], [168, 'The last week'], [720, 'The last 30 days']];
const AGAIN = 10_000;

export async function dashboardView({ live }, { query }) {
  const wanted = { hours: Number(query.get('hours')) || 24, processId: query.get('processId') ?? '' };
  const { processes } = await api.processes();
  const place = h('div', { class: 'dashboard', 'data-testid': 'dashboard' });
  const spend = h('div', { class: 'dashboard' });
  const load = async () => {
    const [told, { incidents }, { tasks }] = await Promise.all([api.statistics(wanted), api.incidents({ limit: 500, processId: wanted.processId }), api.userTasks({ state: 'open', limit: 500 })]);
    fill(place, plots(told, wanted.hours, incidents, tasks.filter((task) => !wanted.processId || task.processId === wanted.processId)));
  };
  const reload = settled(() => load().catch(oops), AGAIN);
  await load();
  readSpend(spend, processes, wanted.processId).catch(oops);
  const stop = live.subscribe({ all: true }, (message) => /^(workflow|incident|task\.error|userTask)/.test(message.type) && reload());
  const root = h('div', { class: 'page dashboard-page' }, h('div', { class: 'page-head' }, h('h1', {}, 'Dashboard'), h('span', { class: 'space' }), controls(wanted, processes)), place, spend);
  return { title: 'Dashboard', root, close: () => { stop(); reload.stop(); } };
}

function controls(wanted, processes) {
  const apply = () => { location.hash = `/dashboard?${new URLSearchParams({ hours: hours.value, ...(process.value && { processId: process.value }) })}`; };
  const hours = h('select', { 'aria-label': 'Time', 'data-testid': 'dashboard-hours', on: { change: apply } }, RANGES.map(([value, label]) => h('option', { value }, label)));
  const process = h('select', { 'aria-label': 'Process', on: { change: apply } }, h('option', { value: '' }, 'All processes'), processes.map(({ processId, name }) => h('option', { value: processId }, name || processId)));
  hours.value = wanted.hours;
  process.value = wanted.processId;
  return h('div', { class: 'filters' }, process, hours);
}

function plots({ since, slotSeconds, all, slots, jobs }, hours, incidents, tasks) {
  const count = Math.round((hours * 3600) / slotSeconds);
  const at = Array.from({ length: count }, (_, index) => new Date(new Date(since).getTime() + index * slotSeconds * 1000));
  const labels = at.map((time) => (hours > 48 ? time.toLocaleDateString(undefined, { month: 'short', day: 'numeric' }) : time.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' })));
  const bySlot = new Map(slots.map((slot) => [slot.slot, slot]));
  const values = (name, missing) => at.map((_, index) => bySlot.get(index)?.[name] ?? missing);
  return [
    h('dl', { class: 'tiles' }, tiles(all, jobs, incidents, tasks).map(([name, value, mood]) => h('div', { class: mood || '' }, h('dt', {}, name), h('dd', { 'data-testid': `tile-${name.toLowerCase().replace(/\W+/g, '-')}` }, value)))),
    timePlot('Throughput', labels, [{ name: 'began', mood: 'active', shape: 'bars', values: values('started', 0) }, { name: 'of these ended', mood: 'good', shape: 'bars', values: values('ended', 0) }], whole),
    timePlot('How long they take', labels, [{ name: 'half at most (p50)', mood: 'active', shape: 'line', values: values('p50', null) }, { name: '95 % at most (p95)', mood: 'waiting', shape: 'line', values: values('p95', null) }], duration),
    timePlot('Failed instances', labels, [{ name: 'failed', mood: 'bad', shape: 'bars', values: values('failed', 0) }], whole),
    namePlot('Jobs that wait, by type', jobs.map(({ jobType, open, oldest }) => ({ name: jobType, value: open, note: `the oldest for ${duration(oldest)}` }))),
    namePlot('Incidents, by code', counted(incidents.map(({ code }) => code))),
  ];
}

function tiles(all, jobs, incidents, tasks) {
  const open = jobs.reduce((sum, job) => sum + job.open, 0);
  const more = (list) => (list.length === 500 ? '500+' : list.length);
  return [['Began', all?.started ?? 0], ['Ended', all?.ended ?? 0], ['Failed', all?.failed ?? 0, all?.failed && 'bad'], ['Incidents', more(incidents), incidents.length && 'bad'],
    ['p50', duration(all?.p50) || '–'], ['p95', duration(all?.p95) || '–'], ['Open jobs', open], ['Open tasks', more(tasks)]];
}

function counted(names) {
  const counts = new Map();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, value]) => ({ name, value, note: '' })).sort((a, b) => b.value - a.value);
}

/** What agents spend is known by their conversations: those of the newest instances are read. */
async function readSpend(place, processes, processId) {
  const spent = [];
  for (const process of processes.filter((one) => !processId || one.processId === processId).slice(0, 30)) {
    const { elements } = await api.process(process.processId);
    if (!elements.some(({ type }) => type === 'agenticTask')) continue;
    const { instances, tokens } = await readSample(process.processId, { withAgents: true });
    spent.push({ name: process.name || process.processId, value: tokens, note: `tokens in ${instances} instances` });
  }
  if (spent.length) fill(place, namePlot('What agents spend (newest instances)', spent, (value) => value.toLocaleString()));
}

function whole(value) {
  return Number.isInteger(value) ? String(value) : value.toFixed(1);
}
