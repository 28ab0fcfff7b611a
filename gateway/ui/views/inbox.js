// Tasks for people: find yours, take one, fill in its form, done. Made for a phone and a keyboard as well.

import { api } from '../api.js';
import { button, fill, h, settled } from '../dom.js';
import { fullTime, isPast, relative } from '../format.js';
import { groups, person, setGroups, setPerson } from '../session.js';
import { oops } from '../toast.js';
import { grade } from '../parts/document.js';
import { openHandOver } from '../parts/hand_over.js';
import { openUserTask } from '../parts/user_task_dialog.js';

const SCOPES = [['mine', 'For me'], ['groups', 'My groups’'], ['all', 'All open'], ['done', 'Done']];
const PRIORITIES = ['critical', 'highest', 'high', 'medium', 'normal', 'low', 'lowest'];
const SORTS = {
  due: ['Due first', (a, b) => (a.dueDate ?? '9').localeCompare(b.dueDate ?? '9')],
  priority: ['Priority first', (a, b) => rank(a) - rank(b)],
  newest: ['Newest first', (a, b) => b.createdAt.localeCompare(a.createdAt)],
};

export async function inboxView({ me, live }, { id }) {
  const list = h('div', { 'data-testid': 'inbox' });
  const wanted = { scope: person() ? 'mine' : 'all', sort: 'due', text: '' };
  let tasks = [];
  const draw = () => show(list, chosen(tasks, wanted), wanted, me, reload);
  const load = async () => {
    tasks = await read(wanted);
    draw();
  };
  const reload = settled(() => load().catch(oops), 300);
  await load();
  const stop = live.subscribe({ all: true }, (message) => /^(userTask|workflow|task\.cancelled)/.test(message.type) && reload());
  if (id) openUserTask(id, reload).catch(oops);
  const root = h('div', { class: 'page narrow inbox' },
    h('div', { class: 'page-head' }, h('h1', {}, 'Inbox'), h('span', { class: 'space' }), who(load)),
    controls(wanted, load, draw), list);
  return { title: 'Inbox', root, close: () => { stop(); reload.stop(); } };
}

async function read({ scope }) {
  if (scope === 'done') return (await api.userTasks({ state: 'completed', limit: 200 })).tasks;
  const own = scope !== 'all' && person();
  return (await api.userTasks({ state: 'open', limit: 200, user: own || undefined, groups: own ? groups() : undefined })).tasks;
}

function chosen(tasks, { scope, sort, text }) {
  const ours = new Set(groups().split(',').map((group) => group.trim()).filter(Boolean));
  const fits = {
    mine: (task) => !task.claimedBy || task.claimedBy === person(),
    groups: (task) => task.candidateGroups?.some((group) => ours.has(group)),
  }[scope] ?? (() => true);
  const said = (task) => [task.name, task.elementId, task.processName, task.assignee, task.claimedBy].join(' ').toLowerCase();
  return tasks.filter((task) => fits(task) && said(task).includes(text.toLowerCase())).sort(SORTS[sort][1]);
}

/** Who the person is: an API key may stand for a whole team. */
function who(load) {
  const name = h('input', { type: 'text', id: 'person', placeholder: 'you@example.com', autocomplete: 'email', value: person(), 'data-testid': 'person' });
  const of = h('input', { type: 'text', id: 'groups', placeholder: 'managers, clerks', value: groups(), 'data-testid': 'groups' });
  const apply = () => {
    setPerson(name.value);
    setGroups(of.value);
    load().catch(oops);
  };
  for (const field of [name, of]) field.addEventListener('change', apply);
  return h('div', { class: 'filters who-am-i' }, h('label', { for: 'person' }, 'You are'), name, h('label', { for: 'groups' }, 'in the groups'), of);
}

