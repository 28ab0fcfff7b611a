// Writing a process: its YAML with what the engine says of it, beside its picture, which can be drawn in; and playing it.

import { api } from '../api.js';
import { button, fill, h, settled } from '../dom.js';
import { Dialog } from '../dialog.js';
import { Diagram } from '../diagram.js';
import { oops, toast } from '../toast.js';
import { diagnosticRow } from '../parts/deploy.js';
import { Modeler } from '../parts/modeler.js';
import { ScenarioPad } from '../parts/scenario_pad.js';
import { Simulator } from '../parts/simulator.js';
import { YamlEditor } from '../parts/yaml_editor.js';

const NEW = `process:
  id: hello
  name: Hello
  elements:
    - {id: start, type: startEvent, name: Begin}
    - {id: ask, type: userTask, name: Ask somebody}
    - {id: end, type: endEvent, name: Done}
  connections:
    - {id: a, from: start, to: ask}
    - {id: b, from: ask, to: end}
`;
const PAUSE = 350;

export async function editorView({ me }, { query }) {
  if (me.role !== 'admin') return { title: 'Editor', root: h('p', { class: 'empty' }, 'Only who may deploy writes processes.') };
  const id = query.get('process');
  const found = id && await api.process(id, query.get('version') ?? undefined);
  const isXml = found && found.source.trimStart().startsWith('<');
  const text = isXml ? (await api.preview('process.bpmn', found.source)).yaml : found?.source ?? NEW;
  const editor = new Editor(text, found?.process);
  requestAnimationFrame(() => editor.begin().catch(oops));
  return { title: found ? `Edit ${found.process.name || id}` : 'New process', root: editor.root, close: () => editor.close() };
}

class Editor {
  #yaml;
  #process;
  #diagram = new Diagram({ label: 'The process as it is written' });
  #modeler = null;
  #canvas = h('div', { class: 'modeler', hidden: true, 'data-testid': 'modeler' });
  #verdict = h('p', { class: 'verdict', role: 'status', 'data-testid': 'verdict' });
  #problems = h('ol', { class: 'problems', 'aria-label': 'Problems', 'data-testid': 'problems' });
  #simulator;
  #scenarios;
  #modes = new Map();
  #xml = '';
  #shown = '';
  /** What has come out of the picture is not drawn again. */
  #isDrawn = false;
  #turn = 0;
  #check = settled(() => this.#look().catch(oops), PAUSE);
  #deploy = button('Deploy', () => this.#deployIt(), { variant: 'primary', disabled: true, 'data-testid': 'editor-deploy' });

