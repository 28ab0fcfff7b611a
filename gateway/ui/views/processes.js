// All processes: the latest version of each, with what is going on; deploying new ones by dropping files.

import { api } from '../api.js';
import { button, fill, h, settled } from '../dom.js';
import { fullTime, relative } from '../format.js';
import { oops } from '../toast.js';
import { openStart } from '../parts/start_dialog.js';
import { deployArea } from '../parts/deploy.js';

export async function processesView({ me, live }) {
  const list = h('div', { 'data-testid': 'processes' });
  const load = async () => show(list, (await api.processes()).processes, me);
  const reload = settled(() => load().catch(oops), 1_000);
  await load();
  const stop = live.subscribe({ all: true }, (message) => /^(workflow|task\.error|incident)/.test(message.type) && reload());
  const deploy = me.role === 'admin' && deployArea(() => load().catch(oops));
  const root = h('div', { class: 'page' }, h('div', { class: 'page-head' }, h('h1', {}, 'Processes'), h('span', { class: 'space' }), me.role === 'admin' && h('a', { class: 'button', href: '#/editor', 'data-testid': 'new-process' }, 'New process')), deploy, list);
  return { title: 'Processes', root, close: () => { stop(); reload.stop(); } };
}

function show(place, processes, me) {
  if (!processes.length) {
    fill(place, h('p', { class: 'empty' }, 'No process is deployed yet. Drop a YAML or BPMN file above.'));
    return;
  }
  fill(place, h('ul', { class: 'cards' }, processes.map((process) => card(process, me))));
}

function card(process, me) {
  const here = `#/processes/${encodeURIComponent(process.processId)}`;
  const mayStart = me.role !== 'viewer' && process.isExecutable;
  const start = () => api.process(process.processId).then(openStart).catch(oops);
  return h('li', { class: 'card', 'data-testid': `process-${process.processId}` },
    h('div', { class: 'card-text' },
      h('h2', {}, h('a', { href: here, 'data-focus': `process-${process.processId}` }, process.name || process.processId)),
      h('p', { class: 'muted' }, h('code', {}, process.processId), ` · version ${process.version} · `,
        h('time', { datetime: process.deployedAt, title: fullTime(process.deployedAt) }, relative(process.deployedAt)))),
    h('div', { class: 'figures' },
      figure(process.activeInstances, 'active', `#/instances?processId=${encodeURIComponent(process.processId)}&state=active`),
      figure(process.openIncidents, 'incidents', `#/instances?processId=${encodeURIComponent(process.processId)}&state=incident`, process.openIncidents > 0 && 'bad')),
    mayStart && button('Start …', start, { variant: 'primary', 'data-testid': `start-${process.processId}`, 'data-focus': `start-${process.processId}` }));
}

function figure(value, name, href, mood) {
  return h('a', { class: `figure ${mood || ''}`, href }, h('b', {}, value), h('span', {}, name));
}
