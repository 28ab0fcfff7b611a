// One with tasks: finds the own ones, claims, hands over, does one on a phone, and comes too late for another.

import assert from 'node:assert/strict';

const TASK = `
process:
  id: page-leave
  name: Leave
  elements:
    - {id: asked, type: startEvent}
    - id: decide_leave
      type: userTask
      name: Decide about the leave
      properties:
        candidateGroups: [managers]
        priority: high
        dueDate: P1D
        custom:
          formFields:
            - {name: days, type: number, required: true}
            - {name: paper, label: The paper, type: file}
            - {name: decision, type: select, options: [approved, rejected], required: true}
    - {id: answered, type: endEvent}
  connections:
    - {id: a, from: asked, to: decide_leave}
    - {id: b, from: decide_leave, to: answered}
`;

export async function work(world) {
  world.begin('deploying a process with tasks');
  await world.deploy(TASK);
  const me = await world.open();
  await beNotified(world, me);
  await claimAndHandOver(world, me);
  await comeTooLate(world, me);
  await me.close();
  await onAPhone(world);
}

async function beNotified(world, { page, go }) {
  world.begin('being told of a new task in the title, beside the link and in the corner');
  await go('/processes');
  await page.locator('[data-testid="connection"][data-state="live"]').waitFor();
  await world.start('page-leave');
  await page.getByTestId('waiting-count').waitFor();
  await page.waitForFunction(() => /^\(\d+\)/.test(document.title));
}

async function claimAndHandOver(world, { page, go }) {
  world.begin('saying who one is, and finding what is for the own group');
  await go('/inbox');
  await page.getByTestId('person').fill('me@example.com');
  await page.getByTestId('groups').fill('managers');
  await page.keyboard.press('Tab');
  await page.getByTestId('scope-groups').click();
  const task = page.getByTestId('task-decide_leave').first();
  await task.waitFor();
  await page.getByTestId('claim-decide_leave').first().click();
  await page.getByTestId('owner').getByText('claimed by you').first().waitFor();
  await world.look(page, 'inbox');
  world.begin('handing it over to somebody else');
  await page.getByTestId('hand-over-decide_leave').first().click();
  await page.getByTestId('hand-over-submit').click();
  await page.getByTestId('hand-over-dialog').getByText('Please say to whom').waitFor();
  await page.getByTestId('hand-over-to').fill('you@example.com');
  await world.look(page, 'hand-over');
  await page.getByTestId('hand-over-submit').click();
  await page.getByTestId('scope-all').click();
  await page.getByText('claimed by you@example.com').first().waitFor();
}

async function comeTooLate(world, { page, go }) {
  world.begin('completing what somebody else completes at the same time');
  const instance = await world.start('page-leave');
  const { tasks: [task] } = await until(() => world.ask(`/user-tasks?instanceId=${instance}`), ({ tasks }) => tasks.length === 1);
  await go(`/inbox/${encodeURIComponent(task.id)}`);
  const dialog = page.getByTestId('task-dialog');
  await dialog.getByTestId('approve').click();
  await dialog.getByTestId('field-days').getByText('Please fill this in').waitFor();
  await dialog.getByTestId('field-days').locator('input').fill('3');
  await dialog.getByTestId('field-paper').locator('input').setInputFiles({ name: 'leave.txt', mimeType: 'text/plain', buffer: Buffer.from('three days') });
  await world.look(page, 'form');
  await world.ask(`/user-tasks/${encodeURIComponent(task.id)}/complete`, { variables: { days: 2, decision: 'approved' }, by: 'you@example.com' });
  await dialog.getByTestId('approve').click();
  await dialog.getByText('It was finished meanwhile').waitFor();
  await dialog.getByLabel('Close').click();
  const { variables } = await world.ask(`/instances/${instance}`);
  assert.equal(variables.days, 2, 'the first one counts');
}

async function onAPhone(world) {
  world.begin('doing a task on a phone, in the dark');
  const instance = await world.start('page-leave');
  const { page, close, go } = await world.open({ viewport: { width: 390, height: 800 }, colorScheme: 'dark', hasTouch: true, isMobile: true });
  await go('/inbox');
  await page.getByTestId('task-decide_leave').first().waitFor();
  assert(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing is wider than the phone');
  await world.look(page, 'phone');
  const { tasks: [task] } = await world.ask(`/user-tasks?instanceId=${instance}`);
  await go(`/inbox/${encodeURIComponent(task.id)}`);
  const dialog = page.getByTestId('task-dialog');
  await dialog.getByTestId('field-days').locator('input').fill('5');
  await world.look(page, 'phone-form');
  await dialog.getByTestId('approve').click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByTestId('scope-done').click();
  await page.getByTestId('task-decide_leave').first().waitFor();
  const { variables } = await until(() => world.ask(`/instances/${instance}`), ({ instance: { state } }) => state === 'completed');
  assert.equal(variables.days, 5);
  await close();
}

export async function until(look, holds) {
  for (let tried = 0; tried < 600; tried += 1) {
    const found = await look();
    if (holds(found)) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('it did not come to this in a minute');
}
