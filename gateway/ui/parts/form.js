// Several fields together: reads all of them, and puts errors where they belong.

import { h } from '../dom.js';
import { makeField } from './field.js';

export class Form {
  constructor(fields, values = {}) {
    this.fields = fields.map((field) => makeField(field, values[field.name]));
    this.element = h('div', { class: 'form' }, this.fields.map((field) => field.element));
  }

  /** The values by name, or null when a person must correct something first (which is then shown). */
  async read() {
    const values = {};
    let wrong = null;
    for (const field of this.fields) {
      field.showError(null);
      try {
        const value = await field.read();
        if (value !== undefined) values[field.name] = value;
      } catch (problem) {
        field.showError(problem.message);
        wrong ??= field;
      }
    }
    wrong?.focus();
    wrong?.element.scrollIntoView({ block: 'nearest' });
    return wrong ? null : values;
  }

  /** Shows a refusal at the fields that it names; returns what belongs to none. */
  place(problem) {
    const found = (problem.diagnostics ?? []).map((diagnostic) => diagnostic.message);
    const texts = found.length ? found : [problem.message];
    return texts.filter((text) => {
      const field = this.fields.find(({ name }) => new RegExp(`(^|[^\\w])${escape(name)}([^\\w]|$)`).test(text));
      field?.showError(text);
      field?.focus();
      return !field;
    });
  }
}

function escape(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
