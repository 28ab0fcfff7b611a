// An instance whose task waits for a worker, as a person watches it: what the worker says while it works, and what it leaves behind.
//
//   BATON_URL=http://127.0.0.1:8420 BATON_KEY=… INSTANCE=… LINE=… GREETING=… node worker.mjs
//
// Prints `watching` when the page is there: now the worker may begin.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { openBrowser } from './browser.mjs';

const { BATON_URL: url, BATON_KEY: key, INSTANCE: instance, LINE: line, GREETING: greeting, SCREENSHOTS: pictures } = process.env;

const { page, close } = await openBrowser();
try {
  await page.goto(`${url}/#key=${encodeURIComponent(key)}`);
  await page.getByTestId('processes').waitFor();
  await page.goto(`${url}/#/instances/${instance}`);
  await page.locator('[data-testid="connection"][data-state="live"]').waitFor();
  await page.locator('.element-list li.active').first().waitFor();
  await page.getByTestId('tab-timeline').click();
  await page.getByTestId('timeline').waitFor();
  console.log('watching');
  await page.locator('[data-testid="instance-state"][data-state="completed"]').waitFor();
  const told = page.getByTestId('timeline').locator('li[data-type="task.log"]');
  await told.filter({ hasText: line }).waitFor();
  if (pictures) await page.screenshot({ path: join(pictures, 'worker.png') });
  await page.getByTestId('tab-variables').click();
  assert((await page.getByTestId('variable-greeting').innerText()).includes(greeting));
} catch (error) {
  console.error(`FAILED: ${error.message}`);
  console.error(await page.locator('main').allInnerTexts().catch(() => []));
  process.exitCode = 1;
} finally {
  await close();
}
