// How quick it feels: the first view, and a large picture while everything in it moves. The bounds are for busy machines; what was
// measured is printed.

import assert from 'node:assert/strict';

const ELEMENTS = 200;
const FIRST_VIEW = 20_000;
const SLOWEST_FRAMES = 1;

function large() {
  const tasks = Array.from({ length: ELEMENTS }, (_, index) => `    - {id: t${index}, type: task, name: Task ${index}}`);
  const flows = Array.from({ length: ELEMENTS - 1 }, (_, index) => `    - {id: f${index}, from: t${index}, to: t${index + 1}}`);
  return ['process:', '  id: page-large', '  name: Large', '  elements:', '    - {id: begin, type: startEvent}', ...tasks, '    - {id: done, type: endEvent}',
    '  connections:', '    - {id: first, from: begin, to: t0}', ...flows, `    - {id: last, from: t${ELEMENTS - 1}, to: done}`].join('\n');
}

export async function feelSpeed(world) {
  world.begin('seeing the first view soon');
  const { page, close, go } = await world.open();
  const began = Date.now();
  await page.reload();
  await page.getByTestId('processes').waitFor();
  const first = Date.now() - began;
  world.begin(`seeing an instance of ${ELEMENTS} elements run`);
  await world.deploy(large());
  const instance = await world.start('page-large');
  await go(`/instances/${instance}`);
  await page.locator('.djs-shape.is-completed').first().waitFor();
  await page.waitForFunction((count) => document.querySelectorAll('.djs-shape.is-completed:not(.djs-label)').length >= count, ELEMENTS);
  const perSecond = await page.evaluate(framesPerSecond);
  console.log(`          first view ${first} ms, ${Math.round(perSecond)} frames a second`);
  assert(first < FIRST_VIEW, `the first view took ${first} ms`);
  assert(perSecond > SLOWEST_FRAMES, `${perSecond} frames a second`);
  await close();
}

/** While the picture is moved about for a second. */
async function framesPerSecond() {
  const canvas = document.querySelector('.djs-container svg .viewport');
  const began = performance.now();
  let frames = 0;
  while (performance.now() - began < 1_000) {
    await new Promise(requestAnimationFrame);
    canvas.setAttribute('transform', `matrix(0.3,0,0,0.3,${frames % 50},40)`);
    frames += 1;
  }
  return (1_000 * frames) / (performance.now() - began);
}
