// The picture of a process: bpmn-js shows it, and marks, badges and pop-ups show what happens in it.
//
// bpmn-js is loaded as a plain script (vendor/), which makes the global `BpmnJS`.

import { fill, h, oncePerFrame } from './dom.js';
import { RunState } from './run_state.js';
import { badges, errorMark, evaluation, progress, toolNews } from './parts/element_news.js';

/** How long a tool's use stays: while it runs (but not for ever), and after it has ended. */
const POP_RUNNING = 20_000;
const POP_ENDED = 3_500;
const POP_FADES = 400;
const POPS_PER_ELEMENT = 2;
const POP_HEIGHT = 58;
/** How much of the place a fitted picture takes. */
const BORDER = 0.96;
const COLOURS = {
  defaultFillColor: 'var(--bpmn-fill)',
  defaultStrokeColor: 'var(--bpmn-stroke)',
  defaultLabelColor: 'var(--bpmn-label)',
};
/** What is read keeps its size when the picture is small, until it would hide too much; what is only seen shrinks with it. */
const READABLE = { show: { minZoom: 0.3, maxZoom: 10 }, scale: { min: 0.85, max: 1.15 } };
const SMALL = { show: { minZoom: 0, maxZoom: 10 }, scale: { min: 0.45, max: 1.15 } };

export class Diagram {
  #viewer = null;
  #canvasPlace = h('div', { class: 'canvas' });
  #state = null;
  #actions = () => null;
  /** Element id → what is shown of it now, as text, so that only what changes is drawn. */
  #drawn = new Map();
  #overlays = new Map();
  #pops = new Map();
  #heat = [];
  #redraw = oncePerFrame(() => this.#drawNow());
  #closed = new AbortController();
  #resized = new ResizeObserver(() => this.#viewer?.get('canvas').resized());

