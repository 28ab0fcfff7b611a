// Where things go wrong, as a person meets them: a wrong key, a file that is refused, an element that fails and is helped.

import assert from 'node:assert/strict';

/** Its condition asks for a variable that an instance started without it does not have. */
const WAITS_FOR_A_LEVEL = `
process:
  id: page-corners
  name: Corners of the page
  elements:
    - {id: begin, type: startEvent, x: 100, y: 160}
    - {id: choose, type: exclusiveGateway, name: High enough?, x: 260, y: 160}
    - {id: reached, type: endEvent, name: Reached, x: 420, y: 160}
  connections:
    - {id: to_choose, from: begin, to: choose}
    - {id: to_end, from: choose, to: reached, properties: {condition: "\${level > 3}"}}
`;

const BROKEN = WAITS_FOR_A_LEVEL.replace('exclusiveGateway', 'exclusivGateway');

export class Corners {
  #page;
  #settings;
  #problems = [];
  step = 'opening the page';

  constructor(page, settings) {
    this.#page = page;
    this.#settings = settings;
    page.on('pageerror', (error) => this.#problems.push(error.message));
  }

  async all() {
    await this.#refuseAWrongKey();
    await this.#showWhatIsWrongWithAFile();
    await this.#deploy();
    await this.#helpAnIncident();
    assert.deepEqual(this.#problems, [], 'no script may fail');
  }

  async #refuseAWrongKey() {
    this.#begin('signing in with a wrong key, then with the right one');
    await this.#page.goto(`${this.#settings.url}/#key=wrong`);
    await this.#test('login-error').getByText('of this link').waitFor();
    await this.#test('login-key').fill('still-wrong');
    await this.#page.keyboard.press('Enter');
    await this.#test('login-error').getByText('This key').waitFor();
    await this.#test('login-key').fill(this.#settings.key);
    await this.#page.keyboard.press('Enter');
    await this.#test('processes').waitFor();
  }

  async #showWhatIsWrongWithAFile() {
    this.#begin('deploying a broken file');
    await this.#choose(BROKEN);
    const problem = this.#test('diagnostics').locator('li.error').first();
    await problem.waitFor();
    const told = await problem.innerText();
    for (const expected of ['exclusivGateway', 'corners.yaml, line 7', '^', 'exclusiveGateway']) {
      assert(told.includes(expected), `“${expected}” must be told of a broken file, not only: ${told}`);
    }
    assert.equal(await this.#test('process-page-corners').count(), 0, 'a refused file deploys nothing');
  }

  async #deploy() {
    this.#begin('deploying it mended');
    await this.#choose(WAITS_FOR_A_LEVEL);
    await this.#test('process-page-corners').waitFor();
    await this.#page.locator('.diagnostics').waitFor({ state: 'detached' });
  }

  async #helpAnIncident() {
    this.#begin('meeting an incident and resolving it with a variable');
    await this.#test('start-page-corners').click();
    await this.#test('start-variables').fill('{"level": ');
    await this.#test('start-submit').click();
    await this.#test('start-dialog').getByText('not JSON').waitFor();
    await this.#test('start-variables').fill('');
    await this.#test('start-submit').click();
    await this.#test('resolve-choose').click();
    await this.#test('incident-variables').fill('{"level": 4}');
    await this.#test('incident-retry').click();
    await this.#page.locator('[data-testid="instance-state"][data-state="completed"]').waitFor();
    assert.equal(await this.#test('attention-incident').count(), 0, 'what is resolved is not shown any more');
    await this.#test('tab-variables').click();
    assert.equal(await this.#test('variable-level').locator('dd').innerText(), '4');
  }

  async #choose(content) {
    await this.#test('deploy-files').setInputFiles({ name: 'corners.yaml', mimeType: 'application/yaml', buffer: Buffer.from(content) });
  }

  #test(id) {
    return this.#page.getByTestId(id);
  }

  #begin(step) {
    this.step = step;
    console.log(`          ${step}`);
  }
}
