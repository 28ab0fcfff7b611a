// The picture of a process: bpmn-js shows it, and marks, badges and pop-ups show what happens in it.
//
// bpmn-js is loaded as a plain script (vendor/), which makes the global `BpmnJS`.

import { fill, h, oncePerFrame } from './dom.js';
import { RunState } from './run_state.js';
import { badges, errorMark, evaluation, progress, toolNews } from './parts/element_news.js';

const POP_MILLISECONDS = 6_000;
const POPS_PER_ELEMENT = 3;
const COLOURS = {
  defaultFillColor: 'var(--bpmn-fill)',
  defaultStrokeColor: 'var(--bpmn-stroke)',
  defaultLabelColor: 'var(--bpmn-label)',
};
/** Overlays keep a readable size when the picture is small. */
const READABLE = { show: { minZoom: 0, maxZoom: 10 }, scale: { min: 0.85, max: 1.15 } };

export class Diagram {
  #viewer = null;
  #canvasPlace = h('div', { class: 'canvas' });
  #state = null;
  #actions = () => null;
  /** Element id → what is shown of it now, as text, so that only what changes is drawn. */
  #drawn = new Map();
  #overlays = new Map();
  #pops = new Map();
  #redraw = oncePerFrame(() => this.#drawNow());
  #resized = new ResizeObserver(() => this.#viewer?.get('canvas').resized());

