// AG-UI as its official client has it: a person answers, somebody comes late, an agent's call is approved with other
// arguments, an incident is resolved. Every run is also written down, for a check that is stricter than the client.

import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { ThreadAgent } from '../../examples/agui-client/thread.mjs';

const { BATON_URL, BATON_KEY, STREAMS } = process.env;
const warnings = [];
for (const level of ['warn', 'error']) console[level] = (...words) => warnings.push(words.join(' '));

/** An agent that writes down what it hears. */
function agent(process, threadId) {
  const made = new ThreadAgent({ url: BATON_URL, key: BATON_KEY, process, threadId });
  made.heard = [];
  made.watch = {
    onEvent: ({ event }) => {
      made.heard.push(event);
      appendFileSync(join(STREAMS, `${made.name}.jsonl`), `${JSON.stringify(event)}\n`);
    },
  };
  made.name = `${process}-${Math.random().toString(36).slice(2)}`;
  return made;
}

const types = (made) => made.heard.map(({ type }) => type);
const ends = (made) => types(made).filter((type) => ['RUN_FINISHED', 'RUN_ERROR'].includes(type)).length;
const activity = (made, type) => made.messages.find((message) => message.activityType === type)?.content;
const resolve = (made, payload) => made.pendingInterrupts.map(({ id }) => ({ interruptId: id, status: 'resolved', payload }));

async function story(name, tell) {
  await tell();
  assert.deepEqual(warnings, [], `${name}: the client warns of nothing`);
  console.log(`ok  ${name}`);
}

await story('a person answers, and somebody else sees it', async () => {
  const anna = agent('approval');
  const variables = { subject: 'a chair', requester: { email: 'anna@example.com' } };
  await anna.runAgent({ forwardedProps: { variables } }, anna.watch);
  assert.equal(anna.pendingInterrupts.length, 1);
  const [asked] = anna.pendingInterrupts;
  assert.deepEqual([asked.reason, asked.responseSchema.required], ['input_required', ['decision']]);
  assert.equal(anna.state.variables.subject, 'a chair');
  assert.deepEqual(Object.values(anna.state.tokens).map(({ elementId }) => elementId), ['decide']);
  assert.equal(activity(anna, 'BPMN_USER_TASK').state, 'open');

  const late = agent('approval', anna.threadId);
  await late.connectAgent({}, late.watch);
  assert.deepEqual(late.pendingInterrupts, anna.pendingInterrupts);
  assert.deepEqual(late.state, anna.state);
  assert.deepEqual(late.messages, anna.messages);

  const resume = resolve(anna, { decision: 'approved', comments: 'sit well' });
  await anna.runAgent({ runId: 'the-answer', resume }, anna.watch);
  assert.deepEqual(anna.pendingInterrupts, []);
  assert.deepEqual([anna.state.variables.decide_decision, anna.state.tokens], ['approved', {}]);
  assert.equal(activity(anna, 'BPMN_GATEWAY').taken[0].flowId, 'yes');
  assert.equal(ends(anna), 2);

  // The same answer again is the same run; another one is refused.
  const again = await ask(anna.threadId, resume);
  assert.deepEqual(again.at(-1).outcome, { type: 'success' });
  const other = await ask(anna.threadId, [{ ...resume[0], payload: { decision: 'rejected' } }]);
  assert.deepEqual(other.map(({ type, code }) => code ?? type), ['RUN_STARTED', 'INSTANCE_ENDED']);
});

await story("an agent's call is approved with other arguments", async () => {
  const clerk = agent('asking');
  await clerk.runAgent({ forwardedProps: { variables: { errand: 'write-changed' } } }, clerk.watch);
  const [asked] = clerk.pendingInterrupts;
  assert.equal(asked.reason, 'tool_call');
  const calls = () => clerk.messages.flatMap(({ toolCalls = [] }) => toolCalls);
  assert.deepEqual(calls().map(({ id, function: { name } }) => [id, name]), [[asked.toolCallId, 'filesystem-write']]);
  const editedArgs = { path: 'edited.txt', content: 'as a client wants' };
  await clerk.runAgent({ resume: resolve(clerk, { approved: true, editedArgs }) }, clerk.watch);
  assert.deepEqual(clerk.pendingInterrupts, []);
  const results = clerk.messages.filter(({ role }) => role === 'tool');
  assert.deepEqual(results.map(({ toolCallId }) => toolCallId), [asked.toolCallId]);
  assert.equal(calls().length, 1, 'the call is not told twice');
  assert.ok(clerk.heard.some(({ type, name }) => type === 'SUBAGENT_STARTED' && name === 'errand'));
  assert.ok(clerk.state.variables.report.summary);
});

await story('an incident is resolved', async () => {
  const operator = agent('broken');
  await operator.runAgent({ forwardedProps: { variables: { path: 'nowhere' } } }, operator.watch);
  const [asked] = operator.pendingInterrupts;
  assert.equal(asked.reason, 'baton:incident');
  assert.equal(Object.keys(operator.state.incidents).length, 1);
  const payload = { action: 'retry', variables: { path: 'somewhere' } };
  await operator.runAgent({ resume: resolve(operator, payload) }, operator.watch);
  assert.deepEqual([operator.pendingInterrupts, operator.state.incidents], [[], {}]);
  assert.equal(operator.heard.at(-1).outcome.type, 'success');
});

/** A request without the client, which would keep its own order. */
async function ask(threadId, resume) {
  const body = JSON.stringify({ threadId, runId: 'the-answer', messages: [], state: {}, tools: [], context: [], resume });
  const headers = { authorization: `Bearer ${BATON_KEY}`, 'content-type': 'application/json' };
  const text = await (await fetch(`${BATON_URL}/agui/approval`, { method: 'POST', headers, body })).text();
  return text.split('\n').filter((line) => line.startsWith('data: ')).map((line) => JSON.parse(line.slice(6)));
}
