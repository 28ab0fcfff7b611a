// What the newest instances of a process went through: how often and how long they were in each element, what went wrong
// there, and the tokens that agents used. Read from their histories, so it costs the same however many instances there are.

import { api } from '../api.js';

const SAMPLE = 20;
const EVENTS = 1000;
const AT_ONCE = 5;

/** `{instances, elements, tokens}`; `elements` by id: `{entered, ended, seconds, incidents}`. */
export async function readSample(processId, { version, withAgents = false } = {}) {
  const { instances } = await api.instances({ processId, limit: SAMPLE * 3 });
  const chosen = instances.filter((instance) => !version || instance.processVersion === version).slice(0, SAMPLE);
  const found = { instances: chosen.length, elements: new Map(), tokens: 0 };
  for (let first = 0; first < chosen.length; first += AT_ONCE) {
    await Promise.all(chosen.slice(first, first + AT_ONCE).map(({ instanceId }) => readInstance(instanceId, found, withAgents)));
  }
  return found;
}

async function readInstance(instanceId, found, withAgents) {
  const { batches } = await api.history(instanceId, { limit: EVENTS });
  const entered = new Map();
  const agents = new Set();
  for (const event of batches.flatMap(({ events }) => events)) {
    TAKE[event.type]?.(event, entered, found);
    if (event.type === 'elementActivated' && event.elementType === 'agenticTask') agents.add(event.key);
  }
  if (!withAgents) return;
  for (const key of agents) found.tokens += await tokensOf(`${instanceId}:${key}`);
}

const TAKE = {
  elementActivated({ key, elementId, at }, entered, found) {
    entered.set(key, { elementId, at: new Date(at) });
    element(found, elementId).entered += 1;
  },
  elementCompleted({ key, at }, entered, found) {
    const began = entered.get(key);
    if (!began) return;
    const counted = element(found, began.elementId);
    counted.ended += 1;
    counted.seconds += (new Date(at) - began.at) / 1000;
  },
  incidentRaised({ elementId }, entered, found) {
    if (elementId) element(found, elementId).incidents += 1;
  },
};

function element(found, id) {
  let counted = found.elements.get(id);
  if (!counted) {
    counted = { entered: 0, ended: 0, seconds: 0, incidents: 0 };
    found.elements.set(id, counted);
  }
  return counted;
}

async function tokensOf(jobId) {
  try {
    const { records } = await api.transcript(jobId);
    const usages = records.filter(({ kind }) => kind === 'model_reply').map(({ data }) => data?.reply?.usage ?? {});
    return usages.reduce((sum, usage) => sum + Number(usage.inputTokens ?? 0) + Number(usage.outputTokens ?? 0), 0);
  } catch {
    return 0;
  }
}
