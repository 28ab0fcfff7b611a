// Deploying files: dropped or chosen; all of them are accepted, or every problem is shown with its place.

import { api } from '../api.js';
import { fill, h, quoted } from '../dom.js';
import { sentence } from '../format.js';
import { oops, toast } from '../toast.js';

export function deployArea(onDeployed) {
  const input = h('input', { id: 'deploy-files', type: 'file', multiple: true, accept: '.yaml,.yml,.bpmn,.xml,.dmn', 'data-testid': 'deploy-files' });
  const report = h('div', { 'aria-live': 'polite', 'data-testid': 'diagnostics' });
  const take = (files) => deploy([...files], report, onDeployed).catch(oops).finally(() => (input.value = ''));
  input.addEventListener('change', () => input.files.length && take(input.files));
  const area = h('label', { class: 'drop', for: 'deploy-files', on: {
    dragover: (event) => { event.preventDefault(); area.classList.add('over'); },
    dragleave: () => area.classList.remove('over'),
    drop: (event) => { event.preventDefault(); area.classList.remove('over'); take(event.dataTransfer.files); },
  } }, h('strong', {}, 'Deploy: drop process files here, or choose them'), h('span', {}, 'YAML or BPMN XML; all of them, or none'), input);
  return h('section', { 'aria-label': 'Deploy' }, area, report);
}

async function deploy(files, report, onDeployed) {
  fill(report);
  const contents = await Promise.all(files.map(async (file) => ({ name: file.name, content: await file.text() })));
  try {
    const { processes, warnings } = await api.deploy(contents);
    const fresh = processes.filter((process) => process.isNew);
    toast(fresh.length ? `Deployed: ${fresh.map((process) => `${process.name || process.processId} (version ${process.version})`).join(', ')}` : 'Nothing new: these files are deployed already.', 'good');
    showDiagnostics(report, warnings, 'Deployed, with warnings');
    onDeployed();
  } catch (problem) {
    if (!problem.diagnostics?.length) throw problem;
    showDiagnostics(report, problem.diagnostics, problem.message);
  }
}

export function showDiagnostics(place, diagnostics, title) {
  if (!diagnostics.length) return;
  const close = h('button', { type: 'button', class: 'plain close', 'aria-label': 'Close', on: { click: () => fill(place) } }, '×');
  fill(place, h('div', { class: 'diagnostics' }, h('header', {}, h('h2', {}, sentence(title)), close), h('ol', {}, diagnostics.map(diagnosticRow))));
}

/** One problem, with its place. */
export function diagnosticRow({ severity, code, message, file, line, column, hint, excerpt }) {
  return h('li', { class: severity },
    h('p', {}, h('span', { class: 'severity' }, severity), ' ', quoted(sentence(message)), ' ', h('code', { class: 'code-name' }, code)),
    h('p', { class: 'muted' }, `${file}${line ? `, line ${line}, column ${column}` : ''}`),
    excerpt && h('pre', {}, excerpt),
    hint && h('p', { class: 'hint' }, quoted(sentence(hint))));
}
