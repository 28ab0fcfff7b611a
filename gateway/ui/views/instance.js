// One instance, live: the picture, what it waits for, its elements, what happened, its variables, its agents.
//
// Messages (live.js → run_state.js) say what happens; the REST snapshot, read again a moment after something happened,
// says what is: variables, incidents, open tasks, subscriptions, children.

import { api } from '../api.js';
import { fillWhenChanged, h, oncePerFrame, settled } from '../dom.js';
import { Diagram } from '../diagram.js';
import { RunState } from '../run_state.js';
import { announce, oops, toast } from '../toast.js';
import { AgentDrawer } from '../parts/agent_drawer.js';
import { showAttention } from '../parts/attention.js';
import { openCancel } from '../parts/cancel_dialog.js';
import { elementAction } from '../parts/element_action.js';
import { ElementList } from '../parts/element_list.js';
import { callTree } from '../parts/call_tree.js';
import { instanceHead } from '../parts/instance_head.js';
import { jobList } from '../parts/job_list.js';
import { legend } from '../parts/legend.js';
import { openMigrate, openMove } from '../parts/operations_dialogs.js';
import { makeTabs } from '../parts/tabs.js';
import { showTimeline } from '../parts/timeline.js';
import { variableHistory } from '../parts/variable_history.js';
import { variablesPanel } from '../parts/variables_panel.js';

const RECENT = 8_000;

export async function instanceView(context, { id }) {
  const snapshot = await api.instance(id);
  const { instance } = snapshot;
  const definition = await api.process(instance.processId, instance.processVersion);
  const view = new InstanceView(context, snapshot, definition);
  requestAnimationFrame(() => view.begin().catch(oops));
  return { title: instance.processName || instance.processId, root: view.root, close: () => view.close() };
}

class InstanceView {
  #id;
  #live;
  #may;
  #snapshot;
  #tasks = [];
  #elements;
  #xml;
  #state;
  #diagram;
  #drawer;
  #stop = () => {};
  #everything = false;
  #head = h('div', { class: 'page-head' });
  #attention = h('div', { class: 'attention', hidden: true, 'aria-live': 'polite', 'data-testid': 'attention' });
  #list;
  #timeline = h('div', {});
  #variables;
  #jobs;
  #draw = oncePerFrame(() => this.#drawNow());
  #look = settled(() => this.#readAgain(), 200);

  constructor({ me, live }, snapshot, { bpmnXml, elements }) {
    this.#id = snapshot.instance.instanceId;
    this.#live = live;
    this.#may = { tasks: me.role !== 'viewer', change: ['admin', 'operator'].includes(me.role) };
    this.#snapshot = snapshot;
    this.#xml = bpmnXml;
    this.#elements = new Map(elements.map((element) => [element.id, element]));
    this.#state = new RunState(this.#id);
    this.#variables = variablesPanel(this.#id, this.#may.change);
    this.#jobs = jobList(this.#may);
    this.#drawer = new AgentDrawer(this.#state, this.#may.change);
    this.#list = new ElementList(this.#elements, {
      onSelect: (element) => this.#diagram.reveal(element),
      onAgent: (element) => this.#openAgent(element),
    });
    this.#diagram = new Diagram({ label: 'Live process diagram', onSelect: (element) => this.#select(element) });
    this.root = h('div', { class: 'page instance' }, this.#head, this.#attention, this.#diagram.root, legend(), this.#tabs(), this.#drawer.root);
  }

  async begin() {
    this.#drawNow();
    await this.#diagram.show(this.#xml);
    this.#diagram.follow(this.#state, (element) => elementAction(element, this.#waiting(), this.#may));
    this.#stop = this.#live.subscribe({ instanceId: this.#id }, (message) => this.#heard(message));
    await this.#readAgain();
  }

  close() {
    this.#stop();
    this.#look.stop();
    this.#diagram.close();
  }

  #tabs() {
    const all = h('input', { type: 'checkbox', id: 'everything' });
    all.addEventListener('change', () => { this.#everything = all.checked; this.#draw(); });
    const history = h('div', {}, h('label', { class: 'check', for: 'everything' }, all, 'every event'), this.#timeline);
    return makeTabs([['Elements', this.#list.root], ['Timeline', history], ['Variables', h('div', {}, this.#variables.root, variableHistory(this.#id))], ['Jobs', this.#jobs.root], ['Calls', callTree(this.#id)]], { onOpen: () => this.#draw() });
  }

  #heard(message) {
    if (message.type === 'error') return toast(message.message, 'error');
    if (!this.#state.apply(message)) return;
    const isRecent = Date.now() - new Date(message.timestamp) < RECENT;
    if (message.type === 'agent.tool_use' && isRecent) this.#diagram.pop(this.#state.toolUse(message));
    if (isRecent) this.#say(message);
    this.#drawer.heard(message);
    this.#draw();
    if (message.seq !== undefined) this.#look();
  }

  /** For those who cannot see the picture. */
  #say(message) {
    const name = message.elementName || message.elementId;
    if (message.type === 'element.activated') announce(`${name} began`);
    if (message.type === 'task.error') announce(`${name}: ${message.error?.message}`);
    if (message.type === 'workflow.completed') announce(`The instance has ended: ${message.outcome}`);
  }

  async #readAgain() {
    try {
      const [snapshot, { tasks }] = await Promise.all([api.instance(this.#id), api.userTasks({ instanceId: this.#id, state: 'open', limit: 100 })]);
      this.#snapshot = snapshot;
      this.#tasks = tasks;
      this.#state.setIncidents(snapshot.incidents);
      this.#drawNow();
    } catch (problem) {
      if (problem.status !== 0) oops(problem);
    }
  }

  #waiting() {
    return { tasks: this.#tasks, subscriptions: this.#snapshot.subscriptions, incidents: this.#snapshot.incidents, variables: this.#snapshot.variables, elements: this.#elements };
  }

  #drawNow() {
    const { instance, children, variables } = this.#snapshot;
    fillWhenChanged(this.#head, JSON.stringify([instance, children, this.#state.ended, [...this.#state.children]]),
      () => instanceHead(this.#snapshot, this.#state, this.#elements, this.#may, this.#does(instance), this.#look));
    showAttention(this.#attention, { ...this.#waiting(), may: this.#may });
    this.#list.draw(this.#state, whys(this.#snapshot));
    if (this.#timeline.checkVisibility()) showTimeline(this.#timeline, this.#state.history, { everything: this.#everything, elements: this.#elements, onSelect: (element) => this.#diagram.reveal(element) });
    this.#variables.draw(variables, !instance.endedAt);
    this.#jobs.draw(this.#snapshot);
    this.#diagram.redraw();
  }

  #does(instance) {
    return {
      cancel: () => openCancel(instance, this.#look),
      move: () => openMove(instance, this.#snapshot.elements, this.#elements, this.#look),
      migrate: () => api.process(instance.processId).then(({ process }) => openMigrate(instance, process.version, () => location.reload())).catch(oops),
    };
  }

  #select(elementId) {
    this.#diagram.reveal(elementId);
    if (this.#elements.get(elementId)?.type === 'agenticTask') this.#openAgent(elementId);
  }

  #openAgent(elementId) {
    this.#drawer.open(elementId, this.#elements.get(elementId)?.name);
  }

}

/** The sentences of the engine, by element id. */
function whys({ elements, joins }) {
  const found = new Map();
  for (const { elementId, why } of [...elements, ...joins]) {
    if (why) found.set(elementId, [...(found.get(elementId) ?? []), why]);
  }
  return found;
}
