// A headless Chromium with one page. Nothing is animated in it, so that pictures show what is there.

import { chromium } from 'playwright-core';

/** Without these, Chromium talks to hosts that a test has no business with. */
const QUIET = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export async function openBrowser(options = {}) {
  const isRoot = process.getuid?.() === 0;
  const browser = await chromium.launch({
    executablePath: process.env.BATON_CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    args: isRoot ? ['--no-sandbox', ...QUIET] : QUIET,
  });
  const page = await browser.newPage({ viewport: { width: 1440, height: 1000 }, reducedMotion: 'reduce', ...options });
  page.setDefaultTimeout(60_000);
  return { page, close: () => browser.close() };
}
