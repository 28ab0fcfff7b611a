// Short news in a corner, read out by screen readers, gone after a while.

import { h } from './dom.js';
import { sentence } from './format.js';

const region = h('div', { class: 'toasts', role: 'status', 'aria-live': 'polite', 'data-testid': 'toasts' });
const voice = h('div', { class: 'unseen', 'aria-live': 'polite' });

export function toastRegions() {
  return [region, voice];
}

export function toast(text, kind = 'info') {
  const close = h('button', { type: 'button', class: 'toast-close', 'aria-label': 'Close' }, '×');
  const shown = h('div', { class: `toast ${kind}`, 'data-testid': `toast-${kind}` }, h('span', {}, text), close);
  close.addEventListener('click', () => shown.remove());
  region.append(shown);
  setTimeout(() => shown.remove(), kind === 'error' ? 12_000 : 5_000);
}

/** What went wrong, for people. */
export function oops(problem) {
  toast(sentence(problem.message ?? String(problem)), 'error');
}

/** Read out, not shown. */
export function announce(text) {
  voice.textContent = text;
}
