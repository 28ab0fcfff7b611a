// A modal dialog: the browser's own, with a title, a close button and a place for errors.

import { fill, h } from './dom.js';
import { sentence } from './format.js';

export class Dialog {
  #error = h('div', { class: 'form-error', role: 'alert', hidden: true });

  /** `size` is `small`, `medium` or `wide`. */
  constructor(title, { testid, size = 'small' } = {}) {
    const heading = h('h2', { id: `title-${crypto.randomUUID()}` }, title);
    const close = h('button', { type: 'button', class: 'plain close', 'aria-label': 'Close' }, '×');
    this.body = h('div', { class: 'dialog-body' });
    this.footer = h('footer', {});
    this.element = h('dialog', { class: size, 'data-testid': testid, 'aria-labelledby': heading.id },
      h('header', {}, heading, close), this.body, this.#error, this.footer);
    close.addEventListener('click', () => this.close());
    this.element.addEventListener('close', () => this.element.remove());
  }

  show() {
    document.body.append(this.element);
    this.element.showModal();
    return this;
  }

  close() {
    this.element.close();
  }

  get isOpen() {
    return this.element.open;
  }

  clearError() {
    this.#error.hidden = true;
  }

  showError(...content) {
    this.#error.hidden = false;
    fill(this.#error, ...content);
    this.#error.scrollIntoView({ block: 'nearest' });
  }

  /** Runs `work` with the buttons off; a problem is shown and the dialog stays. True when it succeeded. */
  async attempt(work, explain = (problem) => [sentence(problem.message)]) {
    this.clearError();
    const buttons = [...this.footer.querySelectorAll('button')].filter((button) => !button.disabled);
    for (const button of buttons) button.disabled = true;
    try {
      await work();
      return true;
    } catch (problem) {
      this.showError(...explain(problem));
      return false;
    } finally {
      for (const button of buttons) button.disabled = false;
    }
  }
}
