// A text field for process files: numbers and marks beside the lines, colours, and completion by the keyboard.

import { fill, h } from '../dom.js';
import { complete } from './yaml_completion.js';

export class YamlEditor {
  #text;
  #colours = h('pre', { class: 'editor-colours', 'aria-hidden': 'true' });
  #numbers = h('pre', { class: 'editor-numbers', 'aria-hidden': 'true' });
  #list = h('ul', { class: 'completions', role: 'listbox', id: 'completions', 'aria-label': 'Completions', hidden: true, 'data-testid': 'completions' });
  #found = null;
  #chosen = 0;
  #marks = new Map();
  #onChange;

  /** `onChange(text)` is called after what a person has changed. */
  constructor(text, onChange) {
    this.#onChange = onChange;
    this.#text = h('textarea', {
      class: 'editor-text', spellcheck: 'false', wrap: 'off', autocomplete: 'off', autocapitalize: 'off', 'aria-label': 'The process as YAML',
      'aria-controls': 'completions', 'aria-autocomplete': 'list', 'data-testid': 'editor-text', value: text,
      on: { input: () => this.#typed(), scroll: () => this.#scrolled(), keydown: (event) => this.#key(event), blur: () => setTimeout(() => this.#close(), 150) },
    });
    this.root = h('div', { class: 'editor-area' }, this.#numbers, h('div', { class: 'editor-sheet' }, this.#colours, this.#text, this.#list));
    this.#draw();
  }

  get value() {
    return this.#text.value;
  }

  /** From outside: nobody is told. */
  set value(text) {
    if (text === this.#text.value) return;
    this.#text.value = text;
    this.#draw();
  }

  /** `marks`: `error` or `warning` by line, with what is wrong. */
  mark(diagnostics) {
    this.#marks = new Map();
    for (const { line, severity, message } of diagnostics) {
      if (line && this.#marks.get(line)?.severity !== 'error') this.#marks.set(line, { severity, message });
    }
    this.#draw();
  }

  goTo(line) {
    const start = this.#text.value.split('\n').slice(0, line - 1).join('\n').length + (line > 1 ? 1 : 0);
    const end = this.#text.value.indexOf('\n', start);
    this.#close();
    this.#text.focus();
    this.#text.setSelectionRange(start, end < 0 ? this.#text.value.length : end);
    this.#text.scrollTop = (line - 5) * this.#lineHeight();
  }

  #typed() {
    this.#draw();
    this.#suggest();
    this.#onChange(this.#text.value);
  }

  #draw() {
    const lines = this.#text.value.split('\n');
    fill(this.#colours, lines.flatMap((line, index) => [h('span', { class: `line ${this.#marks.get(index + 1)?.severity ?? ''}` }, coloured(line)), '\n']));
    fill(this.#numbers, lines.flatMap((_, index) => {
      const mark = this.#marks.get(index + 1);
      return [h('span', { class: mark?.severity ?? '', title: mark?.message }, String(index + 1)), '\n'];
    }));
    this.#scrolled();
  }

  #scrolled() {
    this.#colours.style.transform = `translate(${-this.#text.scrollLeft}px, ${-this.#text.scrollTop}px)`;
    this.#numbers.style.transform = `translateY(${-this.#text.scrollTop}px)`;
  }

  #suggest(asked = false) {
    const caret = this.#text.selectionStart;
    this.#found = caret === this.#text.selectionEnd ? complete(this.#text.value, caret, asked) : null;
    this.#chosen = 0;
    if (!this.#found) return this.#close();
    this.#place(caret);
    this.#showList();
  }

  #showList() {
    this.#list.hidden = false;
    fill(this.#list, this.#found.options.map((option, index) => h('li', {
      role: 'option', id: `completion-${index}`, 'aria-selected': String(index === this.#chosen),
      on: { mousedown: (event) => { event.preventDefault(); this.#take(index); } },
    }, option)));
    this.#text.setAttribute('aria-activedescendant', `completion-${this.#chosen}`);
  }

  #close() {
    this.#list.hidden = true;
    this.#found = null;
    this.#text.removeAttribute('aria-activedescendant');
  }

  /** Below the caret: every letter is equally wide. */
  #place(caret) {
    const before = this.#text.value.slice(0, caret).split('\n');
    const style = getComputedStyle(this.#text);
    const pen = document.createElement('canvas').getContext('2d');
    pen.font = style.font;
    const wide = pen.measureText('m').width;
    this.#list.style.left = `${parseFloat(style.paddingLeft) + before.at(-1).length * wide - this.#text.scrollLeft}px`;
    this.#list.style.top = `${parseFloat(style.paddingTop) + before.length * this.#lineHeight() - this.#text.scrollTop}px`;
  }

  #lineHeight() {
    return parseFloat(getComputedStyle(this.#text).lineHeight);
  }

  #key(event) {
    if (event.key === ' ' && event.ctrlKey) return this.#ask(event);
    if (!this.#found) return event.key === 'Enter' ? this.#newLine(event) : undefined;
    const moves = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in moves) {
      event.preventDefault();
      const count = this.#found.options.length;
      this.#chosen = (this.#chosen + moves[event.key] + count) % count;
      this.#showList();
    } else if (event.key === 'Tab' || event.key === 'Enter') {
      event.preventDefault();
      this.#take(this.#chosen);
    } else if (event.key === 'Escape') {
      event.preventDefault();
      this.#close();
    }
  }

  #ask(event) {
    event.preventDefault();
    this.#suggest(true);
  }

  /** As deep as the line before. */
  #newLine(event) {
    event.preventDefault();
    const before = this.#text.value.slice(0, this.#text.selectionStart);
    const depth = /^\s*/.exec(before.slice(before.lastIndexOf('\n') + 1))[0];
    this.#insert(this.#text.selectionStart, `\n${depth}`);
  }

  #take(index) {
    const { from, options, suffix } = this.#found;
    this.#insert(from, options[index] + suffix);
    this.#close();
  }

  #insert(from, text) {
    this.#text.setRangeText(text, from, this.#text.selectionEnd, 'end');
    this.#draw();
    this.#onChange(this.#text.value);
  }
}

const PARTS = /(#.*$)|("(?:[^"\\]|\\.)*"|'[^']*')|(\$\{[^}]*\})|([A-Za-z_][\w-]*)(?=:(?:\s|$))|(\b\d+(?:\.\d+)?\b|\btrue\b|\bfalse\b|\bnull\b)/g;
const KINDS = ['comment', 'string', 'expression', 'key', 'literal'];

function coloured(line) {
  const parts = [];
  let done = 0;
  for (const match of line.matchAll(PARTS)) {
    parts.push(line.slice(done, match.index), h('span', { class: `yaml-${KINDS[match.slice(1).findIndex((group) => group !== undefined)]}` }, match[0]));
    done = match.index + match[0].length;
  }
  return [...parts, line.slice(done)];
}
