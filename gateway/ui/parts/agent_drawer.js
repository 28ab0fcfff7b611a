// The conversation of an agentic task: thinking, model calls, tool calls with arguments and results, usage. Live while
// it runs and from the record afterwards.

import { api } from '../api.js';
import { button, fill, h, settled } from '../dom.js';
import { Dialog } from '../dialog.js';
import { oops, toast } from '../toast.js';
import { isStandIn, pending, totals, turn, turns } from './transcript.js';

export class AgentDrawer {
  #state;
  #mayStop;
  #key = null;
  #elementId = null;
  #job = null;
  #records = [];
  #before = null;
  #title = h('h2', {});
  #jobs = h('div', { class: 'drawer-jobs' });
  #about = h('div', { class: 'about' });
  #turns = h('div', { class: 'turns' });
  #now = h('div', {});
  #log = h('div', { class: 'transcript', 'data-testid': 'transcript', role: 'log', 'aria-label': 'Conversation' }, this.#about, this.#turns, this.#now);
  #stop = button('Stop …', () => this.#askToStop(), { variant: 'danger chip', hidden: true, 'data-testid': 'agent-stop' });
  #load = settled(() => this.#fetch(), 350);

  /** `mayStop`: whether this person may end what an agent does. */
  constructor(state, mayStop) {
    this.#state = state;
    this.#mayStop = mayStop;
    const close = button('×', () => this.close(), { variant: 'plain close', 'aria-label': 'Close' });
    this.root = h('aside', { class: 'drawer', hidden: true, 'data-testid': 'agent-drawer', 'aria-label': 'Conversation of an agent' },
      h('header', {}, this.#title, h('span', { class: 'space' }), this.#stop, close), this.#jobs, this.#log);
    this.root.addEventListener('keydown', (event) => event.key === 'Escape' && this.close());
  }

  /** Opens the latest run of an element. */
  open(elementId, name) {
    const keys = [...(this.#state.elements.get(elementId)?.keys ?? [])];
    if (!keys.length) return;
    this.#before = this.root.hidden ? document.activeElement : this.#before;
    this.#elementId = elementId;
    this.#title.textContent = name || elementId;
    this.root.hidden = false;
    this.#choose(keys, keys.at(-1));
    this.root.querySelector('.close').focus();
  }

  close() {
    this.root.hidden = true;
    this.#job = null;
    this.#before?.focus?.();
  }

  /** Something new was heard of this instance. */
  heard(message) {
    if (this.root.hidden || !this.#job) return;
    const concerns = message.jobId === this.#job || (message.elementId === this.#elementId && message.seq !== undefined);
    if (concerns) this.#load();
    if (message.jobId === this.#job || message.elementInstanceKey === this.#key) this.#draw();
  }

  #choose(keys, key) {
    this.#key = key;
    this.#job = `${this.#state.instanceId}:${key}`;
    this.#records = [];
    fill(this.#turns);
    const chips = keys.length > 1 && keys.slice(-12).map((other, index) =>
      button(`Run ${Math.max(keys.length - 12, 0) + index + 1}`, () => this.#choose(keys, other), { variant: other === key ? 'chip chosen' : 'chip', 'aria-pressed': String(other === key) }));
    fill(this.#jobs, chips);
    this.#draw();
    this.#fetch();
  }

  #askToStop() {
    const dialog = new Dialog(`Stop “${this.#title.textContent}”?`, { testid: 'agent-stop-dialog' });
    dialog.body.append(h('p', {}, 'The agent ends where it is, and its task is cancelled: no token goes on from there. What its tools have done stays done.'));
    const submit = async () => {
      if (!(await dialog.attempt(() => api.modify(this.#state.instanceId, { end: [this.#key] })))) return;
      dialog.close();
      toast('The agent is stopped.', 'good');
    };
    dialog.footer.append(button('Let it go on', () => dialog.close()), button('Stop it', submit, { variant: 'danger', 'data-testid': 'agent-stop-submit' }));
    dialog.show();
  }

  async #fetch() {
    const job = this.#job;
    if (!job) return;
    try {
      const { records } = await api.transcript(job);
      if (job !== this.#job) return;
      this.#records = records;
      this.#draw();
    } catch (problem) {
      if (job === this.#job) oops(problem);
    }
  }

  #draw() {
    const atEnd = this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < 40;
    this.#stop.hidden = !(this.#mayStop && this.#state.elements.get(this.#elementId)?.active.has(this.#key));
    fill(this.#about, isStandIn(this.#records) && standIn(), totals(this.#records));
    const shown = turns(this.#records);
    const known = this.#turns.querySelectorAll('.turn').length;
    const more = shown.slice(known).map((record, index) => turn(record, shown[known + index - 1]));
    this.#turns.append(...more.flat().filter(Boolean));
    fill(this.#now, this.#rightNow());
    if (atEnd && known > 0) this.#log.scrollTop = this.#log.scrollHeight;
  }

  #rightNow() {
    const waits = pending(this.#records);
    const saying = this.#saying();
    if (saying) return saying;
    if (waits) return h('p', { class: 'turn live' }, waits);
    return this.#records.length ? null : h('p', { class: 'empty small' }, 'Nothing is recorded yet.');
  }

  /** What is being said now, until the record has it. */
  #saying() {
    const said = [...(this.#state.agents.get(this.#job)?.values() ?? [])];
    if (this.#records.at(-1)?.kind.startsWith('run_f')) return null;
    const last = said.at(-1);
    return last && !this.#contains(last.text) ? spoken(last) : null;
  }

  #contains(text) {
    return this.#records.some((record) => record.kind === 'model_reply' && JSON.stringify(record.data).includes(JSON.stringify(text).slice(1, -1)));
  }
}

function standIn() {
  return h('p', { class: 'stand-in', 'data-testid': 'stand-in' },
    h('b', {}, 'Scripted stand-in.'), ' These answers come from a script and not from a language model. The tools are real.');
}

function spoken({ kind, text }) {
  return h('div', { class: `turn ${kind} live` }, h('small', {}, kind === 'thinking' ? 'Thinking' : 'Saying'), h('div', { class: 'said' }, text));
}
