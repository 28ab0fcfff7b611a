// The log-analysis story as a person lives it, in headless Chromium against a running Baton.
//
//   BATON_URL=http://127.0.0.1:8420 BATON_KEY=… LOG_FILE=… node story.mjs
//
// SCREENSHOTS is a folder for pictures; BATON_CHROMIUM the browser (/usr/bin/chromium); BATON_PROCESS the process
// (log-analysis). Prints each step; ends with 1 and says what was expected when a step fails.

import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { openBrowser } from './browser.mjs';
import { cuttable } from './connection.mjs';
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
} catch (error) {
  console.error(`\nFAILED at “${story.step}”: ${error.message}`);
  await story.tellWhereItStands();
  process.exitCode = 1;
} finally {
  await close();
}
