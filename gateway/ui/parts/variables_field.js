// A field for variables as JSON: empty is none, and what is wrong is said in words.

import { h } from '../dom.js';

/** `{element, read()}`; `read` gives an object, or throws what a person must correct. */
export function variablesField({ id, label, note, rows = 5, ...attributes }) {
  const control = h('textarea', { id, rows, class: 'code', spellcheck: 'false', autocapitalize: 'off', placeholder: '{"name": "value"}', 'data-testid': id, ...attributes });
  const element = h('div', { class: 'field' }, h('label', { for: id }, label), control, note && h('p', { class: 'note' }, note));
  return { element, focus: () => control.focus(), read: () => objectIn(control.value) };
}

function objectIn(text) {
  if (!text.trim()) return {};
  let value;
  try {
    value = JSON.parse(text);
  } catch (problem) {
    throw new Error(`The variables are not JSON: ${problem.message}.`);
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw new Error('Variables are a JSON object, like {"name": "value"}.');
  return value;
}
