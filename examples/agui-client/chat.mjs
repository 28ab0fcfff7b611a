// node chat.mjs <process> [variables as JSON]

import { stdin, stdout } from 'node:process';
import { createInterface } from 'node:readline/promises';
import { ThreadAgent } from './thread.mjs';

const { BATON_URL = 'http://127.0.0.1:8080', BATON_KEY = '', ANSWERS, THREAD } = process.env;
const [process_id, variables = '{}'] = process.argv.slice(2);
const prepared = ANSWERS && JSON.parse(ANSWERS);
const agent = new ThreadAgent({ url: BATON_URL, key: BATON_KEY, process: process_id, threadId: THREAD });

/** What is told while a run goes on. */
const teller = {
  onStepStartedEvent: ({ event }) => console.log(`▶ ${event.stepName}`),
  onStepFinishedEvent: ({ event }) => console.log(`■ ${event.stepName} ${event.metadata?.bpmn?.state ?? ''}`),
  onSubagentStartedEvent: ({ event }) => console.log(`\n${event.name}:`),
  onReasoningMessageContentEvent: ({ event }) => void stdout.write(`\x1b[2m${event.delta}\x1b[0m`),
  onTextMessageContentEvent: ({ event }) => void stdout.write(event.delta),
  onTextMessageEndEvent: () => console.log(),
  onToolCallEndEvent: ({ toolCallName, toolCallArgs }) => console.log(`  ${toolCallName}(${JSON.stringify(toolCallArgs)})`),
  onToolCallResultEvent: ({ event }) => console.log(`  → ${event.content.slice(0, 200)}`),
  onRunErrorEvent: ({ event }) => console.log(`✗ ${event.code ?? ''} ${event.message}`),
};

if (THREAD) await agent.connectAgent({}, teller);
else await agent.runAgent({ forwardedProps: { variables: JSON.parse(variables) } }, teller);

while (agent.pendingInterrupts.length > 0) {
  const resume = [];
  for (const interrupt of agent.pendingInterrupts) {
    const payload = await answer(interrupt);
    resume.push({ interruptId: interrupt.id, ...(payload ? { status: 'resolved', payload } : { status: 'cancelled' }) });
  }
  await agent.runAgent({ resume }, teller);
}
console.log(JSON.stringify({ thread: agent.threadId, variables: agent.state.variables }, null, 2));

/** A form, field by field; an empty answer to a field that is needed puts the whole aside. */
async function answer({ message, responseSchema }) {
  if (prepared) return prepared.shift() ?? stop(`there is no answer left for: ${message}`);
  console.log(`\n? ${message}`);
  const terminal = createInterface({ input: stdin, output: stdout });
  const payload = {};
  for (const [name, schema] of Object.entries(responseSchema?.properties ?? {})) {
    const choices = schema.enum ? ` (${schema.enum.join(', ')})` : '';
    const said = await terminal.question(`  ${schema.title ?? name}${choices}: `);
    if (said !== '') payload[name] = schema.type === 'string' ? said : JSON.parse(said);
  }
  terminal.close();
  return (responseSchema?.required ?? []).every((name) => name in payload) ? payload : null;
}

function stop(why) {
  console.error(why);
  process.exit(1);
}
