// Remembers what comes and goes on the page faster than a test can look: pop-ups, progress, pulsing elements.

/** From the next document on; `seen(page)` tells what was there. */
export async function watchWhatPasses(page) {
  await page.addInitScript(() => {
    const seen = { active: new Set(), waiting: new Set(), tools: new Map(), progress: new Set(), evaluating: new Set() };
    const look = () => {
      for (const shape of document.querySelectorAll('.djs-element.is-active')) seen.active.add(shape.dataset.elementId);
      for (const shape of document.querySelectorAll('.djs-element.is-waiting')) seen.waiting.add(shape.dataset.elementId);
      for (const pop of document.querySelectorAll('[data-testid="tool-pop"]')) seen.tools.set(`${pop.dataset.element}: ${pop.dataset.tool}`, pop.textContent);
      for (const bar of document.querySelectorAll('[data-testid^="progress-"]')) seen.progress.add(bar.textContent);
      for (const list of document.querySelectorAll('[data-testid^="evaluating-"]')) seen.evaluating.add(list.dataset.testid);
    };
    new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['class'] });
    window.seenByTheTest = () => ({
      active: [...seen.active],
      waiting: [...seen.waiting],
      tools: [...seen.tools].map(([tool, text]) => ({ tool, text })),
      progress: [...seen.progress].filter(Boolean),
      evaluating: [...seen.evaluating],
    });
  });
}

export function seen(page) {
  return page.evaluate(() => window.seenByTheTest());
}
