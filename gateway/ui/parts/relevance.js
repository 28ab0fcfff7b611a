// Which variables matter to a task: what is mapped into it, else what its documentation names and what the tasks before
// it have left, the nearest first.

import { visibleNames } from './document.js';

const BPMN = 'http://www.omg.org/spec/BPMN/20100524/MODEL';
const NAMED = /\$\{\s*([A-Za-z_]\w*)|`([A-Za-z_]\w*)/g;
const PATH = /\$\{\s*([A-Za-z_]\w*(?:\.\w+)*)\s*\}/g;

/** `{first, rest}`: names of variables. `definition` is the process as the API gives it. */
export function byRelevance(variables, elementId, definition) {
  const names = visibleNames(variables);
  const element = definition.elements.find(({ id }) => id === elementId);
  const mapped = (element?.properties?.inputMappings ?? []).map(({ target }) => target);
  const wanted = mapped.length ? mapped : [...resultsBefore(elementId, definition), ...namedBy(element?.properties?.documentation ?? '')];
  const first = [...new Set(wanted)].filter((name) => names.includes(name));
  if (!first.length) return { first: names, rest: [] };
  return { first, rest: names.filter((name) => !first.includes(name)) };
}

/** The task's documentation with its values put in; nothing when that would take more than looking them up. */
export function instruction(text = '', variables) {
  const filled = text.replace(PATH, (whole, path) => {
    const value = path.split('.').reduce((from, key) => from?.[key], variables);
    return value === undefined || value === null || typeof value === 'object' ? whole : String(value);
  });
  return filled.includes('${') ? '' : filled;
}

function namedBy(documentation) {
  return [...documentation.matchAll(NAMED)].map(([, template, quoted]) => template ?? quoted);
}

/** The result variables of the tasks from which a path leads to this one. */
function resultsBefore(elementId, { elements, bpmnXml }) {
  const results = new Map(elements.map(({ id, properties }) => [id, properties?.resultVariable]));
  return before(elementId, bpmnXml).map((id) => results.get(id)).filter(Boolean);
}

/** The elements before one, the nearest first. */
function before(elementId, xml) {
  const sources = sourcesByTarget(new DOMParser().parseFromString(xml, 'application/xml'));
  const found = new Set([elementId]);
  for (const id of found) for (const source of sources.get(id) ?? []) found.add(source);
  found.delete(elementId);
  return [...found];
}

/** Sequence flows backwards; a boundary event comes after what it is attached to. */
function sourcesByTarget(model) {
  const sources = new Map();
  const add = (target, source) => sources.set(target, [...(sources.get(target) ?? []), source]);
  for (const flow of model.getElementsByTagNameNS(BPMN, 'sequenceFlow')) add(flow.getAttribute('targetRef'), flow.getAttribute('sourceRef'));
  for (const event of model.getElementsByTagNameNS(BPMN, 'boundaryEvent')) add(event.id, event.getAttribute('attachedToRef'));
  return sources;
}
