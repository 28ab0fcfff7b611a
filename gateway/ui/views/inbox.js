// Tasks for people: take one, fill in its form, done. Made for a phone and a keyboard as well.

import { api } from '../api.js';
import { button, fill, h, settled } from '../dom.js';
import { fullTime, isPast, relative } from '../format.js';
import { person, setPerson } from '../session.js';
import { oops } from '../toast.js';
import { grade } from '../parts/document.js';
import { openUserTask } from '../parts/user_task_dialog.js';

export async function inboxView({ me, live }, { id }) {
  const list = h('div', { 'data-testid': 'inbox' });
  const only = { mine: false };
  const load = async () => {
    const { tasks } = await api.userTasks({ state: 'open', limit: 200, user: only.mine ? person() : undefined });
    show(list, tasks, only, me, reload);
  };
  const reload = settled(() => load().catch(oops), 300);
  await load();
  const stop = live.subscribe({ all: true }, (message) => /^(userTask|workflow|task\.cancelled)/.test(message.type) && reload());
  if (id) openUserTask(id, reload).catch(oops);
  const root = h('div', { class: 'page narrow' },
    h('div', { class: 'page-head' }, h('h1', {}, 'Inbox'), h('span', { class: 'space' }), who(only, reload)), list);
  return { title: 'Inbox', root, close: () => { stop(); reload.stop(); } };
}

/** Who the person is: an API key may stand for a whole team. */
function who(only, reload) {
  const mine = h('input', { type: 'checkbox', id: 'only-mine', disabled: !person() });
  const name = h('input', { type: 'text', id: 'person', placeholder: 'you@example.com', autocomplete: 'email', value: person(), 'data-testid': 'person' });
  const apply = () => {
    only.mine = mine.checked && Boolean(person());
    reload();
  };
  name.addEventListener('change', () => {
    setPerson(name.value);
    mine.disabled = !person();
    apply();
  });
  mine.addEventListener('change', apply);
  return h('div', { class: 'filters' }, h('label', { for: 'person' }, 'You are'), name, h('label', { class: 'check', for: 'only-mine' }, mine, 'only mine'));
}

function show(place, tasks, only, me, reload) {
  if (!tasks.length) {
    fill(place, h('p', { class: 'empty' }, only.mine ? `Nothing waits for ${person()}.` : 'Nothing to do.'));
    return;
  }
  fill(place, h('ul', { class: 'cards' }, tasks.map((task) => card(task, me, reload))));
}

function card(task, me, reload) {
  const may = me.role !== 'viewer';
  const isMine = task.claimedBy && task.claimedBy === person();
  const claim = (user) => api.claim(task.id, user).then(reload).catch(oops);
  const overdue = isPast(task.dueDate);
  const facts = [task.processName || task.processId, task.assignee, task.candidateGroups?.join(', '), task.claimedBy && `claimed by ${task.claimedBy}`].filter(Boolean);
  return h('li', { class: 'card', 'data-testid': `task-${task.elementId}` },
    h('div', { class: 'card-text' },
      h('h2', {}, task.name || task.elementId, ' ', task.priority && grade(task.priority)),
      h('p', { class: 'muted' }, facts.join(' · ')),
      h('p', { class: 'muted' }, h('time', { datetime: task.createdAt, title: fullTime(task.createdAt) }, relative(task.createdAt)),
        task.dueDate && h('time', { class: overdue ? 'bad' : '', datetime: task.dueDate, title: fullTime(task.dueDate) }, ` · ${overdue ? 'overdue, was ' : ''}due ${relative(task.dueDate)}`),
        ' · ', h('a', { href: `#/instances/${task.instanceId}` }, 'Show instance'))),
    may && person() && button(isMine ? 'Release' : 'Claim', () => claim(isMine ? '' : person()), { 'data-testid': `claim-${task.elementId}`, 'data-focus': `claim-${task.id}` }),
    may && button(task.isManual ? 'Done …' : 'Open form', () => openUserTask(task.id, reload).catch(oops), { variant: 'primary', 'data-testid': `open-${task.elementId}`, 'data-focus': `open-${task.id}` }));
}
