// One field of a form, by its type: text, multiline, number, boolean, date, select, file, json.

import { h } from '../dom.js';
import { api } from '../api.js';
import { words } from '../format.js';
import { isFile, jsonTree } from './json_tree.js';

/**
 * A field with `element`, `name`, `read()` (what goes to the server; undefined leaves it out; throws what a person must
 * correct) and `showError(text)`.
 */
export function makeField(field, value) {
  const id = `field-${crypto.randomUUID()}`;
  const isText = !(field.type in KINDS) || field.type === 'text';
  const kind = isText && isStructure(value) ? shown : KINDS[field.type] ?? KINDS.text;
  const { control, read, foot } = kind({ id, field, value });
  const error = h('p', { class: 'field-error', id: `${id}-error`, role: 'alert', hidden: true });
  const label = h('label', { for: id }, field.label || words(field.name), field.required && h('span', { class: 'required', title: 'required' }, ' *'));
  const element = h('div', { class: `field ${field.type ?? 'text'}`, 'data-testid': `field-${field.name}` }, label, control, foot, error);
  const showError = (text) => {
    error.hidden = !text;
    error.textContent = text ?? '';
    control.setAttribute('aria-invalid', String(Boolean(text)));
    if (text) control.setAttribute('aria-describedby', error.id);
  };
  control.addEventListener('input', () => showError(null));
  return { element, name: field.name, field, showError, focus: () => control.focus(), read: () => checked(field, read()) };
}

async function checked(field, promised) {
  const value = await promised;
  const missing = value === undefined || value === '' || value === null;
  if (field.required && missing) throw new Error('Please fill this in.');
  return value === '' ? undefined : value;
}

function isStructure(value) {
  return value !== null && typeof value === 'object';
}

const KINDS = {
  text: ({ id, value }) => {
    const control = h('input', { id, type: 'text', autocomplete: 'off', value: value ?? '' });
    return { control, read: () => control.value.trim() };
  },
  multiline: ({ id, value }) => {
    const control = h('textarea', { id, rows: 4, value: asText(value) });
    return { control, read: () => control.value };
  },
  number: ({ id, value }) => {
    const control = h('input', { id, type: 'number', step: 'any', inputmode: 'decimal', value: value ?? '' });
    return { control, read: () => number(control) };
  },
  boolean: ({ id, value }) => {
    const control = h('input', { id, type: 'checkbox' });
    control.checked = value === true;
    return { control, read: () => control.checked };
  },
  date: ({ id, value }) => {
    const control = h('input', { id, type: 'date', value: String(value ?? '').slice(0, 10) });
    return { control, read: () => control.value };
  },
  select: ({ id, field, value }) => {
    const options = (field.options ?? []).map((option) => h('option', { value: option }, words(option)));
    const control = h('select', { id }, h('option', { value: '' }, '–'), options);
    control.value = (field.options ?? []).includes(value) ? value : '';
    return { control, read: () => control.value };
  },
  file: ({ id, value }) => {
    const control = h('input', { id, type: 'file' });
    const foot = isFile(value) && jsonTree(value);
    return { control, foot, read: () => (control.files[0] ? api.upload(control.files[0]) : isFile(value) ? value : undefined) };
  },
  json: ({ id, value }) => {
    const text = value === undefined ? '' : JSON.stringify(value, null, 2);
    const control = h('textarea', { id, rows: 6, class: 'code', spellcheck: 'false', value: text });
    return { control, read: () => parsed(control.value) };
  },
};

/** A text field whose value is a structure: shown to be judged, and handed back as it is only where it is required. */
function shown({ id, field, value }) {
  const control = h('div', { id, class: 'field-shown', tabindex: '-1' }, jsonTree(value, { open: 2 }));
  return { control, read: () => (field.required ? JSON.stringify(value) : undefined) };
}

function asText(value) {
  if (value === undefined || value === null) return '';
  return isStructure(value) ? JSON.stringify(value, null, 2) : String(value);
}

function number(control) {
  if (control.validity.badInput) throw new Error('This is not a number.');
  return control.value === '' ? undefined : control.valueAsNumber;
}

function parsed(text) {
  if (!text.trim()) return undefined;
  try {
    return JSON.parse(text);
  } catch (problem) {
    throw new Error(`This is not JSON: ${problem.message}`);
  }
}
