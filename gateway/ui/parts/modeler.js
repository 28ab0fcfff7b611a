// Drawing a process: bpmn-js's modeler, brought only when somebody draws.

import { h } from '../dom.js';

/** The palette takes this much of the place, in pixels. */
const PALETTE = 110;
const BESIDE_PALETTE = 0.82;

let loaded = null;

/** The modeler comes as a plain script that takes the viewer's global name. */
function load() {
  loaded ??= new Promise((resolve, reject) => {
    const viewer = window.BpmnJS;
    const script = h('script', { src: 'vendor/bpmn-js/bpmn-modeler.js' });
    script.addEventListener('load', () => {
      const modeler = window.BpmnJS;
      window.BpmnJS = viewer;
      resolve(modeler);
    });
    script.addEventListener('error', () => {
      loaded = null;
      reject(new Error('The modeler is not part of this build.'));
    });
    document.head.append(script);
  });
  return loaded;
}

export class Modeler {
  #modeler;
  #quiet = false;

  /** `onDrawn(xml)` is called after each change that a person has drawn. */
  static async in(container, onDrawn) {
    const BpmnModeler = await load();
    const modeler = new Modeler();
    modeler.#modeler = new BpmnModeler({ container, bpmnRenderer: { defaultFillColor: 'var(--bpmn-fill)', defaultStrokeColor: 'var(--bpmn-stroke)', defaultLabelColor: 'var(--bpmn-label)' } });
    modeler.#modeler.on('commandStack.changed', async () => {
      if (modeler.#quiet) return;
      const { xml } = await modeler.#modeler.saveXML({ format: true });
      onDrawn(xml);
    });
    return modeler;
  }

  async show(xml) {
    this.#quiet = true;
    try {
      await this.#modeler.importXML(xml);
      const canvas = this.#modeler.get('canvas');
      canvas.zoom('fit-viewport', 'auto');
      canvas.zoom(canvas.zoom() * BESIDE_PALETTE, 'auto');
      canvas.scroll({ dx: PALETTE / 2, dy: 0 });
    } finally {
      this.#quiet = false;
    }
  }

  close() {
    this.#modeler.destroy();
  }
}
