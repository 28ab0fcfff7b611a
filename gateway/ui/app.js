// Where the page begins: sign in, then the frame with its views, chosen by the address's fragment.

import * as session from './session.js';
import { applyTheme } from './theme.js';
import { Shell } from './shell.js';
import { Router } from './router.js';
import { startNotifier } from './notifier.js';
import { LiveConnection } from './live.js';
import { h } from './dom.js';
import { showLogin } from './views/login.js';
import { processesView } from './views/processes.js';
import { processView } from './views/process.js';
import { instancesView } from './views/instances.js';
import { instanceView } from './views/instance.js';
import { inboxView } from './views/inbox.js';
import { dashboardView } from './views/dashboard.js';
import { editorView } from './views/editor.js';
import { mailView } from './views/mail.js';

applyTheme();
const byLink = session.takeKeyFromAddress();
session.onSignedOut(() => location.reload());
window.addEventListener('hashchange', () => {
  if (session.takeKeyFromAddress()) location.reload();
});

try {
  const me = await session.signIn();
  if (me) open(me);
  else showLogin(open, byLink ? 'The key of this link is not known here.' : '');
} catch (problem) {
  showLogin(open, `${problem.message} Try again in a moment.`);
}

function open(me) {
  const live = new LiveConnection(session.key());
  const shell = new Shell(me, live);
  document.body.replaceChildren(...shell.parts());
  const context = { me, live, shell };
  const router = new Router(shell, [
    ['/processes', () => processesView(context)],
    ['/processes/:id', (place) => processView(context, place)],
    ['/instances', (place) => instancesView(context, place)],
    ['/instances/:id', (place) => instanceView(context, place)],
    ['/inbox', (place) => inboxView(context, place)],
    ['/inbox/:id', (place) => inboxView(context, place)],
    ['/dashboard', (place) => dashboardView(context, place)],
    ['/editor', (place) => editorView(context, place)],
    ['/mail', () => mailView(context)],
  ]);
  live.open();
  startNotifier(context);
  router.start('/processes', () => ({ title: 'Nothing here', root: h('p', { class: 'empty' }, 'There is no such page.') }));
}
