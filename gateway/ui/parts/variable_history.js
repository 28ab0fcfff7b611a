// How the variables of an instance came to be what they are: every value with its time and the element that set it.

import { api } from '../api.js';
import { button, fill, h } from '../dom.js';
import { clock, fullTime, short } from '../format.js';
import { oops } from '../toast.js';

const MOST = 5_000;

export function variableHistory(instanceId) {
  const place = h('div', { 'aria-live': 'polite' });
  const load = async () => fill(place, table(await changes(instanceId)));
  const root = h('div', { class: 'after' }, button('Show how they changed', () => load().catch(oops), { variant: 'quiet', 'data-testid': 'variable-history' }), place);
  return root;
}

async function changes(instanceId) {
  const found = [];
  const names = new Map();
  let from = 1;
  let more = true;
  while (more && from < MOST) {
    const page = await api.history(instanceId, { from, limit: 1000 });
    for (const { firstSeq, events } of page.batches) {
      for (const event of events) {
        if (event.type === 'elementActivated') names.set(event.key, event.elementName || event.elementId);
        if (event.type === 'variableSet') found.push({ ...event, where: names.get(event.key) ?? 'the process' });
      }
      from = firstSeq + events.length;
    }
    ({ more } = page);
  }
  return found;
}

function table(found) {
  if (!found.length) return h('p', { class: 'muted' }, 'No variable was ever set.');
  const head = h('tr', {}, ['Time', 'Variable', 'Of', 'Value'].map((name) => h('th', { scope: 'col' }, name)));
  const row = ({ at, name, value, where }) => h('tr', {}, h('td', {}, h('time', { datetime: at, title: fullTime(at) }, clock(at))), h('td', {}, h('code', {}, name)), h('td', {}, where), h('td', {}, h('code', { class: 'wraps' }, short(value, 200))));
  return h('table', { class: 'table after', 'data-testid': 'variable-changes' }, h('thead', {}, head), h('tbody', {}, found.map(row)));
}
