// The instances that have called each other, from the first caller down.

import { api } from '../api.js';
import { button, fill, h } from '../dom.js';
import { shortId } from '../format.js';
import { oops } from '../toast.js';
import { stateMark } from '../views/instances.js';

const MOST = 200;

export function callTree(instanceId) {
  const place = h('div', { 'data-testid': 'call-tree' });
  const load = async () => {
    const counted = { left: MOST };
    fill(place, h('ul', { class: 'call-tree' }, await node(await topOf(instanceId), instanceId, counted)), counted.left <= 0 && h('p', { class: 'muted' }, `Only the first ${MOST} are shown.`));
  };
  fill(place, button('Show who called whom', () => load().catch(oops), { variant: 'quiet', 'data-testid': 'show-calls' }));
  return place;
}

async function topOf(id) {
  for (let depth = 0; depth < 100; depth += 1) {
    const { instance } = await api.instance(id);
    if (!instance.parent) return id;
    id = instance.parent.instanceId;
  }
  return id;
}

async function node(id, here, counted) {
  counted.left -= 1;
  const { instance, children } = await api.instance(id);
  const below = [];
  for (const child of children) {
    if (counted.left > 0) below.push(await node(child, here, counted));
  }
  return h('li', { 'aria-current': id === here && 'true' }, stateMark(instance), ' ',
    h('a', { href: `#/instances/${id}` }, instance.processName || instance.processId), ' ', h('small', { class: 'muted' }, instance.businessKey || shortId(id)),
    below.length > 0 && h('ul', {}, below));
}
