// What people are asked, and how they answer: an agent's call, an agent's question, and the links in a mail.
//
//   BATON_URL=http://127.0.0.1:8420 BATON_KEY=… node approvals.mjs
//
// The processes `asking`, `impatient` and `by-mail` are deployed (tests/end_to_end/approvals.rs). Prints each step; ends with 1
// and says what was expected when a step fails.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { openBrowser } from './browser.mjs';

const { BATON_URL: url, BATON_KEY: key, SCREENSHOTS: pictures } = process.env;
let step = 'opening the page';

function begin(next) {
  step = next;
  console.log(`          ${step}`);
}

async function ask(path, body) {
  const method = body ? 'POST' : 'GET';
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const answer = await fetch(`${url}/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
  assert(answer.ok, `${method} ${path}: ${answer.status}`);
  return answer.json();
}

async function start(processId, variables = {}) {
  const { instanceId } = await ask('/instances', { processId, variables });
  return instanceId;
}

async function until(what, look) {
  for (let waited = 0; waited < 300; waited += 1) {
    const found = await look();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`it did not come to this in a minute: ${what}`);
}

const ended = (instance) => until('the instance ends', async () => {
  const found = await ask(`/instances/${instance}`);
  return found.instance.state === 'completed' && found.variables;
});

class People {
  #page;

  constructor(page) {
    this.#page = page;
  }

  async all() {
    begin('signing in');
    await this.#page.goto(`${url}/#key=${encodeURIComponent(key)}`);
    await this.#test('processes').waitFor();
    await this.#approve();
    await this.#change();
    await this.#reject();
    await this.#answer();
    await this.#stop();
    await this.#comeTooLate();
  }

  async #approve() {
    begin('approving a call as it is');
    const instance = await start('asking', { errand: 'write-approved' });
    const dialog = await this.#open(instance);
    const told = await dialog.innerText();
    for (const part of ['May the agent call filesystem-write?', 'The agent waits for this decision', 'as the agent wants']) {
      assert(told.includes(part) || (await this.#arguments(dialog)).includes(part), `“${part}” must be told, not only: ${told}`);
    }
    await this.#picture('approval');
    await dialog.getByTestId('approve').click();
    await dialog.waitFor({ state: 'detached' });
    await this.#nobodyIsAsked();
    await this.#page.locator('[data-testid="instance-state"][data-state="completed"]').waitFor();
    const { report } = await ended(instance);
    assert(!/reject|not made/.test(report.summary), report.summary);
  }

  async #change() {
    begin('changing the arguments of a call');
    const instance = await start('asking', { errand: 'write-changed' });
    const dialog = await this.#open(instance);
    const field = dialog.getByTestId('field-arguments');
    await field.locator('textarea').fill('{"path": ');
    await dialog.getByTestId('approve').click();
    await field.getByText('This is not JSON').waitFor();
    await field.locator('textarea').fill('{"path": "changed.txt", "content": "as a person wants"}');
    await dialog.getByTestId('approve').click();
    await dialog.waitFor({ state: 'detached' });
    await this.#nobodyIsAsked();
    await ended(instance);
    const { elements } = await ask('/processes/asking');
    assert(elements.some(({ id }) => id === 'errand'));
    await this.#page.locator('[data-testid="instance-state"][data-state="completed"]').waitFor();
    await this.#page.getByTestId('agent-errand').first().click();
    await this.#test('transcript').getByText('as a person wants').first().waitFor();
    await this.#page.keyboard.press('Escape');
  }

  async #reject() {
    begin('rejecting a call, with a reason');
    const instance = await start('asking', { errand: 'write-rejected' });
    const dialog = await this.#open(instance);
    await dialog.getByTestId('field-comments').locator('textarea').fill('not on a Friday');
    await dialog.getByTestId('reject').click();
    await dialog.waitFor({ state: 'detached' });
    await this.#nobodyIsAsked();
    const { report } = await ended(instance);
    assert(report.summary.includes('rejected') && report.summary.includes('not on a Friday'), report.summary);
  }

  async #answer() {
    begin('answering a question, from the inbox');
    const instance = await start('asking', { errand: 'ask' });
    await this.#page.goto(`${url}/#/inbox`);
    await this.#test('open-errand').first().click();
    const dialog = this.#test('task-dialog');
    await dialog.getByText('Which colour?').first().waitFor();
    await dialog.getByTestId('complete').click();
    await dialog.getByTestId('field-answer').getByText('Please fill this in.').waitFor();
    await dialog.getByTestId('field-answer').locator('select').selectOption('blue');
    await this.#picture('question');
    await dialog.getByTestId('complete').click();
    await dialog.waitFor({ state: 'detached' });
    await this.#test('open-errand').waitFor({ state: 'detached' });
    const { report } = await ended(instance);
    assert(report.summary.includes('blue'), report.summary);
  }

  async #stop() {
    begin('stopping an agent that waits');
    const instance = await start('asking', { errand: 'write-stopped' });
    await this.#page.goto(`${url}/#/instances/${instance}`);
    await this.#test('open-task-errand').waitFor();
    await this.#test('agent-errand').first().click();
    await this.#test('agent-stop').click();
    await this.#test('agent-stop-submit').click();
    await this.#page.locator('[data-testid="element-errand"][data-state="cancelled"]').waitFor();
    await this.#test('agent-stop').waitFor({ state: 'hidden' });
    await this.#page.keyboard.press('Escape');
    await this.#nobodyIsAsked();
  }

  async #comeTooLate() {
    begin('coming too late');
    const instance = await start('impatient', { errand: 'write-late' });
    const dialog = await this.#open(instance);
    const { report } = await ended(instance);
    assert(report.summary.includes('nobody has approved'), report.summary);
    await dialog.getByTestId('approve').click();
    await dialog.locator('[role="alert"]:visible').first().waitFor();
    await this.#picture('too-late');
    await dialog.getByLabel('Close').click();
    await this.#nobodyIsAsked();
  }

  async #open(instance) {
    await this.#page.goto(`${url}/#/instances/${instance}`);
    await this.#test('open-task-errand').click();
    const dialog = this.#test('task-dialog');
    await dialog.waitFor();
    return dialog;
  }

  /** What is over waits for nobody: its card has gone from the page, so the next step cannot open it. */
  async #nobodyIsAsked() {
    await this.#test('attention-task').waitFor({ state: 'detached' });
  }

  async #arguments(dialog) {
    return dialog.getByTestId('field-arguments').locator('textarea').inputValue();
  }

  #test(id) {
    return this.#page.getByTestId(id);
  }

  #picture(name) {
    return picture(this.#page, name);
  }
}