  constructor(text, process) {
    this.#process = process;
    this.#yaml = new YamlEditor(text, () => this.#check());
    this.#simulator = new Simulator(this.#diagram, () => this.#yaml.value);
    this.#scenarios = new ScenarioPad(() => this.#yaml.value);
    const modes = ['Picture', 'Draw', 'Play', 'Scenarios'].map((name) => {
      const chip = button(name, () => this.#enter(name).catch(oops), { variant: 'chip', 'data-testid': `mode-${name.toLowerCase()}` });
      this.#modes.set(name, chip);
      return chip;
    });
    this.root = h('div', { class: 'page editor' },
      h('div', { class: 'page-head' }, h('h1', {}, process ? process.name || process.processId : 'New process'), process && h('span', { class: 'muted' }, `from version ${process.version}`),
        h('span', { class: 'space' }), h('div', { class: 'chips', role: 'group', 'aria-label': 'Beside the text' }, modes), this.#deploy),
      h('div', { class: 'editor-columns' },
        h('section', { class: 'editor-left', 'aria-label': 'Text' }, this.#yaml.root, this.#verdict, this.#problems),
        h('section', { class: 'editor-right', 'aria-label': 'Picture' }, this.#diagram.root, this.#canvas, this.#simulator.root, this.#scenarios.root)));
  }

  async begin() {
    await this.#enter('Picture');
    await this.#look();
  }

  close() {
    this.#check.stop();
    this.#diagram.close();
    this.#modeler?.close();
  }

  async #look() {
    const text = this.#yaml.value;
    const found = await api.preview('process.yaml', text);
    if (text !== this.#yaml.value) return this.#check();
    this.#tell(found.diagnostics);
    if (found.bpmnXml && found.bpmnXml !== this.#xml) {
      this.#xml = found.bpmnXml;
      await this.#show();
    }
    this.#isDrawn = false;
  }

  #tell(diagnostics) {
    const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
    const warnings = diagnostics.length - errors;
    this.#yaml.mark(diagnostics);
    this.#deploy.disabled = errors > 0;
    this.#verdict.classList.toggle('bad', errors > 0);
    this.#verdict.textContent = errors ? `${errors} ${errors === 1 ? 'problem' : 'problems'}: it cannot be deployed.` : warnings ? `It can be deployed; ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}.` : 'It can be deployed.';
    fill(this.#problems, diagnostics.map((diagnostic) => {
      const row = diagnosticRow(diagnostic);
      if (diagnostic.line) row.append(h('p', {}, button(`Go to line ${diagnostic.line}`, () => this.#yaml.goTo(diagnostic.line), { variant: 'chip' })));
      return row;
    }));
  }

  async #show() {
    if (!this.#modeler || this.#canvas.hidden) {
      if (this.#shown === this.#xml) return;
      this.#shown = this.#xml;
      await this.#diagram.show(this.#xml);
      this.#simulator.definitionChanged();
    } else if (!this.#isDrawn) {
      await this.#modeler.show(this.#xml);
    }
  }

  async #enter(mode) {
    for (const [name, chip] of this.#modes) {
      chip.classList.toggle('chosen', name === mode);
      chip.setAttribute('aria-pressed', String(name === mode));
    }
    const draws = mode === 'Draw';
    this.#diagram.root.hidden = draws;
    this.#canvas.hidden = !draws;
    this.#simulator.root.hidden = mode !== 'Play';
    this.#scenarios.root.hidden = mode !== 'Scenarios';
    if (draws) {
      this.#modeler ??= await Modeler.in(this.#canvas, (xml) => this.#drawn(xml).catch(oops));
      if (this.#xml) await this.#modeler.show(this.#xml);
    } else {
      await this.#show();
      if (mode === 'Play') await this.#simulator.begin();
      else this.#simulator.leave();
    }
  }

  /**
   * The picture becomes text; what cannot be read yet (half drawn) leaves the text as it was. Who has drawn on or typed
   * meanwhile is not disturbed.
   */
  async #drawn(xml) {
    const [turn, before] = [++this.#turn, this.#yaml.value];
    const found = await api.preview('drawn.bpmn', xml);
    if (turn !== this.#turn || before !== this.#yaml.value) return;
    if (!found.yaml) return this.#tell(found.diagnostics);
    this.#isDrawn = true;
    this.#yaml.value = found.yaml;
    await this.#look();
  }

  async #deployIt() {
    const dialog = new Dialog('Deploy this process?', { testid: 'deploy-dialog' });
    dialog.body.append(h('p', {}, this.#process ? 'New instances begin with the new version; those that run keep theirs.' : 'From then on it can be started.'));
    const submit = async () => {
      let deployed;
      if (!(await dialog.attempt(async () => { deployed = await api.deploy([{ name: 'process.yaml', content: this.#yaml.value }]); }))) return;
      dialog.close();
      const [process] = deployed.processes;
      toast(process?.isNew ? `Deployed: ${process.name || process.processId} (version ${process.version})` : 'Nothing new: it is deployed already.', 'good');
    };
    dialog.footer.append(button('Not yet', () => dialog.close()), button('Deploy', submit, { variant: 'primary', 'data-testid': 'deploy-submit' }));
    dialog.show();
  }
}
