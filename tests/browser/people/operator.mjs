// One on call: looks at the dashboard, finds what has stopped, moves tokens, migrates, and repairs many at once.

import { until } from './worker.mjs';

const stops = (condition) => `
process:
  id: page-stops
  name: Stops
  elements:
    - {id: begin, type: startEvent, name: Begin}
    - {id: check, type: exclusiveGateway, name: Enough?}
    - {id: wait, type: userTask, name: Wait for a person}
    - {id: done, type: endEvent, name: Done}
  connections:
    - {id: a, from: begin, to: check}
    - {id: b, from: check, to: wait, properties: {condition: "${condition}"}}
    - {id: c, from: wait, to: done}
`;
const CALLS = `
process:
  id: page-calls
  name: Calls
  elements:
    - {id: begin, type: startEvent}
    - {id: call, type: callActivity, name: Call, properties: {calledElement: page-stops}}
    - {id: done, type: endEvent}
  connections:
    - {id: a, from: begin, to: call}
    - {id: b, from: call, to: done}
`;

export async function operate(world) {
  world.begin('deploying what stops, and starting it');
  await world.deploy(stops('level > 3'));
  await world.deploy(CALLS);
  const stopped = [await world.start('page-stops'), await world.start('page-stops'), await world.start('page-stops')];
  for (const instance of stopped) await until(() => world.ask(`/instances/${instance}`), ({ incidents }) => incidents.length === 1);
  const me = await world.open();
  await repairMany(world, me);
  await moveAndMigrate(world, me, stopped[0]);
  await seeWhoCalled(world, me);
  await seeFigures(world, me);
  await me.close();
}

async function repairMany(world, { page, go }) {
  world.begin('repairing several instances at once: seeing how many, then doing it');
  await go('/instances?processId=page-stops&state=incident');
  await page.getByTestId('pick').nth(2).waitFor();
  for (const number of [0, 1, 2]) await page.getByTestId('pick').nth(number).check();
  await page.getByTestId('bulk').click();
  await page.getByTestId('bulk-operation').selectOption('setVariables');
  await page.locator('#bulk-variables').fill('{"level": 4}');
  await page.getByTestId('bulk-preview').getByText('3 instances').waitFor();
  await world.look(page, 'bulk');
  await finish(page);
  for (const number of [0, 1, 2]) await page.getByTestId('pick').nth(number).check();
  await page.getByTestId('bulk').click();
  await finish(page);
  await page.getByText('No instances like these').waitFor();
}

async function finish(page) {
  await page.getByTestId('bulk-run').click();
  await page.getByTestId('bulk-progress').getByText('3 done').waitFor();
  await page.getByTestId('bulk-close').click();
  await page.getByTestId('bulk-dialog').waitFor({ state: 'detached' });
}

async function moveAndMigrate(world, { page, go }, instance) {
  world.begin('letting an instance go on by a new version, after seeing the plan');
  await world.deploy(stops('level > 30'));
  await go(`/instances/${instance}`);
  await page.getByTestId('migrate').click();
  await page.getByTestId('migrate-plan').getByText('What would happen').waitFor();
  await world.look(page, 'migrate');
  await page.getByTestId('migrate-submit').click();
  await page.getByText('version 2', { exact: true }).waitFor();
  world.begin('reading how the variables came to be');
  await page.getByTestId('tab-variables').click();
  await page.getByTestId('variable-history').click();
  await page.getByTestId('variable-changes').getByText('level').first().waitFor();
  world.begin('moving a token to the end');
  await page.getByTestId('move').click();
  await page.getByTestId('end-wait').check();
  await page.getByTestId('move-to').selectOption('done');
  await world.look(page, 'move');
  await page.getByTestId('move-submit').click();
  await page.locator('[data-testid="instance-state"][data-state="completed"]').waitFor();
  await world.look(page, 'instance');
}

async function seeWhoCalled(world, { page, go }) {
  world.begin('seeing who called whom');
  const instance = await world.start('page-calls', { level: 40 });
  await until(() => world.ask(`/instances/${instance}`), ({ children }) => children.length === 1);
  await go(`/instances/${instance}`);
  await page.getByTestId('tab-calls').click();
  await page.getByTestId('show-calls').click();
  await page.getByTestId('call-tree').getByText('Stops').waitFor();
  await page.getByTestId('tab-jobs').click();
  await page.getByTestId('jobs').waitFor();
}

async function seeFigures(world, { page, go }) {
  world.begin('seeing figures and heat');
  await go('/dashboard?hours=1');
  await page.getByTestId('tile-began').waitFor();
  await page.locator('.plot rect').first().waitFor();
  await world.look(page, 'dashboard');
  await go('/processes/page-stops?version=1');
  await page.getByTestId('heat-count').click();
  await page.getByTestId('heat-check').waitFor();
  await page.getByTestId('heat-incidents').click();
  await page.getByTestId('heat-check').waitFor();
  await world.look(page, 'heat');
}
