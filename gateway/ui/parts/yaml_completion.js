// What can stand at a place of a process file: keys and values, by the line and what stands above it.

const EVENTS = {
  StartEvent: ['', 'message', 'timer', 'signal', 'conditional', 'error', 'escalation'],
  EndEvent: ['', 'message', 'signal', 'error', 'escalation', 'compensation', 'cancel', 'terminate'],
  BoundaryEvent: ['message', 'timer', 'signal', 'error', 'escalation', 'compensation', 'conditional', 'cancel'],
  IntermediateCatchEvent: ['message', 'timer', 'signal', 'conditional', 'link'],
  IntermediateThrowEvent: ['message', 'signal', 'escalation', 'compensation', 'link'],
};
const TYPES = ['task', 'userTask', 'manualTask', 'serviceTask', 'scriptTask', 'sendTask', 'receiveTask', 'businessRuleTask', 'agenticTask', 'callActivity', 'subProcess', 'eventSubProcess', 'transaction', 'adHocSubProcess',
  'exclusiveGateway', 'parallelGateway', 'inclusiveGateway', 'eventBasedGateway', 'complexGateway', 'intermediateEvent',
  ...Object.entries(EVENTS).flatMap(([position, triggers]) => triggers.map((trigger) => (trigger ? trigger + position : position.charAt(0).toLowerCase() + position.slice(1))))];
const ELEMENT = ['id', 'type', 'name', 'properties', 'attachedToRef', 'childElements', 'childConnections', 'x', 'y'];
const CONNECTION = ['id', 'from', 'to', 'name', 'properties'];
const FLOW = ['condition', 'isDefault'];
const PROCESS = ['id', 'name', 'elements', 'connections', 'isExecutable'];
const EVENT = { message: ['messageRef', 'correlationKey', 'resultVariable', 'timeout'], timer: ['timerDuration', 'timerDate', 'timerCycle'], signal: ['signalRef'], error: ['errorCode'], escalation: ['escalationCode'], conditional: ['condition'], link: ['linkName'], compensation: ['activityRef'] };
const JOB = ['retries', 'retryBackoff', 'jobTimeout', 'jobPriority'];
const PROPERTIES = {
  userTask: ['assignee', 'candidateGroups', 'candidateUsers', 'dueDate', 'priority', 'custom'],
  serviceTask: ['topic', 'implementation', ...JOB],
  scriptTask: ['scriptFormat', 'script', ...JOB],
  sendTask: ['messageType', 'to', 'subject', 'messageBody', 'messageRef', ...JOB],
  agenticTask: ['agentType', 'model', 'capabilities', 'confidenceThreshold', 'maxRetries', 'custom', ...JOB],
  callActivity: ['calledElement', 'inheritVariables', 'binding'],
  businessRuleTask: ['decisionRef', 'binding', 'custom'],
  receiveTask: [...EVENT.message, 'instantiate'],
  eventBasedGateway: ['instantiate', 'eventGatewayType'],
  complexGateway: ['activationCondition'],
  adHocSubProcess: ['ordering', 'completionCondition', 'cancelRemainingInstances'],
};
const ACTIVITY = ['resultVariable', 'isMultiInstance', 'isSequential', 'loopCardinality', 'inputCollection', 'inputElement', 'outputCollection', 'outputElement', 'completionCondition', 'loopCondition', 'isForCompensation'];
const COMMON = ['documentation', 'inputMappings', 'outputMappings', 'custom'];
const VALUES = { scriptFormat: ['python', 'javascript', 'feel', 'expression'], messageType: ['Email', 'Webhook', 'Message'], implementation: ['External', 'Web Service'], isExecutable: ['true', 'false'], isDefault: ['true'], cancelActivity: ['true', 'false'], isMultiInstance: ['true'], isSequential: ['true', 'false'], binding: ['latest', 'deployment'], ordering: ['Parallel', 'Sequential'], required: ['true', 'false'] };

/**
 * `{from, options, suffix}`: what could replace the text from offset `from` to the caret; null where there is nothing to say.
 * Of keys nothing is said before a letter is typed, unless somebody `asked`.
 */
export function complete(text, caret, asked = false) {
  const before = text.slice(0, caret);
  const line = before.slice(before.lastIndexOf('\n') + 1);
  const value = /(?:^|[\s{,-])([A-Za-z]+):\s*([\w.-]*)$/.exec(line);
  if (value) return options(valuesOf(value[1], text), value[2], caret);
  const key = /(?:^\s*(?:-\s*)?|[{,]\s*)([A-Za-z]*)$/.exec(line);
  return key && (key[1] || asked) ? options(keysAt(before, line), key[1], caret, ': ') : null;
}

function options(all, typed, caret, suffix = '') {
  const wanted = typed.toLowerCase();
  const fits = all.filter((option) => option.toLowerCase().includes(wanted) && option !== typed);
  const sorted = fits.sort((a, b) => b.toLowerCase().startsWith(wanted) - a.toLowerCase().startsWith(wanted));
  return sorted.length ? { from: caret - typed.length, options: sorted.slice(0, 12), suffix } : null;
}

function valuesOf(key, text) {
  if (key === 'type') return TYPES;
  if (['from', 'to', 'attachedToRef'].includes(key)) return idsOf(text);
  return VALUES[key] ?? [];
}

/** Ids of elements: those that have a type. */
function idsOf(text) {
  const found = [...text.matchAll(/\bid:\s*["']?([\w.-]+)["']?,?\s*(?:\n\s*)?type:/g)].map(([, id]) => id);
  return [...new Set(found)];
}

function keysAt(before, line) {
  const section = lastOf(before, ['elements', 'connections', 'childElements', 'childConnections', 'process']);
  if (isInProperties(before, line) && section === 'connections') return FLOW;
  if (isInProperties(before, line)) return propertiesOf(lastMatch(before, /\btype:\s*["']?(\w+)/g));
  if (section === 'connections' || section === 'childConnections') return CONNECTION;
  if (section === 'elements' || section === 'childElements') return ELEMENT;
  return section === 'process' ? PROCESS : ['process', 'decision'];
}

function propertiesOf(type = '') {
  const trigger = /^(message|timer|signal|error|escalation|conditional|link|compensation)/.exec(type)?.[1];
  const boundary = /BoundaryEvent$/.test(type) ? ['cancelActivity'] : [];
  const activity = /(Task|task|Activity|Process|transaction)$/.test(type) ? ACTIVITY : [];
  return [...new Set([...(PROPERTIES[type] ?? []), ...(EVENT[trigger] ?? []), ...boundary, ...activity, ...COMMON])];
}

/** Within `properties: {…` on the line, or deeper than the last line that only says `properties:`. */
function isInProperties(before, line) {
  if (/properties:\s*\{[^}]*$/.test(line)) return true;
  const lines = before.split('\n').slice(0, -1).reverse();
  const depth = line.search(/\S|$/);
  const above = lines.find((other) => other.trim() && other.search(/\S/) < depth);
  return /^\s*(?:-\s*)?properties:\s*$/.test(above ?? '');
}

function lastOf(text, names) {
  return lastMatch(text, new RegExp(`^\\s*(?:-\\s*)?(${names.join('|')}):`, 'gm'));
}

function lastMatch(text, pattern) {
  return [...text.matchAll(pattern)].at(-1)?.[1];
}