  constructor({ label, onSelect } = {}) {
    const zoom = h('div', { class: 'zoom', role: 'group', 'aria-label': 'Size of the picture' },
      zoomButton('+', 'Larger', () => this.#zoomBy(1.25)),
      zoomButton('−', 'Smaller', () => this.#zoomBy(0.8)),
      zoomButton('⤢', 'Fit', () => this.fit()));
    this.root = h('div', { class: 'diagram', role: 'group', 'aria-label': label ?? 'Process diagram', 'data-testid': 'diagram' }, this.#canvasPlace, zoom);
    this.onSelect = onSelect;
    this.#showFocusForKeyboardsOnly();
  }

  /** Shows BPMN 2.0 XML. The root must be in the page, or the size is unknown. */
  async show(xml) {
    if (!window.BpmnJS || !xml) {
      fill(this.#canvasPlace, h('p', { class: 'empty' }, xml ? 'The diagram viewer is not part of this build.' : 'There is no picture.'));
      return;
    }
    if (!this.#viewer) this.#open();
    this.#forget();
    try {
      await this.#viewer.importXML(xml);
    } catch (problem) {
      fill(this.#canvasPlace, h('p', { class: 'empty' }, `The picture cannot be shown: ${problem.message}`));
      this.#viewer = null;
      return;
    }
    this.fit();
    this.#redraw();
  }

  #open() {
    fill(this.#canvasPlace);
    this.#viewer = new window.BpmnJS({ container: this.#canvasPlace, bpmnRenderer: COLOURS });
    this.#resized.observe(this.#canvasPlace);
    this.#viewer.on('element.click', ({ element }) => {
      this.select(element.id);
      this.onSelect?.(element.id);
    });
  }

  /** What stands on a picture goes with it. */
  #forget() {
    this.#drawn.clear();
    this.#overlays.clear();
    this.#heat = [];
  }

  /** From now on draws this state; `actions(element)` may return a node shown below an element. */
  follow(state, actions = () => null) {
    if (this.#state) this.#undraw();
    this.#state = state;
    this.#actions = actions;
    this.#redraw();
  }

  /** Takes away what an earlier state has left. */
  #undraw() {
    if (!this.#viewer) return;
    for (const overlay of [...this.#overlays.values()].flat()) this.#viewer.get('overlays').remove(overlay);
    for (const id of this.#drawn.keys()) {
      for (const name of ['active', 'waiting', 'completed', 'incident', 'cancelled', 'taken', 'frame', 'evaluating']) if (this.#element(id)) this.#mark(id, `is-${name}`, false);
    }
    this.#drawn.clear();
    this.#overlays.clear();
  }

  redraw() {
    this.#redraw();
  }

  fit() {
    const canvas = this.#viewer?.get('canvas');
    canvas?.zoom('fit-viewport', 'auto');
    canvas?.zoom(canvas.zoom() * BORDER, 'auto');
  }

  /** Moves an element into sight. */
  reveal(id) {
    const element = this.#element(id);
    if (!element) return;
    this.#viewer.get('canvas').scrollToElement(element, 80);
    this.select(id);
  }

  /** Marks one element. */
  select(id) {
    if (!this.#viewer) return;
    for (const marked of this.#viewer.get('elementRegistry').getAll()) this.#mark(marked.id, 'is-selected', marked.id === id);
  }

  /** Colours elements by how hot they are: `degrees` by id, each `{degree (1 to 5), text}`. */
  paint(degrees) {
    if (!this.#viewer) return;
    for (const { id, marker, overlay } of this.#heat) {
      this.#mark(id, marker, false);
      this.#viewer.get('overlays').remove(overlay);
    }
    this.#heat = [...degrees].filter(([id]) => this.#element(id)).map(([id, { degree, text }]) => {
      const marker = `is-heat-${degree}`;
      this.#mark(id, marker, true);
      const node = h('span', { class: `heat-mark heat-${degree}`, 'data-testid': `heat-${id}` }, text);
      return { id, marker, overlay: this.#addOverlay(id, { top: -12, right: 20 }, node, SMALL) };
    });
  }

  /** The ids of what is drawn, with their BPMN types. */
  drawn() {
    return this.#viewer ? this.#viewer.get('elementRegistry').getAll().filter((shape) => !shape.labelTarget).map(({ id, type }) => ({ id, type })) : [];
  }

  /** Shows a tool's use beside its element for a few seconds; its result takes the place of its call. */
  pop(message) {
    if (!this.#element(message.elementId)) return;
    const key = `${message.jobId}/${message.callId}`;
    const pop = this.#pops.get(key) ?? this.#newPop(key, message.elementId);
    fill(pop.node, toolNews(message));
    pop.node.classList.remove('leaving');
    clearTimeout(pop.timer);
    pop.timer = setTimeout(() => this.#fade(pop), message.result === undefined ? POP_RUNNING : POP_ENDED);
  }

  close() {
    this.#closed.abort();
    this.#resized.disconnect();
    for (const { timer } of this.#pops.values()) clearTimeout(timer);
    this.#viewer?.destroy();
    this.#viewer = null;
  }

  /** In the lowest free place above the element; the oldest makes room. */
  #newPop(key, elementId) {
    const others = () => [...this.#pops.values()].filter((pop) => pop.elementId === elementId);
    if (others().length >= POPS_PER_ELEMENT) this.#unpop(others()[0].key);
    const taken = others().map((pop) => pop.slot);
    const slot = [...Array(POPS_PER_ELEMENT).keys()].find((free) => !taken.includes(free));
    const node = h('div', { class: 'pop' });
    const overlay = this.#addOverlay(elementId, { top: -12 - this.#popHeight() * (slot + 1), left: 4 }, node);
    const pop = { key, elementId, slot, node, overlay, timer: null };
    this.#pops.set(key, pop);
    return pop;
  }

  /** In the picture's own measure: what is to be read shrinks less than the picture. */
  #popHeight() {
    const zoom = this.#viewer.get('canvas').zoom();
    return (POP_HEIGHT * Math.min(Math.max(zoom, READABLE.scale.min), READABLE.scale.max)) / zoom;
  }

  #fade(pop) {
    pop.node.classList.add('leaving');
    pop.timer = setTimeout(() => this.#unpop(pop.key), POP_FADES);
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
    this.#mark(element.id, 'is-frame', Boolean(shape.children?.length));
    this.#mark(element.id, 'is-evaluating', Boolean(element.evaluating && element.active.size));
    this.#redoOverlays(shape, element, action);
  }

  #redoOverlays(shape, element, action) {
    const overlays = this.#viewer.get('overlays');
    for (const overlay of this.#overlays.get(element.id) ?? []) overlays.remove(overlay);
    const placed = [
      [{ top: -13, right: 14 }, badges(element), SMALL],
      below(shape, element, action),
    ];
    const added = placed.filter(([, node]) => node).map(([position, node, scale]) => this.#addOverlay(element.id, position, node, scale));
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
    this.#overlays.set(id, [this.#addOverlay(id, { top: -8, left: -4 }, node, SMALL)]);
  }

  #addOverlay(id, position, html, scale = READABLE) {
    return this.#viewer.get('overlays').add(id, 'baton', { position, html, ...scale });
  }

  #mark(id, marker, wanted) {
    const canvas = this.#viewer.get('canvas');
    if (canvas.hasMarker(id, marker) !== wanted) canvas.toggleMarker(id, marker);
  }

  #element(id) {
    return id ? this.#viewer?.get('elementRegistry').get(id) : undefined;
  }

  /** The viewer takes the focus when the pointer comes; a ring would only be noise then. */
  #showFocusForKeyboardsOnly() {
    for (const event of ['pointerenter', 'pointerdown']) this.root.addEventListener(event, () => this.root.classList.add('by-pointer'));
    document.addEventListener('keydown', () => this.root.classList.remove('by-pointer'), { signal: this.#closed.signal });
  }

  #zoomBy(factor) {
    const canvas = this.#viewer?.get('canvas');
    canvas?.zoom(canvas.zoom() * factor, 'auto');
  }
}

/** What matters most of what can stand below an element: there is room for one. */
function below({ width, height }, element, action) {
  const news = action?.make() ?? progress(element) ?? errorMark(element) ?? (element.active.size ? evaluation(element) : null);
  return [{ top: height + 6, left: width / 2 }, news && h('div', { class: 'below' }, news)];
}

function zoomButton(sign, label, onClick) {
  return h('button', { type: 'button', 'aria-label': label, title: label, on: { click: onClick } }, sign);
}
