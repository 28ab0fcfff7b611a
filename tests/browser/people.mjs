// The people of the page: one with tasks, one on call, one who writes processes, each doing what they do on a common day.
//
//   BATON_URL=http://127.0.0.1:8420 BATON_KEY=… node people.mjs
//
// SCREENSHOTS is a folder for pictures. Prints each step; ends with 1 and says what was expected when a step fails.

import { join } from 'node:path';
import { openBrowser } from './browser.mjs';
import { assertAccessible } from './accessible.mjs';
import { build } from './people/author.mjs';
import { seeInTheDark } from './people/dark.mjs';
import { operate } from './people/operator.mjs';
import { work } from './people/worker.mjs';
import { feelSpeed } from './people/speed.mjs';

const { BATON_URL: url, BATON_KEY: key, SCREENSHOTS: pictures } = process.env;
const problems = [];
let step = 'opening the page';
let current;

const world = {
  url,
  begin(next) {
    step = next;
    console.log(`          ${step}`);
  },
  async ask(path, body) {
    const method = body ? 'POST' : 'GET';
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const answer = await fetch(`${url}/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  },
  /** Deploys YAML. */
  deploy: (content) => world.ask('/deployments', { files: [{ name: 'process.yaml', content }] }),
  async start(processId, variables = {}) {
    return (await world.ask('/instances', { processId, variables })).instanceId;
  },
  /** A page in a browser of its own, signed in. */
  async open(options) {
    const { page, close } = await openBrowser(options);
    page.setDefaultTimeout(60_000);
    page.on('pageerror', (error) => problems.push(error.message));
    current = page;
    await page.goto(`${url}/#key=${encodeURIComponent(key)}`);
    await page.getByTestId('processes').waitFor();
    /** To another view; what was shown before is gone then. */
    const go = async (path) => {
      await page.goto(`${url}/#${path}`);
      await page.locator(`main[data-shown="#${path}"]:not([aria-busy])`).waitFor();
    };
    return { page, close, go };
  },
  /** A picture of what is shown, which must be accessible. */
  async look(page, name) {
    if (pictures) await page.screenshot({ path: join(pictures, `people-${name}.png`) });
    await assertAccessible(page, name);
  },
};

try {
  for (const [who, lives] of [['works', work], ['operates', operate], ['builds', build], ['sits in the dark', seeInTheDark], ['feels the speed', feelSpeed]]) {
    console.log(`Somebody ${who}.`);
    await lives(world);
  }
  if (problems.length) throw new Error(`scripts have failed: ${problems.join('; ')}`);
  console.log('Everybody has done what they came for.');
} catch (error) {
  console.error(`\nFAILED at “${step}”: ${error.message}`);
  if (pictures) await current?.screenshot({ path: join(pictures, 'people-failed.png') }).catch(() => {});
  console.error(await current?.locator('main, dialog[open], .toasts').allInnerTexts().catch(() => []));
  process.exitCode = 1;
} finally {
  process.exit();
}
