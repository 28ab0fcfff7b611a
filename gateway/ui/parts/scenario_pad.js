// Scenarios against the text as it is being written: one is typed, run, and says what held.

import { api } from '../api.js';
import { button, fill, h } from '../dom.js';

const FIRST = `start: {variables: {}}
steps: []
expect:
  state: completed
`;

export class ScenarioPad {
  #text = h('textarea', { id: 'scenario-text', class: 'code', rows: 12, spellcheck: 'false', value: FIRST, 'data-testid': 'scenario-text' });
  #told = h('div', { 'aria-live': 'polite', 'data-testid': 'scenario-verdict' });

  /** `source()` is the process as it is written now. */
  constructor(source) {
    this.source = source;
    const run = button('Run', () => this.#run(), { variant: 'primary', 'data-testid': 'scenario-run' });
    this.root = h('div', { class: 'pad', hidden: true }, h('label', { for: 'scenario-text' }, 'A scenario: what happens, and what must hold'), this.#text, h('p', { class: 'after' }, run), this.#told);
  }

  async #run() {
    try {
      const { verdict, reasons, log } = await api.play(`process: process.yaml\n${this.#text.value}`, [{ name: 'process.yaml', content: this.source() }]);
      fill(this.#told, h('p', { class: `verdict ${verdict === 'passed' ? 'good' : 'bad'}`, 'data-verdict': verdict }, h('strong', {}, verdict === 'passed' ? '✓ passed' : `✗ ${verdict}`)),
        reasons.length > 0 && h('ul', { class: 'reasons' }, reasons.map((reason) => h('li', {}, reason))), logOf(log));
    } catch (problem) {
      fill(this.#told, h('p', { class: 'bad' }, problem.message));
    }
  }
}

/** What happened, as the scenario's log has it. */
export function logOf(log) {
  return log.length > 0 && h('details', { class: 'seen', open: true }, h('summary', {}, 'What happened'), h('pre', { class: 'log', tabindex: '0', 'aria-label': 'Log' }, log.join('\n')));
}
