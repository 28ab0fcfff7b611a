// One process: its picture, its file, its elements, and starting it.

import { api } from '../api.js';
import { button, h } from '../dom.js';
import { Diagram } from '../diagram.js';
import { fullTime, words } from '../format.js';
import { heatControls } from '../parts/heat.js';
import { documentOf } from '../parts/document.js';
import { openStart } from '../parts/start_dialog.js';
import { makeTabs } from '../parts/tabs.js';

export async function processView({ me }, { id, query }) {
  const version = query.get('version') ?? undefined;
  const [found, { processes }] = await Promise.all([api.process(id, version), api.processes()]);
  const latest = processes.find(({ processId }) => processId === id)?.version ?? found.process.version;
  const { process, source, bpmnXml, elements } = found;
  const details = h('div', { class: 'element-details', 'aria-live': 'polite' }, h('p', { class: 'muted' }, 'Choose an element in the picture.'));
  const diagram = new Diagram({
    label: `Diagram of ${process.name || process.processId}`,
    onSelect: (elementId) => showElement(details, elements, elementId),
  });
  const start = me.role !== 'viewer' && process.isExecutable && button('Start …', () => openStart(found, { latest }), { variant: 'primary', 'data-testid': 'start' });
  const head = h('div', { class: 'page-head' },
    h('div', {}, h('h1', {}, process.name || process.processId),
      h('p', { class: 'muted' }, h('code', {}, process.processId), ` · version ${process.version} · ${fullTime(process.deployedAt)}`)),
    h('span', { class: 'space' }), versions(process, latest),
    me.role === 'admin' && h('a', { class: 'button', href: `#/editor?process=${encodeURIComponent(process.processId)}&version=${process.version}`, 'data-testid': 'edit' }, 'Edit and play'),
    h('a', { class: 'button', href: `#/instances?processId=${encodeURIComponent(process.processId)}` }, 'Instances'), start);
  const tabs = makeTabs([
    ['Element', details],
    ['Elements', elementTable(elements, (elementId) => { diagram.reveal(elementId); showElement(details, elements, elementId); })],
    ['Source', h('pre', { class: 'source', tabindex: '0' }, source)],
  ]);
  queueMicrotask(() => requestAnimationFrame(() => diagram.show(bpmnXml)));
  return { title: process.name || process.processId, root: h('div', { class: 'page' }, head, heatControls(diagram, process.processId, process.version), diagram.root, tabs), close: () => diagram.close() };
}

/** Versions count from 1 without holes, so earlier ones can be named without asking. */
function versions(process, latest) {
  if (latest < 2) return null;
  const choose = h('select', { 'aria-label': 'Version', on: { change: () => (location.hash = `/processes/${encodeURIComponent(process.processId)}?version=${choose.value}`) } },
    Array.from({ length: Math.min(latest, 50) }, (_, index) => latest - index).map((version) => h('option', { value: version }, version === latest ? `version ${version}, the latest` : `version ${version}`)));
  choose.value = process.version;
  return choose;
}

function showElement(place, elements, id) {
  const element = elements.find((element) => element.id === id);
  place.replaceChildren(element
    ? h('div', {}, h('h2', {}, element.name || element.id), h('p', { class: 'muted' }, h('code', {}, element.id), ` · ${words(element.type)}`), documentOf(element.properties ?? {}))
    : h('p', { class: 'muted' }, `${id} has nothing to tell.`));
}

function elementTable(elements, onChoose) {
  const row = (element) => h('tr', {},
    h('td', {}, h('button', { type: 'button', class: 'plain', on: { click: () => onChoose(element.id) } }, element.name || element.id)),
    h('td', {}, words(element.type)), h('td', {}, h('code', {}, element.id)));
  return h('table', { class: 'table' }, h('thead', {}, h('tr', {}, ['Name', 'Type', 'Id'].map((name) => h('th', { scope: 'col' }, name)))), h('tbody', {}, elements.map(row)));
}
