// The REST API of the gateway. Every failure becomes a Problem, whatever failed.

import { key } from './session.js';

const BASE = 'api/v1';

/** A refused or failed request: `status` (0: no answer), `code`, `message` for people, `diagnostics`. */
export class Problem extends Error {
  constructor(status, { code, detail, title, diagnostics } = {}) {
    super(detail || title || `The server answered ${status}`);
    this.status = status;
    this.code = code ?? '';
    this.diagnostics = diagnostics ?? [];
  }
}

async function call(method, path, { json, form, query, once } = {}) {
  const headers = { Authorization: `Bearer ${key()}` };
  if (json !== undefined) headers['Content-Type'] = 'application/json';
  if (once) headers['Idempotency-Key'] = once;
  const body = json !== undefined ? JSON.stringify(json) : form;
  let response;
  try {
    response = await fetch(`${BASE}/${path}${search(query)}`, { method, headers, body });
  } catch {
    throw new Problem(0, { code: 'NO_CONNECTION', detail: 'The server cannot be reached.' });
  }
  if (!response.ok) throw new Problem(response.status, await response.json().catch(() => ({})));
  return response.status === 204 ? null : response.json();
}

function search(query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '');
  return given.length ? `?${new URLSearchParams(given)}` : '';
}

const id = encodeURIComponent;

export const api = {
  me: () => call('GET', 'me'),
  processes: () => call('GET', 'processes'),
  process: (process, version) => call('GET', `processes/${id(process)}`, { query: { version } }),
  deploy: (files, dryRun = false) => call('POST', 'deployments', { json: { files, dryRun } }),
  preview: (name, content) => call('POST', 'preview', { json: { name, content } }),
  play: (scenario, files) => call('POST', 'scenarios', { json: { scenario, files } }),
  statistics: (query) => call('GET', 'statistics', { query }),
  instances: (query) => call('GET', 'instances', { query }),
  instance: (instance, minVersion) => call('GET', `instances/${id(instance)}`, { query: { minVersion } }),
  start: (request, once) => call('POST', 'instances', { json: request, once }),
  cancel: (instance, reason) => call('POST', `instances/${id(instance)}/cancel`, { json: { reason } }),
  suspend: (instance) => call('POST', `instances/${id(instance)}/suspend`),
  resume: (instance) => call('POST', `instances/${id(instance)}/resume`),
  retry: (instance) => call('POST', `instances/${id(instance)}/retry`, { json: {} }),
  modify: (instance, request) => call('POST', `instances/${id(instance)}/modify`, { json: request }),
  migrate: (instance, request) => call('POST', `instances/${id(instance)}/migrate`, { json: request }),
  history: (instance, query) => call('GET', `instances/${id(instance)}/history`, { query }),
  createBatch: (request) => call('POST', 'batches', { json: request }),
  batch: (batch) => call('GET', `batches/${id(batch)}`),
  changeBatch: (batch, change) => call('POST', `batches/${id(batch)}/${change}`),
  setVariables: (instance, variables) => call('PUT', `instances/${id(instance)}/variables`, { json: variables }),
  publish: (message) => call('POST', 'messages', { json: message }),
  userTasks: (query) => call('GET', 'user-tasks', { query }),
  userTask: (task) => call('GET', `user-tasks/${id(task)}`),
  claim: (task, user) => call('POST', `user-tasks/${id(task)}/claim`, { json: { user } }),
  complete: (task, request, once) => call('POST', `user-tasks/${id(task)}/complete`, { json: request, once }),
  incidents: (query) => call('GET', 'incidents', { query }),
  resolve: (incident, request) => call('POST', `incidents/${id(incident)}/resolve`, { json: request }),
  transcript: (job) => call('GET', `agents/${id(job)}/transcript`),
  mail: () => call('GET', 'mail'),
  upload(file) {
    const form = new FormData();
    form.append('file', file, file.name);
    return call('POST', 'files', { form });
  },
  /** Saves a stored file: the link cannot carry the key, so it is fetched first. */
  async download(uri, name) {
    const path = uri.split('/').map(id).join('/');
    const response = await fetch(`${BASE}/files/${path}`, { headers: { Authorization: `Bearer ${key()}` } });
    if (!response.ok) throw new Problem(response.status, await response.json().catch(() => ({})));
    const link = document.createElement('a');
    link.href = URL.createObjectURL(await response.blob());
    link.download = name || uri.split('/').pop();
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  },
};
