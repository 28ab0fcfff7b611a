// The log-analysis story as a person lives it, in headless Chromium against a running Baton; then the corners of the page.
//
//   BATON_URL=http://127.0.0.1:8420 BATON_KEY=… LOG_FILE=… node story.mjs
//
// SCREENSHOTS is a folder for pictures; BATON_CHROMIUM the browser (/usr/bin/chromium); BATON_PROCESS the process
// (log-analysis). Prints each step; ends with 1 and says what was expected when a step fails.

import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { openBrowser } from './browser.mjs';
import { cuttable } from './connection.mjs';
import { Corners } from './corners.mjs';
import { Story } from './steps.mjs';
import { watchWhatPasses } from './witness.mjs';

const settings = {
  url: need('BATON_URL').replace(/\/$/, ''),
  key: need('BATON_KEY'),
  log: need('LOG_FILE'),
  process: process.env.BATON_PROCESS ?? 'log-analysis',
  pictures: process.env.SCREENSHOTS,
};

function need(name) {
  const value = process.env[name];
  if (value) return value;
  console.error(`Set ${name}; the head of story.mjs says what to.`);
  process.exit(2);
}

/** In a browser of their own: they make the browser complain of refused requests. */
async function seeCorners() {
  const other = await openBrowser();
  other.page.setDefaultTimeout(30_000);
  const corners = new Corners(other.page, settings);
  try {
    await corners.all();
  } catch (error) {
    throw new Error(`${corners.step}: ${error.message}`);
  } finally {
    await other.close();
  }
}

const { page, close } = await openBrowser();
await watchWhatPasses(page);
const story = new Story(page, settings, await cuttable(page));
try {
  await readFile(settings.log);
  await story.signIn();
  await story.startWith(settings.log);
  await story.seeAgentsWork();
  await story.loseTheConnection();
  await story.approve();
  await story.doByHand();
  await story.seeTheEnd();
  await story.readTheConversation();
  await story.readTheTimeline();
  await story.comeBackAfterReload();
  await story.readTheMail(basename(settings.log));
  await story.seeNoProblems();
  console.log(`The story was carried through in ${story.seconds()} s.`);
  await seeCorners();
} catch (error) {
  console.error(`\nFAILED at “${story.step}”: ${error.message}`);
  await story.tellWhereItStands();
  process.exitCode = 1;
} finally {
  await close();
}
