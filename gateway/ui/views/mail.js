// The mails that a development server has caught instead of sending them. Bodies are shown as text.

import { api } from '../api.js';
import { fill, h, settled } from '../dom.js';
import { fullTime, relative } from '../format.js';
import { oops } from '../toast.js';

/** Mails make no messages of their own: what completes may have sent one. */
const LOOK_AGAIN = 4_000;

export async function mailView({ live }) {
  const list = h('div', { 'data-testid': 'mail', 'aria-live': 'polite' });
  const open = new Set();
  let known = '';
  const load = async () => {
    const { messages } = await api.mail();
    const text = JSON.stringify(messages);
    if (text !== known) show(list, messages, open);
    known = text;
  };
  const reload = settled(() => load().catch(oops), 300);
  await load();
  const stop = live.subscribe({ all: true }, (message) => message.type === 'element.completed' && reload());
  const timer = setInterval(() => document.hidden || reload(), LOOK_AGAIN);
  const root = h('div', { class: 'page narrow' },
    h('div', { class: 'page-head' }, h('h1', {}, 'Mail'), h('p', { class: 'muted' }, 'Caught by this development server; nothing was sent.')), list);
  return { title: 'Mail', root, close: () => { stop(); reload.stop(); clearInterval(timer); } };
}

function show(place, messages, open) {
  if (!messages.length) {
    fill(place, h('p', { class: 'empty' }, 'No mail yet.'));
    return;
  }
  fill(place, h('ul', { class: 'mails' }, messages.map((message, index) => mail(message, index === 0, open))));
}

function mail(message, isNewest, open) {
  const identity = `${message.receivedAt}/${message.subject}`;
  const details = h('details', { open: isNewest || open.has(identity) },
    h('summary', { 'data-focus': identity }, h('strong', {}, message.subject || '(no subject)'), h('span', { class: 'muted' }, ` to ${list(message.to)}`),
      h('time', { datetime: message.receivedAt, title: fullTime(message.receivedAt) }, relative(message.receivedAt))),
    h('p', { class: 'muted' }, `From ${list(message.from)} to ${list(message.to)}`),
    h('pre', { class: 'mail-body', 'data-testid': 'mail-body' }, message.body ?? ''));
  details.addEventListener('toggle', () => (details.open ? open.add(identity) : open.delete(identity)));
  return h('li', { 'data-testid': 'mail-message' }, details);
}

function list(people) {
  return Array.isArray(people) ? people.join(', ') : people ?? '';
}