  constructor({ label, onSelect } = {}) {
    const zoom = h('div', { class: 'zoom', role: 'group', 'aria-label': 'Size of the picture' },
      zoomButton('+', 'Larger', () => this.#zoomBy(1.25)),
      zoomButton('−', 'Smaller', () => this.#zoomBy(0.8)),
      zoomButton('⤢', 'Fit', () => this.fit()));
    this.root = h('div', { class: 'diagram', role: 'group', 'aria-label': label ?? 'Process diagram', 'data-testid': 'diagram' }, this.#canvasPlace, zoom);
    this.onSelect = onSelect;
  }

  /** Shows BPMN 2.0 XML. The root must be in the page, or the size is unknown. */
  async show(xml) {
    if (!window.BpmnJS || !xml) {
      fill(this.#canvasPlace, h('p', { class: 'empty' }, xml ? 'The diagram viewer is not part of this build.' : 'There is no picture.'));
      return;
    }
    this.#viewer = new window.BpmnJS({ container: this.#canvasPlace, bpmnRenderer: COLOURS });
    try {
      await this.#viewer.importXML(xml);
    } catch (problem) {
      fill(this.#canvasPlace, h('p', { class: 'empty' }, `The picture cannot be shown: ${problem.message}`));
      this.#viewer = null;
      return;
    }
    this.#resized.observe(this.#canvasPlace);
    this.fit();
    this.#viewer.on('element.click', ({ element }) => this.onSelect?.(element.id));
    this.#redraw();
  }

  /** From now on draws this state; `actions(element)` may return a node shown below an element. */
  follow(state, actions = () => null) {
    this.#state = state;
    this.#actions = actions;
    this.#redraw();
  }

  redraw() {
    this.#redraw();
  }

  fit() {
    this.#viewer?.get('canvas').zoom('fit-viewport', 'auto');
  }

  /** Moves an element into sight. */
  reveal(id) {
    const element = this.#element(id);
    if (!element) return;
    this.#viewer.get('canvas').scrollToElement(element, 80);
    for (const marked of this.#viewer.get('elementRegistry').getAll()) this.#mark(marked.id, 'is-selected', marked.id === id);
  }

  /** Shows a tool's use beside its element for a few seconds; its result takes the place of its call. */
  pop(message) {
    if (!this.#element(message.elementId)) return;
    const key = `${message.jobId}/${message.callId}`;
    this.#unpop(key);
    const ofElement = [...this.#pops.values()].filter((pop) => pop.elementId === message.elementId);
    if (ofElement.length >= POPS_PER_ELEMENT) this.#unpop(ofElement[0].key);
    const at = ofElement.length % POPS_PER_ELEMENT;
    const overlay = this.#addOverlay(message.elementId, { top: -14 - 64 * (at + 1), left: 10 }, toolNews(message));
    const timer = setTimeout(() => this.#unpop(key), POP_MILLISECONDS);
    this.#pops.set(key, { key, elementId: message.elementId, overlay, timer });
  }

  close() {
    this.#resized.disconnect();
    for (const { timer } of this.#pops.values()) clearTimeout(timer);
    this.#viewer?.destroy();
    this.#viewer = null;
  }

  #unpop(key) {
    const pop = this.#pops.get(key);
    if (!pop) return;
    clearTimeout(pop.timer);
    this.#pops.delete(key);
    this.#viewer?.get('overlays').remove(pop.overlay);
  }

  #drawNow() {
    if (!this.#viewer || !this.#state) return;
    for (const element of this.#state.elements.values()) this.#drawElement(element);
    for (const [flow, count] of this.#state.flows) this.#drawFlow(flow, count);
  }

  #drawElement(element) {
    const shape = this.#element(element.id);
    if (!shape) return;
    const state = RunState.summary(element);
    const action = this.#actions(element);
    const news = [state, element.active.size, element.completed, element.cancelled, element.incidents.size,
      element.progress, element.error, element.evaluating?.length, action?.key];
    const drawn = JSON.stringify(news);
    if (this.#drawn.get(element.id) === drawn) return;
    this.#drawn.set(element.id, drawn);
    for (const name of ['active', 'waiting', 'completed', 'incident', 'cancelled']) {
      this.#mark(element.id, `is-${name}`, name === state);
    }
    this.#mark(element.id, 'is-evaluating', Boolean(element.evaluating && element.active.size));
    this.#redoOverlays(shape, element, action);
  }

  #redoOverlays(shape, element, action) {
    const overlays = this.#viewer.get('overlays');
    for (const overlay of this.#overlays.get(element.id) ?? []) overlays.remove(overlay);
    const { width, height } = shape;
    const placed = [
      [{ top: -13, right: 14 }, badges(element)],
      [{ top: height + 6, left: width / 2 - 75 }, progress(element)],
      [{ top: height + 6, left: width / 2 - 75 }, !element.progress && errorMark(element)],
      [{ top: height + 4, left: width / 2 - 75 }, element.active.size > 0 && evaluation(element)],
      [{ top: height + 6, left: width / 2 - 60 }, action?.make()],
    ];
    const added = placed.filter(([, node]) => node).map(([position, node]) => this.#addOverlay(element.id, position, node));
    this.#overlays.set(element.id, added);
  }

  #drawFlow(id, count) {
    const drawn = String(count);
    if (this.#drawn.get(id) === drawn || !this.#element(id)) return;
    this.#drawn.set(id, drawn);
    this.#mark(id, 'is-taken', true);
    if (count < 2) return;
    const overlays = this.#viewer.get('overlays');
    for (const overlay of this.#overlays.get(id) ?? []) overlays.remove(overlay);
    const node = h('span', { class: 'flow-count', title: `Taken ${count} times` }, `×${count}`);
    this.#overlays.set(id, [this.#addOverlay(id, { top: -8, left: -4 }, node)]);
  }

  #addOverlay(id, position, html) {
    return this.#viewer.get('overlays').add(id, 'baton', { position, html, ...READABLE });
  }

  #mark(id, marker, wanted) {
    const canvas = this.#viewer.get('canvas');
    if (canvas.hasMarker(id, marker) !== wanted) canvas.toggleMarker(id, marker);
  }

  #element(id) {
    return id ? this.#viewer?.get('elementRegistry').get(id) : undefined;
  }

  #zoomBy(factor) {
    const canvas = this.#viewer?.get('canvas');
    canvas?.zoom(canvas.zoom() * factor, 'auto');
  }
}

function zoomButton(sign, label, onClick) {
  return h('button', { type: 'button', 'aria-label': label, title: label, on: { click: onClick } }, sign);
}