async function picture(page, name) {
  if (pictures) await page.screenshot({ path: join(pictures, `asked-${name}.png`) });
}

/** In a browser that has never signed in. */
async function answerByMail(page) {
  begin('answering by the link in a mail');
  const instance = await start('by-mail');
  const bodies = await until('both mails are there', async () => {
    const { messages } = await ask('/mail');
    const ours = messages.filter(({ subject }) => subject === 'Please decide');
    return ours.length === 2 && ours.map(({ body }) => body);
  });
  const links = bodies.map((body) => body.match(/https?:\/\/\S+\/approval\/\S+/g));
  assert(links.every((pair) => pair.length === 2), JSON.stringify(bodies));
  await until('the task is open', async () => (await ask(`/user-tasks?instanceId=${instance}&state=open`)).tasks.length === 1);
  const said = async (link) => {
    await page.goto(link);
    return page.locator('body').innerText();
  };
  const old = [];
  const good = [];
  for (const [yes, no] of links) ((await said(yes)).includes('Expired') ? old : good).push([yes, no]);
  assert.deepEqual([old.length, good.length], [1, 1], 'one mail has expired, the other has not');
  const [[yes, no]] = good;
  assert((await said(`${yes.slice(0, -2)}AA`)).includes('Not a valid link'));

  const asked = await said(yes);
  assert(asked.includes('Decide <now>') && asked.includes('yes'), `values are text: ${asked}`);
  assert.equal(await page.locator('script').count(), 0);
  await picture(page, 'link');
  const still = await ask(`/instances/${instance}`);
  assert.equal(still.instance.state, 'active', 'looking changes nothing');
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByText('Thank you').waitFor();
  assert.equal((await ended(instance)).approved, true);
  for (const link of [yes, no]) assert((await said(link)).includes('Already answered'));
}

const { page, close } = await openBrowser();
page.setDefaultTimeout(30_000);
const problems = [];
page.on('pageerror', (error) => problems.push(error.message));
try {
  await new People(page).all();
  const stranger = await openBrowser();
  stranger.page.setDefaultTimeout(30_000);
  await answerByMail(stranger.page).finally(() => stranger.close());
  assert.deepEqual(problems, [], 'no script may fail');
  console.log('Everybody has been asked and has answered.');
} catch (error) {
  console.error(`\nFAILED at “${step}”: ${error.message}`);
  await picture(page, 'failed').catch(() => {});
  console.error(await page.locator('main, dialog[open], .toasts').allInnerTexts().catch(() => []));
  process.exitCode = 1;
} finally {
  await close();
}
