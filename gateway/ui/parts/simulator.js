// Playing a process by hand, or with random answers: nothing outside happens, and the clock is under your thumb.
//
// The server keeps nothing: each move is another step of a scenario, which is played again from its beginning.

import { api } from '../api.js';
import { button, fill, h } from '../dom.js';
import { Dialog } from '../dialog.js';
import { duration } from '../format.js';
import { RunState } from '../run_state.js';
import { oops } from '../toast.js';
import { variableRows } from './document.js';
import { logOf } from './scenario_pad.js';
import { variablesField } from './variables_field.js';

/** What the scenario language calls activities; all of them wait for the player. */
const WAITS = /:(Task|UserTask|ManualTask|ServiceTask|ScriptTask|SendTask|BusinessRuleTask|ReceiveTask)$/;
const MOST_RANDOM = 40;
const HOURS = 3600;
const CLOCK = [['+1 min', 'PT1M'], ['+1 h', 'PT1H'], ['+1 day', 'P1D']];
const KINDS = { person: 'a person', job: 'a worker', event: 'an event', incident: 'help' };

export class Simulator {
  #diagram;
  #source;
  #variables = variablesField({ id: 'play-variables', label: 'It begins with these variables (JSON)', rows: 3 });
  #start = {};
  #steps = null;
  #standing = null;
  #place = h('div', { class: 'play', 'data-testid': 'play' });
  root = h('div', { class: 'pad', hidden: true }, this.#place);

  constructor(diagram, source) {
    this.#diagram = diagram;
    this.#source = source;
  }

  async begin() {
    if (this.#steps) await this.#play();
    else this.#askToStart();
  }

  leave() {
    this.#diagram.follow(new RunState('nothing'));
  }

  /** Another picture: what was played does not fit any more. */
  definitionChanged() {
    this.#steps = null;
    if (!this.root.hidden) this.#askToStart();
  }

  #askToStart() {
    const begin = button('Begin', () => this.#begin().catch(oops), { variant: 'primary', 'data-testid': 'play-begin' });
    fill(this.#place, h('p', { class: 'muted' }, 'Nothing outside happens: no mail is sent, no worker is asked, and time passes only when you say so.'), h('div', { class: 'form' }, this.#variables.element), h('p', { class: 'after' }, begin));
  }

  async #begin() {
    this.#start = this.#variables.read() ?? {};
    this.#steps = [];
    await this.#play();
  }

  /** Adds steps; those that cannot be are taken back. */
  async #step(...steps) {
    this.#steps.push(...steps);
    if (await this.#play()) return true;
    this.#steps.splice(-steps.length);
    await this.#play();
    return false;
  }

  async #play() {
    const workers = Object.fromEntries(this.#diagram.drawn().filter(({ type }) => WAITS.test(type)).map(({ id }) => [id, 'hold']));
    const scenario = { process: 'process.yaml', start: { variables: this.#start }, workers, steps: this.#steps };
    const told = await api.play(JSON.stringify(scenario), [{ name: 'process.yaml', content: this.#source() }]);
    if (told.verdict !== 'passed') oops(new Error(told.reasons[0] ?? told.verdict));
    if (told.standing) this.#show(told);
    else this.#askToStart();
    return told.verdict === 'passed';
  }

  #show({ standing, log }) {
    this.#standing = standing;
    this.#diagram.follow(stateOf(standing));
    const isOver = standing.states.every((state) => !['active', 'incident'].includes(state));
    fill(this.#place,
      h('div', { class: 'play-head' },
        h('strong', { 'data-testid': 'play-state', 'data-state': standing.states[0] }, isOver ? `It is ${standing.states.join(', ')}.` : `${standing.open.length} ${standing.open.length === 1 ? 'thing waits' : 'things wait'}.`),
        h('span', { class: 'muted', 'data-testid': 'play-clock' }, `after ${clockOf(standing.passed)}`), h('span', { class: 'space' }),
        button('Back', () => this.#back().catch(oops), { variant: 'chip', disabled: !this.#steps.length, 'data-testid': 'play-back', 'data-focus': 'play-back' }),
        button('Again', () => { this.#steps = null; this.leave(); this.#askToStart(); }, { variant: 'chip', 'data-testid': 'play-again' })),
      !isOver && this.#clock(standing),
      h('ul', { class: 'play-open' }, standing.open.map((open) => this.#row(open))),
      h('details', { class: 'seen' }, h('summary', {}, 'Variables'), variableRows(standing.variables)),
      h('details', { class: 'seen' }, h('summary', {}, 'As a scenario'), h('pre', { class: 'log', tabindex: '0', 'aria-label': 'Scenario' }, this.#asScenario())),
      logOf(log));
  }

  #clock({ nextDue }) {
    const advance = (length) => () => this.#step({ advance: length }).catch(oops);
    return h('div', { class: 'chips', role: 'group', 'aria-label': 'The clock' },
      nextDue !== null && button(`Until something is due (${clockOf(nextDue)})`, advance(`PT${Math.max(0, nextDue / 1000)}S`), { variant: 'chip', 'data-testid': 'play-due', 'data-focus': 'play-due' }),
      CLOCK.map(([label, length]) => button(label, advance(length), { variant: 'chip', 'data-focus': `play-${length}` })),
      button('One random answer', () => this.#random(1).catch(oops), { variant: 'chip', 'data-testid': 'play-random', 'data-focus': 'play-random' }),
      button('Random to the end', () => this.#random(MOST_RANDOM).catch(oops), { variant: 'chip', 'data-testid': 'play-through', 'data-focus': 'play-through' }));
  }

  #row(open) {
    const { element, instance, kind, why } = open;
    const which = { element, instance };
    const answers = {
      person: () => [this.#answer('Do it', open), this.#answer('Do it with …', open, true)],
      job: () => [this.#answer('Complete', open), this.#answer('Complete with …', open, true), button('Fail', () => this.#step({ fail: { ...which, message: 'failed by hand', retries: 0 } }).catch(oops), { variant: 'chip' }),
        button('BPMN error …', () => this.#askError(which), { variant: 'chip' })],
      event: () => [this.#answer('It happens', open)],
      incident: () => [button('Resolve', () => this.#step({ resolve: { element } }).catch(oops), { variant: 'chip' })],
    };
    return h('li', { 'data-testid': `play-${element}` },
      h('button', { type: 'button', class: 'plain', on: { click: () => this.#diagram.reveal(element) } }, h('strong', {}, element), h('small', { class: 'muted' }, ` waits for ${KINDS[kind]}`)),
      h('p', { class: 'muted' }, why), h('div', { class: 'chips' }, answers[kind]()));
  }

  #answer(label, open, asks = false) {
    const does = () => (asks ? this.#askVariables(open) : this.#step(stepOf(open)).catch(oops));
    return button(label, does, { variant: 'chip', 'data-testid': asks ? `play-with-${open.element}` : `play-do-${open.element}` });
  }

  #askVariables(open) {
    const dialog = new Dialog(`Answer “${open.element}”`, { testid: 'play-dialog' });
    const field = variablesField({ id: 'play-answer', label: 'Variables (JSON)', note: 'What a worker or a person would give.' });
    dialog.body.append(h('div', { class: 'form' }, field.element));
    const submit = async () => {
      let given;
      if (!(await dialog.attempt(async () => { given = field.read() ?? {}; }))) return;
      dialog.close();
      await this.#step(stepOf(open, given)).catch(oops);
    };
    dialog.footer.append(button('Leave it', () => dialog.close()), button('Answer', submit, { variant: 'primary', 'data-testid': 'play-answer-submit' }));
    dialog.show();
    field.focus();
  }

  #askError(which) {
    const dialog = new Dialog(`An error at “${which.element}”`, { testid: 'play-error-dialog' });
    const code = h('input', { id: 'play-error-code', type: 'text', value: 'ERROR' });
    dialog.body.append(h('div', { class: 'form' }, h('div', { class: 'field' }, h('label', { for: 'play-error-code' }, 'Code'), code)));
    const submit = () => {
      dialog.close();
      this.#step({ error: { ...which, code: code.value.trim() } }).catch(oops);
    };
    dialog.footer.append(button('Leave it', () => dialog.close()), button('Throw', submit, { variant: 'primary' }));
    dialog.show();
    code.focus();
  }

  async #back() {
    this.#steps.pop();
    await this.#play();
  }

  /** Answers whatever waits, in no order; lets time pass where nothing can be answered. */
  async #random(most) {
    for (let count = 0; count < most; count += 1) {
      const { open, nextDue, states } = this.#standing;
      if (!states.some((state) => state === 'active' || state === 'incident')) return;
      const able = open.filter(({ kind }) => kind !== 'incident');
      const step = able.length ? stepOf(able[Math.floor(Math.random() * able.length)]) : nextDue === null ? null : { advance: `PT${nextDue / 1000}S` };
      if (!step || !(await this.#step(step))) return;
    }
  }

  #asScenario() {
    const held = this.#standing.open.filter(({ kind }) => kind === 'job').map(({ element }) => `  ${element}: hold`);
    const steps = this.#steps.map((step) => `  - ${JSON.stringify(step)}`);
    return [`start: ${JSON.stringify({ variables: this.#start })}`, held.length ? `workers:\n${held.join('\n')}` : null, steps.length ? `steps:\n${steps.join('\n')}` : 'steps: []', `expect:\n  state: ${this.#standing.states[0]}`].filter(Boolean).join('\n');
  }
}

function stepOf({ element, instance, kind }, variables = {}) {
  return kind === 'event' ? { trigger: element } : { complete: { element, instance, variables } };
}

/** The picture takes the same state as that of an instance. */
function stateOf({ elements, flows, open, incidents }) {
  const state = new RunState('played');
  for (const [id, { active, completed, canceled }] of Object.entries(elements)) {
    const element = state.element(id);
    for (let key = 0; key < active; key += 1) element.active.set(key, '');
    element.completed = completed;
    element.cancelled = canceled;
  }
  for (const { element, kind } of open) state.element(element).waitsForPerson ||= kind === 'person';
  for (const [element, code] of incidents) state.element(element).incidents.set(code, { code, message: code });
  for (const [id, count] of Object.entries(flows)) state.flows.set(id, count);
  return state;
}

function clockOf(milliseconds) {
  const seconds = milliseconds / 1000;
  return seconds >= 48 * HOURS ? `${Math.round(seconds / 24 / HOURS)} days` : duration(seconds) || '0 s';
}
