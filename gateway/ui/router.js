// Which view is shown, by the fragment of the address: `#/instances/4711?tab=variables`.

import { h } from './dom.js';
import { sentence } from './format.js';

export class Router {
  #shell;
  #routes;
  #missing;
  #leave = null;
  #turn = 0;

  /** Routes: pairs of a pattern (`/instances/:id`) and what makes its view `{title, root, close?, focus?}`. */
  constructor(shell, routes) {
    this.#shell = shell;
    this.#routes = routes.map(([pattern, view]) => ({ parts: pattern.split('/'), view }));
  }

  start(home, missing) {
    this.#missing = missing;
    window.addEventListener('hashchange', () => this.#show());
    if (!location.hash.startsWith('#/')) history.replaceState(null, '', `#${home}`);
    this.#show();
  }

  async #show() {
    const turn = ++this.#turn;
    const [path, query] = location.hash.slice(1).split('?');
    const { view, id } = this.#find(path);
    this.#leave?.();
    this.#leave = null;
    this.#shell.beginView(path);
    try {
      const shown = await view({ id, query: new URLSearchParams(query ?? '') });
      if (turn !== this.#turn) return shown.close?.();
      this.#leave = shown.close ?? null;
      this.#shell.showView(shown);
    } catch (problem) {
      if (turn !== this.#turn) return;
      this.#shell.showView({ title: 'Not there', root: notThere(problem) });
    }
  }

  #find(path) {
    const parts = path.split('/');
    for (const { parts: pattern, view } of this.#routes) {
      if (pattern.length !== parts.length) continue;
      if (!pattern.every((part, index) => part.startsWith(':') || part === parts[index])) continue;
      const place = pattern.findIndex((part) => part.startsWith(':'));
      return { view, id: place < 0 ? undefined : decodeURIComponent(parts[place]) };
    }
    return { view: this.#missing };
  }
}

/** What went wrong, and the way on. */
function notThere({ message, status }) {
  const again = h('button', { type: 'button', class: 'button', on: { click: () => location.reload() } }, 'Try again');
  return h('div', { class: 'empty', role: 'alert' },
    h('h1', {}, status === 404 ? 'Not there' : 'That did not work'), h('p', {}, `${sentence(message)}.`.replace('..', '.')),
    h('p', {}, status === 404 ? h('a', { href: '#/processes' }, 'To the processes') : again));
}

export function go(path) {
  location.hash = path;
}
