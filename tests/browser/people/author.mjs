// One who writes processes: types YAML with help, mends what the engine says is wrong, draws, plays it, tests it, deploys it.

import assert from 'node:assert/strict';

export async function build(world) {
  const me = await world.open();
  await write(world, me);
  await draw(world, me);
  await play(world, me);
  await test(world, me);
  await deploy(world, me);
  await me.close();
}

async function write(world, { page, go }) {
  world.begin('writing a process, with completion');
  await go('/editor');
  const text = page.getByTestId('editor-text');
  await page.getByTestId('verdict').getByText('It can be deployed').waitFor();
  await text.evaluate((area) => {
    const end = area.value.indexOf('\n  connections:');
    area.focus();
    area.setSelectionRange(end, end);
  });
  await page.keyboard.type('\n- {id: pay, type: serv');
  await page.getByTestId('completions').getByText('serviceTask').waitFor();
  await page.keyboard.press('Tab');
  assert((await text.inputValue()).includes('type: serviceTask'), 'Tab takes what is chosen');
  await page.keyboard.type(', properties: {topic: charge}}');
  await page.keyboard.press('Escape');
  world.begin('being told what is wrong while typing');
  await text.fill((await text.inputValue()).replace('from: start, to: ask', 'from: start, to: asc'));
  await page.getByTestId('verdict').getByText('cannot be deployed').waitFor();
  await page.getByTestId('problems').getByText('asc').first().waitFor();
  await page.getByRole('button', { name: 'Go to line 10' }).click();
  await world.look(page, 'problems');
  const mended = (await text.inputValue()).replace('from: start, to: asc', 'from: start, to: pay').replace('connections:\n', 'connections:\n    - {id: c, from: pay, to: ask}\n').replace('id: hello', 'id: page-hello');
  await text.fill(mended);
  await page.getByTestId('verdict').getByText(/^It can be deployed\.$/).waitFor();
  await page.locator('.djs-shape[data-element-id="pay"]').waitFor();
  await world.look(page, 'editor');
}

async function draw(world, { page }) {
  world.begin('drawing: the text follows');
  await page.getByTestId('mode-draw').click();
  const shape = page.getByTestId('modeler').locator('.djs-shape[data-element-id="pay"]');
  await shape.waitFor();
  await shape.dblclick();
  await page.keyboard.type('Charge the card');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('.editor-text').value.includes('Charge the card'));
  await world.look(page, 'draw');
  world.begin('typing: the drawing follows');
  const text = page.getByTestId('editor-text');
  await text.fill((await text.inputValue()).replace('Ask somebody', 'Ask the boss'));
  await page.getByTestId('modeler').getByText('Ask the boss').or(page.getByTestId('modeler').getByText('Ask the')).first().waitFor();
}

async function play(world, { page }) {
  world.begin('playing it by hand, and back');
  await page.getByTestId('mode-play').click();
  await page.getByTestId('play').locator('textarea').fill('{"total": 7}');
  await page.getByTestId('play-begin').click();
  await page.getByTestId('play-pay').waitFor();
  await page.getByTestId('play-do-pay').click();
  await page.getByTestId('play-ask').waitFor();
  await page.getByTestId('badge-completed-pay').waitFor();
  await world.look(page, 'play');
  await page.getByTestId('play-back').click();
  await page.getByTestId('play-pay').waitFor();
  world.begin('playing it at random to the end');
  await page.getByTestId('play-through').click();
  await page.locator('[data-testid="play-state"][data-state="completed"]').waitFor();
  await page.getByTestId('badge-completed-end').waitFor();
}

async function test(world, { page }) {
  world.begin('running a scenario that fails, and one that holds');
  await page.getByTestId('mode-scenarios').click();
  await page.getByTestId('scenario-run').click();
  await page.locator('[data-verdict="failed"]').waitFor();
  await page.getByTestId('scenario-text').fill('start: {}\nsteps:\n  - complete: {element: ask}\nexpect:\n  state: completed\n  entered: {pay: 1}\n');
  await page.getByTestId('scenario-run').click();
  await page.locator('[data-verdict="passed"]').waitFor();
  await world.look(page, 'scenario');
}

async function deploy(world, { page }) {
  world.begin('deploying it');
  await page.getByTestId('editor-deploy').click();
  await page.getByTestId('deploy-submit').click();
  await page.getByText(/^Deployed: Hello/).waitFor();
  const { elements } = await world.ask('/processes/page-hello');
  assert.equal(elements.find(({ id }) => id === 'pay').name, 'Charge the card');
}
