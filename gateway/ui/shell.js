// The frame around every view: name, navigation, who is signed in, the state of the connection, and the colours.

import { fill, h } from './dom.js';
import { nextTheme, themeName } from './theme.js';
import { toastRegions } from './toast.js';
import { signOut } from './session.js';

const CONNECTION = { connecting: 'Connecting …', live: 'Live', lost: 'Offline' };

export class Shell {
  #links;
  #title = 'Baton';
  #waiting = '';
  #main = h('main', { id: 'main', tabindex: '-1' });
  #header;
  #lost = h('div', { class: 'lost', role: 'alert', hidden: true }, 'The connection is lost. What you see may be old; trying again …');

  constructor(me, live) {
    this.#links = [['/processes', 'Processes'], ['/instances', 'Instances'], ['/inbox', 'Inbox'], ['/dashboard', 'Dashboard']].map(link);
    if (me.dev && ['admin', 'operator'].includes(me.role)) this.#links.push(link(['/mail', 'Mail']));
    this.#header = this.#makeHeader(me, live);
    live.watch((state) => (this.#lost.hidden = state !== 'lost'));
  }

  parts() {
    const skip = h('a', { class: 'skip', href: '#main', on: { click: (event) => this.#skip(event) } }, 'To the content');
    return [skip, this.#header, this.#lost, this.#main, ...toastRegions()];
  }

  beginView(path) {
    for (const { href, element } of this.#links) {
      const here = path === href || path.startsWith(`${href}/`) || (path === '/editor' && href === '/processes');
      here ? element.setAttribute('aria-current', 'page') : element.removeAttribute('aria-current');
    }
    this.#main.setAttribute('aria-busy', 'true');
  }

  showView({ title, root, focus }) {
    this.#title = title;
    this.#showTitle();
    this.#main.removeAttribute('aria-busy');
    this.#main.dataset.shown = location.hash;
    fill(this.#main, root);
    (focus ?? this.#main).focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }

  /** How many tasks wait for this person, beside the link to them and in the title of the window. */
  setWaiting(count, orMore) {
    this.#waiting = count ? `${count}${orMore ? '+' : ''}` : '';
    const inbox = this.#links.find(({ href }) => href === '/inbox').element;
    const number = h('span', { class: 'count', 'data-testid': 'waiting-count' }, this.#waiting, h('span', { class: 'unseen' }, ' waiting'));
    fill(inbox, 'Inbox', this.#waiting && number);
    this.#showTitle();
  }

  #showTitle() {
    document.title = `${this.#waiting && `(${this.#waiting}) `}${this.#title} · Baton`;
  }

  #skip(event) {
    event.preventDefault();
    this.#main.focus();
  }

  #makeHeader(me, live) {
    const navigation = h('nav', { 'aria-label': 'Main' }, this.#links.map(({ element }) => element));
    const who = h('span', { class: 'who', 'data-testid': 'who' },
      h('span', { class: 'tenant', title: 'Tenant' }, me.tenant), h('span', { class: 'role', title: 'Role' }, me.role));
    const dev = me.dev && h('span', { class: 'dev-mark', 'data-testid': 'dev-mark', title: 'Mails are caught and the key is well known. Not for production.' }, 'dev server');
    const out = h('button', { type: 'button', class: 'plain', on: { click: signOut } }, 'Sign out');
    return h('header', { class: 'top' },
      h('a', { class: 'brand', href: '#/processes' }, h('img', { src: 'icon.svg', alt: '', width: 24, height: 24 }), 'Baton'),
      navigation, h('span', { class: 'space' }), dev, connection(live), who, themeButton(), out);
  }
}

function link([href, name]) {
  const testid = `nav-${name.toLowerCase()}`;
  return { href, element: h('a', { href: `#${href}`, 'data-testid': testid }, name) };
}

function connection(live) {
  const label = h('span', {});
  const shown = h('span', { class: 'connection', role: 'status', 'data-testid': 'connection' }, h('i', {}), label);
  live.watch((state) => {
    shown.dataset.state = state;
    label.textContent = CONNECTION[state];
  });
  return shown;
}

function themeButton() {
  const shown = h('button', { type: 'button', class: 'plain theme', 'aria-label': themeName(), title: themeName() }, '◐');
  shown.addEventListener('click', () => {
    nextTheme();
    shown.title = themeName();
    shown.setAttribute('aria-label', themeName());
  });
  return shown;
}
