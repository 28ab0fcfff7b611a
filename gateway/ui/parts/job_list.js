// The jobs of an instance: who has to do them, how often they were tried, and why they are not done.

import { button, fillWhenChanged, h } from '../dom.js';
import { openIncident } from './incident_dialog.js';

export function jobList(may) {
  const root = h('div', { 'data-testid': 'jobs' });
  const draw = ({ elements, incidents, variables }) => {
    const jobs = elements.filter((element) => element.jobType);
    fillWhenChanged(root, JSON.stringify([jobs, incidents]), () => (jobs.length ? table(jobs, incidents, variables, may) : h('p', { class: 'empty small' }, 'No job is open.')));
  };
  return { root, draw };
}

function table(jobs, incidents, variables, may) {
  const head = h('tr', {}, ['Element', 'Type', 'Attempt', 'Left', 'Why it is not done', ''].map((name) => h('th', { scope: 'col' }, name || h('span', { class: 'unseen' }, 'Action'))));
  const row = (job) => {
    const incident = incidents.find(({ elementInstanceKey }) => elementInstanceKey === job.key);
    return h('tr', { 'data-testid': `job-${job.elementId}` },
      h('td', {}, job.elementName || job.elementId), h('td', {}, h('code', {}, job.jobType)), h('td', {}, job.attempt), h('td', {}, job.retriesLeft), h('td', {}, job.why),
      h('td', {}, incident && may.change && button('Resolve …', () => openIncident(incident, job.elementName || job.elementId, variables), { variant: 'chip' })));
  };
  return h('table', { class: 'table' }, h('thead', {}, head), h('tbody', {}, jobs.map(row)));
}
