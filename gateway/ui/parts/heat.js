// Where a process is hot: how often its elements are entered, how long they take, and where incidents are, as colours in the
// picture, over its newest instances.

import { button, h } from '../dom.js';
import { duration } from '../format.js';
import { oops } from '../toast.js';
import { readSample } from './sample.js';

const KINDS = {
  off: ['No heat', null],
  count: ['Counts', (element) => element.entered, String],
  time: ['Durations', (element) => (element.ended ? element.seconds / element.ended : 0), duration],
  incidents: ['Incidents', (element) => element.incidents, String],
};
const DEGREES = 5;

/** Buttons that paint `diagram`. */
export function heatControls(diagram, processId, version) {
  let sample = null;
  const note = h('span', { class: 'muted', role: 'status', 'data-testid': 'heat-note' });
  const choose = async (kind) => {
    for (const [name, chip] of chips) {
      chip.classList.toggle('chosen', name === kind);
      chip.setAttribute('aria-pressed', String(name === kind));
    }
    const [, measure, say] = KINDS[kind];
    note.textContent = measure && !sample ? 'Reading …' : '';
    sample ??= measure ? await readSample(processId, { version }) : null;
    if (measure) note.textContent = sample.instances ? `of the newest ${sample.instances} instances` : 'No instance of this version yet.';
    diagram.paint(measure ? degrees(sample.elements, measure, say) : new Map());
  };
  const chips = Object.entries(KINDS).map(([name, [label]]) => [name, button(label, () => choose(name).catch(oops), { variant: 'chip', 'aria-pressed': String(name === 'off'), 'data-testid': `heat-${name}` })]);
  chips[0][1].classList.add('chosen');
  return h('div', { class: 'chips', role: 'group', 'aria-label': 'Heat' }, chips.map(([, chip]) => chip), note);
}

function degrees(elements, measure, say) {
  const top = Math.max(0, ...[...elements.values()].map(measure));
  const hot = [...elements].map(([id, element]) => [id, measure(element)]).filter(([, value]) => value > 0);
  return new Map(hot.map(([id, value]) => [id, { degree: Math.max(1, Math.ceil((value / top) * DEGREES)), text: say(value) }]));
}
