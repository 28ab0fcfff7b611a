// node check.mjs < stream     One thread's events, as JSON lines or as the body of server-sent events.
// Ends with 1 when the official client would refuse, warn of, or pass over any of it in silence.

import { readFileSync } from 'node:fs';
import { defaultApplyEvents, enforceEvents, transformChunks, verifyEvents } from '@ag-ui/client';
import { EventSchema } from '@ag-ui/core/schemas';
import { from, lastValueFrom, toArray } from 'rxjs';

const faults = [];
for (const level of ['warn', 'error']) console[level] = (...words) => faults.push(words.join(' ').split('\n')[0]);

const lines = readFileSync(0, 'utf8').split('\n').map((line) => line.replace(/^data:\s?/, ''));
const events = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
events.forEach(checkShape);
checkRuns();
await checkWithTheClient();

if (faults.length > 0) {
  console.log(`${faults.length} faults:\n${faults.join('\n')}`);
  process.exit(1);
}
console.log(`${events.length} events are understood`);

function checkShape(event, place) {
  const { success, error } = EventSchema.safeParse(event);
  if (!success) faults.push(`${place} ${event.type}: ${error.issues.map(({ path, message }) => `${path.join('/')} ${message}`)}`);
}

function checkRuns() {
  const runs = events.filter(({ type }) => ['RUN_STARTED', 'RUN_FINISHED', 'RUN_ERROR'].includes(type));
  if (events.length === 0) faults.push('there are no events');
  if (runs.at(-1)?.type === 'RUN_STARTED') faults.push('the last run does not end');
}

async function checkWithTheClient() {
  const agent = { messages: [], state: {}, pendingInterrupts: [], threadId: 't', agentId: 'a' };
  const input = { threadId: 't', runId: 'r', messages: [], state: {}, tools: [], context: [] };
  const verified = from(events).pipe(enforceEvents(), transformChunks(), verifyEvents());
  try {
    await lastValueFrom(defaultApplyEvents(input, verified, agent, []).pipe(toArray()), { defaultValue: [] });
  } catch (error) {
    faults.push(error.message);
  }
}