function controls(wanted, load, draw) {
  const scopes = SCOPES.map(([scope, label]) => button(label, () => {
    wanted.scope = scope;
    mark();
    load().catch(oops);
  }, { variant: 'chip', 'data-testid': `scope-${scope}` }));
  const mark = () => scopes.forEach((chip, index) => {
    const isChosen = SCOPES[index][0] === wanted.scope;
    chip.classList.toggle('chosen', isChosen);
    chip.setAttribute('aria-pressed', String(isChosen));
  });
  const sort = h('select', { 'aria-label': 'Order', 'data-testid': 'inbox-sort', on: { change: () => { wanted.sort = sort.value; draw(); } } },
    Object.entries(SORTS).map(([value, [label]]) => h('option', { value }, label)));
  const text = h('input', { type: 'search', 'aria-label': 'Find', placeholder: 'Find', 'data-testid': 'inbox-find', on: { input: () => { wanted.text = text.value; draw(); } } });
  mark();
  return h('div', { class: 'filters' }, h('div', { class: 'chips', role: 'group', 'aria-label': 'Which tasks' }, scopes), h('span', { class: 'space' }), text, sort);
}

const NOTHING = { mine: 'Nothing waits for you.', groups: 'Nothing waits for your groups.', all: 'Nothing to do.', done: 'Nothing was done yet.' };

function show(place, tasks, { scope, text }, me, reload) {
  if (!tasks.length) {
    fill(place, h('p', { class: 'empty' }, text ? 'No task like this.' : NOTHING[scope]));
    return;
  }
  fill(place, h('ul', { class: 'cards' }, tasks.map((task) => card(task, me, reload))));
}

function card(task, me, reload) {
  const isOpen = task.state === 'open';
  const overdue = isOpen && isPast(task.dueDate);
  return h('li', { class: `card task${overdue ? ' overdue' : ''}`, 'data-testid': `task-${task.elementId}` },
    h('div', { class: 'card-text' },
      h('h2', {}, task.name || task.elementId, ' ', task.priority && grade(task.priority)),
      h('p', { class: 'muted' }, [task.processName || task.processId, task.assignee, task.candidateGroups?.join(', ')].filter(Boolean).join(' · '),
        task.claimedBy && h('span', { class: `owner${task.claimedBy === person() ? ' mine' : ''}`, 'data-testid': 'owner' }, task.claimedBy === person() ? 'claimed by you' : `claimed by ${task.claimedBy}`)),
      h('p', { class: 'muted' }, h('time', { datetime: task.createdAt, title: fullTime(task.createdAt) }, relative(task.createdAt)),
        task.dueDate && h('time', { class: overdue ? 'bad' : '', datetime: task.dueDate, title: fullTime(task.dueDate) }, ` · ${overdue ? 'overdue, was ' : ''}due ${relative(task.dueDate)}`),
        ' · ', h('a', { href: `#/instances/${task.instanceId}` }, 'Show instance'))),
    isOpen && me.role !== 'viewer' && actions(task, reload));
}

function actions(task, reload) {
  const isMine = task.claimedBy && task.claimedBy === person();
  const claim = (user) => api.claim(task.id, user).then(reload).catch((problem) => { oops(problem); reload(); });
  return h('div', { class: 'card-actions' },
    person() && (isMine || !task.claimedBy) && button(isMine ? 'Release' : 'Claim', () => claim(isMine ? '' : person()), { 'data-testid': `claim-${task.elementId}`, 'data-focus': `claim-${task.id}` }),
    button('Hand over …', () => openHandOver(task, reload), { 'data-testid': `hand-over-${task.elementId}`, 'data-focus': `hand-over-${task.id}` }),
    button(task.isManual ? 'Done …' : 'Open form', () => openUserTask(task.id, reload).catch(oops), { variant: 'primary', 'data-testid': `open-${task.elementId}`, 'data-focus': `open-${task.id}` }));
}

function rank(task) {
  const number = Number(task.priority);
  if (task.priority && !Number.isNaN(number)) return -number;
  const place = PRIORITIES.indexOf(String(task.priority ?? 'normal').toLowerCase());
  return place < 0 ? PRIORITIES.length : place;
}
