// Panels behind tabs, with the keyboard's arrows as people expect of tabs.

import { h } from '../dom.js';

/** `panels`: pairs of a name and a node. `onOpen(name)` is told which one is shown. */
export function makeTabs(panels, { onOpen } = {}) {
  const tabs = panels.map(([name], index) => h('button', { type: 'button', role: 'tab', id: `tab-${index}`, 'aria-controls': `panel-${index}`, 'data-testid': `tab-${name.toLowerCase().replace(/\W+/g, '-')}` }, name));
  const places = panels.map(([, node], index) => h('div', { role: 'tabpanel', id: `panel-${index}`, 'aria-labelledby': `tab-${index}` }, node));
  const open = (chosen, focus) => {
    tabs.forEach((tab, index) => {
      tab.setAttribute('aria-selected', String(index === chosen));
      tab.tabIndex = index === chosen ? 0 : -1;
      places[index].hidden = index !== chosen;
    });
    if (focus) tabs[chosen].focus();
    onOpen?.(panels[chosen][0]);
  };
  const moves = { ArrowRight: 1, ArrowLeft: -1 };
  tabs.forEach((tab, index) => {
    tab.addEventListener('click', () => open(index));
    tab.addEventListener('keydown', ({ key }) => key in moves && open((index + moves[key] + tabs.length) % tabs.length, true));
  });
  open(0);
  return h('section', { class: 'tabs' }, h('div', { role: 'tablist' }, tabs), places);
}
