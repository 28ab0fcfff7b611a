// What axe finds on the page as it is shown: nothing serious may be wrong. The BPMN picture is bpmn.io's own; beside it stands a list.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const GRAVE = ['serious', 'critical'];

export async function assertAccessible(page, name) {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(await readFile(AXE, 'utf8'));
  const { violations } = await page.evaluate(() => globalThis.axe.run({ exclude: ['.djs-container'] }));
  const grave = violations.filter(({ impact }) => GRAVE.includes(impact));
  const told = grave.map(({ id, nodes }) => `${id}: ${nodes.map(({ target, any }) => `${target} (${any[0]?.message ?? ''})`).slice(0, 4).join('; ')}`);
  assert.deepEqual(told, [], `${name} must be accessible`);
}
