// The steps of the story, each with what must be true after it.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { seen } from './witness.mjs';

const REQUESTER = 'operator@example.com';
const AGENTS_TAKE = 120_000;

export class Story {
  #page;
  #settings;
  #cut;
  #completed = 0;
  #started = Date.now();
  #pictures = 0;
  #problems = [];
  step = 'opening the page';

  /** `cut()` drops the live connection. */
  constructor(page, settings, cut) {
    this.#page = page;
    this.#cut = cut;
    this.#settings = settings;
    page.on('pageerror', (error) => this.#problems.push(`script: ${error.message}`));
    page.on('console', (message) => message.type() === 'error' && this.#problems.push(`console: ${message.text()}`));
  }

  seconds() {
    return Math.round((Date.now() - this.#started) / 100) / 10;
  }

  async signIn() {
    this.#begin('signing in by the link');
    const { url, key, process } = this.#settings;
    await this.#page.goto(`${url}/#key=${encodeURIComponent(key)}`);
    await this.#see(`process-${process}`);
    assert(!this.#page.url().includes(key), 'the key must not stay in the address bar');
    await this.#see('dev-mark');
    await this.#page.locator('[data-testid="connection"][data-state="live"]').waitFor();
    await this.#picture('processes');
  }

  async startWith(log) {
    this.#begin('starting the process with the log file');
    await this.#press(`start-${this.#settings.process}`);
    await this.#test('start-file').setInputFiles(log);
    await this.#test('start-email').fill(REQUESTER);
    await this.#picture('start');
    await this.#press('start-submit');
    await this.#page.waitForURL(/#\/instances\/[0-9a-f-]{36}/);
    await this.#test('diagram').locator('svg .djs-element').first().waitFor();
    await this.#page.locator('.bjs-powered-by').waitFor();
  }

  async seeAgentsWork() {
    this.#begin('watching the agents: pulse, progress, tools');
    await this.#page.locator('[data-testid="tool-pop"]').first().waitFor({ timeout: AGENTS_TAKE });
    await this.#picture('agents');
    await this.#openTask('userTask');
    const passed = await seen(this.#page);
    assert(passed.active.length > 0, 'an element must have been shown as active');
    assert(passed.tools.length > 0, 'a tool must have popped up beside its element');
    assert(passed.progress.length > 0, 'progress must have been shown with its message');
    assert(passed.waiting.length > 0, 'the user task must be shown as waiting');
    console.log(`    active: ${passed.active.join(', ')}`);
    assert(passed.tools.some(({ text }) => text.includes('path')), 'a tool must be shown with what it was given');
    console.log(`    tools: ${passed.tools.map(({ tool }) => tool).join(', ')}`);
    console.log(`    progress: ${passed.progress.slice(0, 6).join(' · ')}`);
    await this.#picture('waiting');
  }

  async loseTheConnection() {
    this.#begin('losing the connection and getting it back');
    await this.#cut();
    await this.#page.locator('[data-testid="connection"][data-state="lost"]').waitFor();
    await this.#page.locator('[data-testid="connection"][data-state="live"]').waitFor();
  }

  async approve() {
    this.#begin('reviewing and approving');
    const before = await this.#taken();
    const task = await this.#openTask('userTask');
    await task.locator('button').click();
    const dialog = this.#test('task-dialog');
    await dialog.waitFor();
    assert((await dialog.getByTestId('sight').locator('table tbody tr').count()) > 0, 'the steps to decide about are a table');
    await fillIn(dialog);
    await this.#picture('form');
    await dialog.getByTestId('approve').click();
    await dialog.waitFor({ state: 'detached' });
    await this.#page.waitForFunction((count) => document.querySelectorAll('.djs-connection.is-taken').length > count, before);
  }

  async doByHand() {
    this.#begin('doing the manual task');
    const task = await this.#openTask('manualTask');
    await this.#picture('manual');
    await task.locator('button').click();
    await this.#press('done');
    await this.#test('task-dialog').waitFor({ state: 'detached' });
  }

  async seeTheEnd() {
    this.#begin('seeing the end: path and check marks');
    await this.#page.locator('[data-testid="instance-state"][data-state="completed"]').waitFor({ timeout: AGENTS_TAKE });
    await this.#page.locator('.element-list li.completed').first().waitFor();
    await this.#assertMarks();
    await this.#picture('completed');
  }

  async readTheConversation() {
    this.#begin('reading the conversation of an agent');
    await this.#page.locator('[data-testid^="agent-"]:visible').first().click();
    const transcript = this.#test('transcript');
    for (const kind of ['model_reply', 'tool_call', 'tool_result']) {
      await transcript.locator(`[data-kind="${kind}"]`).first().waitFor();
    }
    const usage = await this.#test('usage').innerText();
    assert(/Tokens in\s+[1-9]/.test(usage), `tokens must be summed, not: ${usage}`);
    await this.#picture('conversation');
    await this.#page.keyboard.press('Escape');
    await this.#test('agent-drawer').waitFor({ state: 'hidden' });
  }

  async readTheTimeline() {
    this.#begin('reading the timeline');
    await this.#press('tab-timeline');
    const last = this.#test('timeline').locator('li').first();
    await last.waitFor();
    assert.equal(await last.getAttribute('data-type'), 'workflow.completed', 'the newest event is on top');
    await this.#press('tab-elements');
  }

  async comeBackAfterReload() {
    this.#begin('coming back after a reload');
    await this.#page.reload();
    await this.#page.locator('[data-testid="instance-state"][data-state="completed"]').waitFor();
    await this.#assertMarks();
  }

  async readTheMail(logName) {
    this.#begin('reading the mail');
    await this.#press('nav-mail');
    const ours = this.#test('mail-message').filter({ hasText: logName }).filter({ hasText: REQUESTER });
    await ours.first().waitFor();
    assert.equal(await ours.first().locator('[data-testid="mail-body"] *').count(), 0, 'a mail is text, never HTML');
    await this.#picture('mail');
    await this.#press('nav-inbox');
    await this.#test('inbox').waitFor();
  }

  async seeNoProblems() {
    this.#begin('finding no error in the console');
    assert.deepEqual(this.#problems, []);
  }

  /** For whoever must find out why a step failed. */
  async tellWhereItStands() {
    await this.#picture('failed').catch(() => {});
    const texts = await this.#page.locator('main, dialog[open], .toasts').allInnerTexts().catch(() => []);
    console.error(`The page (${this.#page.url()}) says:\n${texts.join('\n---\n').slice(0, 4_000)}`);
    for (const problem of this.#problems) console.error(problem);
  }

  /** The card of an open task of that type, on the instance's page. */
  async #openTask(type) {
    const waiting = this.#page.locator(`.element-list li.waiting[data-type="${type}"]`).first();
    await waiting.waitFor({ timeout: AGENTS_TAKE });
    const element = (await waiting.getAttribute('data-testid')).replace(/^element-/, '');
    const card = this.#test('attention-task').filter({ has: this.#test(`open-task-${element}`) });
    await card.waitFor();
    return card;
  }

  /** Check marks, highlights and list agree; after a reload they are the same as before it. */
  async #assertMarks() {
    const page = this.#page;
    await page.waitForFunction((expected) => {
      const count = (selector) => document.querySelectorAll(selector).length;
      const completed = count('.element-list li.completed');
      const agree = completed === count('[data-testid^="badge-completed-"]') && completed === count('.djs-shape.is-completed:not(.djs-label)');
      return agree && completed > 5 && (!expected || completed === expected);
    }, this.#completed, { timeout: 20_000 }).catch(() => assert.fail('each completed element needs a check and a mark in the picture, the same after a reload'));
    this.#completed = await page.locator('.element-list li.completed').count();
    assert((await page.locator('.element-list li.idle').count()) > 0, 'the paths that were not taken stay unmarked');
    assert((await this.#taken()) > 5, 'the path taken is highlighted');
    assert.equal(await page.locator('.djs-element.is-active, .djs-element.is-waiting').count(), 0, 'nothing is active any more');
  }

  #taken() {
    return this.#page.locator('.djs-connection.is-taken').count();
  }

  #begin(step) {
    this.step = step;
    console.log(`${String(this.seconds()).padStart(6)} s  ${step}`);
  }

  #test(id) {
    return this.#page.getByTestId(id);
  }

  async #see(id) {
    await this.#test(id).first().waitFor();
  }

  async #press(id) {
    await this.#test(id).first().click();
  }

  async #picture(name) {
    if (!this.#settings.pictures) return;
    await mkdir(this.#settings.pictures, { recursive: true });
    this.#pictures += 1;
    const file = `${String(this.#pictures).padStart(2, '0')}-${name}.png`;
    await this.#page.screenshot({ path: join(this.#settings.pictures, file) });
  }
}

/** Something of the right type in every empty field. */
async function fillIn(dialog) {
  for (const field of await dialog.locator('.field').all()) {
    const select = field.locator('select');
    const text = field.locator('input[type="text"], textarea:not(.code)');
    const number = field.locator('input[type="number"]');
    if ((await select.count()) && !(await select.inputValue())) await select.selectOption({ index: 1 });
    if ((await text.count()) && !(await text.inputValue())) await text.fill('Looks right.');
    if ((await number.count()) && !(await number.inputValue())) await number.fill('1');
  }
}
