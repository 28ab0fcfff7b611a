// Tells a person what is new in the inbox, wherever on the page he is: a number beside the link and in the title of the
// window, and a word in the corner.

import { api } from './api.js';
import { settled } from './dom.js';
import { groups, onPersonChanged, person } from './session.js';
import { toast } from './toast.js';

const MOST = 200;

export function startNotifier({ live, shell }) {
  let known = null;
  const look = async () => {
    const { tasks } = await api.userTasks({ state: 'open', limit: MOST, user: person() || undefined, groups: person() ? groups() : undefined });
    const mine = tasks.filter((task) => !task.claimedBy || !person() || task.claimedBy === person());
    shell.setWaiting(mine.length, mine.length === MOST);
    if (known) tell(mine.filter((task) => !known.has(task.id)));
    known = new Set(mine.map((task) => task.id));
  };
  const reload = settled(() => look().catch(() => {}), 500);
  live.subscribe({ all: true }, (message) => /^(userTask|task\.cancelled|workflow\.(completed|failed))/.test(message.type) && reload());
  onPersonChanged(() => {
    known = null;
    reload();
  });
  reload();
}

function tell(fresh) {
  if (!fresh.length || location.hash.startsWith('#/inbox')) return;
  const [first] = fresh;
  toast(fresh.length === 1 ? `New task: ${first.name || first.elementId}` : `${fresh.length} new tasks`);
}
