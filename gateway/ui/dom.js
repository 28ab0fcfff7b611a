// Elements made by hand. Data only ever becomes text or an attribute, never HTML.

/**
 * An element. Properties: `class`, `on: {event: handler}`, `style: {name: value}`, and attributes; false, null and
 * undefined leave an attribute out. Children: nodes, texts, lists of both; null and false are left out.
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === 'on') listen(element, value);
    else if (name === 'style') setStyle(element, value);
    else if (name === 'value') element.value = value;
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  append(element, children);
  return element;
}

function listen(element, handlers) {
  for (const [event, handler] of Object.entries(handlers)) element.addEventListener(event, handler);
}

function setStyle(element, style) {
  for (const [name, value] of Object.entries(style)) element.style.setProperty(name, value);
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

/** Replaces what is in `element`, and keeps the focus on the element with the same `data-focus` key. */
export function fill(element, ...children) {
  const focused = element.contains(document.activeElement) ? document.activeElement.dataset.focus : undefined;
  element.replaceChildren();
  append(element, children);
  if (focused) element.querySelector(`[data-focus="${CSS.escape(focused)}"]`)?.focus();
  return element;
}

/** A text where what stands in backticks is code. */
export function quoted(text) {
  return text.split('`').map((part, index) => (index % 2 ? h('code', {}, part) : part));
}

const drawn = new WeakMap();

/** Fills only when `key` is another one than the last time: what people have opened, selected or pressed stays. */
export function fillWhenChanged(element, key, make) {
  if (drawn.get(element) === key) return;
  drawn.set(element, key);
  fill(element, make());
}

/** A button; `variant` is one of the classes of css/controls.css. */
export function button(label, onClick, { variant = '', ...attributes } = {}) {
  return h('button', { type: 'button', class: `button ${variant}`, on: { click: onClick }, ...attributes }, label);
}

/** Calls `work` once per animation frame however often it is asked. A hidden page has no frames, hence the timer. */
export function oncePerFrame(work) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    const run = () => {
      if (!asked) return;
      asked = false;
      work();
    };
    requestAnimationFrame(run);
    setTimeout(run, 250);
  };
}

/** Calls `work` a moment after the last time that it was asked, and never while an earlier call still runs. */
export function settled(work, milliseconds) {
  let timer;
  let running = false;
  const run = async () => {
    if (running) return ask();
    running = true;
    try {
      await work();
    } finally {
      running = false;
    }
  };
  const ask = () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      run();
    }, milliseconds);
  };
  ask.stop = () => clearTimeout(timer);
  return ask;
}
