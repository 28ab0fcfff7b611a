// An agent that is a process of Baton. `runAgent` begins or goes on; `connectAgent` joins what is there already.

import { HttpAgent, runHttpRequest, transformHttpEventStream } from '@ag-ui/client';

export class ThreadAgent extends HttpAgent {
  constructor({ url, key, process, threadId }) {
    super({ url: `${url}/agui/${process}`, headers: { authorization: `Bearer ${key}` }, threadId });
    this.gateway = url;
  }

  /** The thread from where it is: a run that begins with the state and the messages so far. */
  connect(input) {
    const address = `${this.gateway}/agui/threads/${encodeURIComponent(input.threadId)}/events?runId=${input.runId}`;
    return transformHttpEventStream(runHttpRequest(() => fetch(address, { headers: this.headers })));
  }
}
