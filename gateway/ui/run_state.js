// What an instance looks like, folded from its messages. Pure: no page, no network; `apply` is the only writer.
//
// One element may be entered often (loops, multi-instance), so each has counts per state, never one state.

const REMEMBERED_TOOLS = 200;
const REMEMBERED_LINES = 500;

export class RunState {
  /** Element id → its counts and news. */
  elements = new Map();
  /** Flow id → how often it was taken. */
  flows = new Map();
  /** Messages of history, in order; among them the newest lines that workers have logged. */
  history = [];
  #lines = 0;
  /** Job id → what its agent is saying right now. */
  agents = new Map();
  /** Instance id → the element that has called it. */
  children = new Map();
  startedAt = null;
  ended = null;
  processName = '';
  #seen = new Set();

  constructor(instanceId) {
    this.instanceId = instanceId;
  }

  /** Takes a message in; returns false when it was known already. */
  apply(message) {
    if (message.seq !== undefined) {
      const identity = `${message.seq}/${message.sub ?? 0}`;
      if (this.#seen.has(identity)) return false;
      this.#seen.add(identity);
      this.history.push(message);
    } else if (message.type === 'task.log') {
      this.#remember(message);
    }
    APPLY[message.type]?.(this, message);
    return true;
  }

  #remember(line) {
    this.history.push(line);
    this.#lines += 1;
    if (this.#lines <= REMEMBERED_LINES) return;
    this.history.splice(this.history.findIndex(({ type }) => type === 'task.log'), 1);
    this.#lines -= 1;
  }

  element(id) {
    let element = this.elements.get(id);
    if (!element) {
      element = newElement(id);
      this.elements.set(id, element);
    }
    return element;
  }

  /** All that is known of a tool's use: its result comes without the arguments of its call. */
  toolUse(message) {
    return this.element(message.elementId).tools.find((tool) => isSameCall(tool, message)) ?? message;
  }

  /** Incidents as the server lists them: the truth, whatever was heard. */
  setIncidents(incidents) {
    for (const element of this.elements.values()) element.incidents.clear();
    for (const incident of incidents) this.element(incident.elementId).incidents.set(incident.id, incident);
  }

  /** `completed`, `active` …: the one word for an element where only one fits; counts say the rest. */
  static summary(element) {
    if (element.incidents.size) return 'incident';
    if (element.active.size) return element.waitsForPerson ? 'waiting' : 'active';
    if (element.completed) return 'completed';
    if (element.cancelled) return 'cancelled';
    return 'idle';
  }
}

function newElement(id) {
  return {
    id,
    name: '',
    type: '',
    /** Element instance key → when it was activated. */
    active: new Map(),
    /** Keys of what repeats the element (a loop, multi-instance) and is no work itself. */
    repeaters: new Set(),
    /** Every key it ever had, for transcripts. */
    keys: new Set(),
    completed: 0,
    cancelled: 0,
    incidents: new Map(),
    duration: null,
    progress: null,
    error: null,
    evaluating: null,
    waitsForPerson: false,
    tools: [],
  };
}

/** A job that has asked a person goes on. */
function afterQuestion(state, message) {
  const element = state.element(message.elementId);
  element.waitsForPerson = element.type === 'userTask' || element.type === 'manualTask';
}

const APPLY = {
  'workflow.started'(state, message) {
    state.startedAt = message.timestamp;
    state.processName = message.workflowName;
  },
  'workflow.completed'(state, message) {
    state.ended = { outcome: message.outcome, duration: message.duration, reason: message.reason, at: message.timestamp };
    for (const element of state.elements.values()) element.progress = null;
  },
  'workflow.failed'(state, message) {
    state.ended = { ...state.ended, outcome: 'failed', error: message.error, at: message.timestamp };
  },
  'element.activated'(state, message) {
    const element = state.element(message.elementId);
    element.name = message.elementName || element.name;
    element.type = message.elementType || element.type;
    if (element.active.has(message.scope)) isRepeater(element, message.scope);
    element.active.set(message.elementInstanceKey, message.timestamp);
    element.keys.add(message.elementInstanceKey);
    element.error = null;
    element.progress = null;
    element.waitsForPerson = element.type === 'userTask' || element.type === 'manualTask';
  },
  'userTask.created'(state, message) {
    if (message.taskInstance?.question) state.element(message.elementId).waitsForPerson = true;
  },
  'userTask.completed': afterQuestion,
  'userTask.cancelled': afterQuestion,
  'element.completed'(state, message) {
    const element = left(state, message);
    if (element.repeaters.has(message.elementInstanceKey)) return;
    element.completed += 1;
    element.duration = message.duration ?? element.duration;
    element.error = null;
  },
  'task.cancelled'(state, message) {
    const element = left(state, message);
    if (!element.repeaters.has(message.elementInstanceKey)) element.cancelled += 1;
  },
  'task.progress'(state, message) {
    const { progress, status, message: text } = message;
    const element = state.element(message.elementId);
    if (element.active.size) element.progress = { value: progress, status, text };
  },
  'task.error'(state, message) {
    const element = state.element(message.elementId);
    element.error = { ...message.error, retryable: message.retryable, retryAt: message.retryAt };
    if (message.incidentId) element.incidents.set(message.incidentId, { id: message.incidentId, ...message.error });
  },
  'incident.resolved'(state, message) {
    const element = state.element(message.elementId);
    element.incidents.delete(message.incidentId);
    element.error = null;
  },
  'gateway.evaluating'(state, message) {
    state.element(message.elementId).evaluating = message.paths;
  },
  'gateway.path_taken'(state, message) {
    state.element(message.elementId).evaluating = null;
    taken(state, message.flowId);
  },
  'flow.taken'(state, message) {
    taken(state, message.flowId);
  },
  'history.event'(state, { event, elementId, details }) {
    if (event === 'childStarted' && details?.childId) state.children.set(details.childId, elementId);
  },
  'agent.tool_use'(state, message) {
    const tools = state.element(message.elementId).tools;
    const known = tools.findIndex((tool) => isSameCall(tool, message));
    if (known >= 0) tools[known] = { ...message, arguments: given(message.arguments) ?? tools[known].arguments };
    else tools.push(message);
    if (tools.length > REMEMBERED_TOOLS) tools.shift();
  },
  'task.thinking'(state, message) {
    says(state, message, 'thinking', message.delta);
  },
  'text.message.content'(state, message) {
    says(state, message, 'text', message.delta);
  },
};

/** An activation within an activation of the same element: the outer one only repeats it. */
function isRepeater(element, key) {
  element.repeaters.add(key);
  element.active.delete(key);
  element.keys.delete(key);
}

function isSameCall(one, other) {
  return one.callId === other.callId && one.jobId === other.jobId;
}

/** Nothing for `{}` and the like. */
function given(value) {
  return value && Object.keys(value).length ? value : undefined;
}

function left(state, message) {
  const element = state.element(message.elementId);
  element.name ||= message.elementName;
  element.type ||= message.elementType;
  element.active.delete(message.elementInstanceKey);
  if (!element.repeaters.has(message.elementInstanceKey)) element.keys.add(message.elementInstanceKey);
  element.evaluating = null;
  if (!element.active.size) element.progress = null;
  return element;
}

function taken(state, flowId) {
  if (flowId) state.flows.set(flowId, (state.flows.get(flowId) ?? 0) + 1);
}

function says(state, message, kind, delta) {
  const texts = state.agents.get(message.jobId) ?? new Map();
  state.agents.set(message.jobId, texts);
  const key = `${kind}/${message.messageId}`;
  const said = texts.get(key) ?? { kind, text: '' };
  texts.set(key, { ...said, text: said.text + delta });
}
