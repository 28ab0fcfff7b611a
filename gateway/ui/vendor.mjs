// Copies the parts of bpmn-js that the page uses from node_modules to vendor/, with the licence beside them.
// Run after `npm ci --ignore-scripts`: `node vendor.mjs`.

import { cp, mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, 'node_modules', 'bpmn-js');
const target = join(here, 'vendor', 'bpmn-js');

const PARTS = {
  'dist/bpmn-navigated-viewer.production.min.js': 'bpmn-navigated-viewer.js',
  'dist/bpmn-modeler.production.min.js': 'bpmn-modeler.js',
  'dist/assets/diagram-js.css': 'diagram-js.css',
  'dist/assets/bpmn-js.css': 'bpmn-js.css',
  'dist/assets/bpmn-font/css/bpmn.css': 'bpmn-font/css/bpmn.css',
  'dist/assets/bpmn-font/font/bpmn.woff2': 'bpmn-font/font/bpmn.woff2',
  'dist/assets/bpmn-font/font/bpmn.woff': 'bpmn-font/font/bpmn.woff',
  LICENSE: 'LICENSE',
};

await rm(target, { recursive: true, force: true });
for (const [from, to] of Object.entries(PARTS)) {
  await mkdir(dirname(join(target, to)), { recursive: true });
  await cp(join(source, from), join(target, to));
}
