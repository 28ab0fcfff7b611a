// Light, dark, or as the system says; the choice is remembered.

const KEY = 'baton.theme';
const ORDER = ['auto', 'light', 'dark'];
const NAMES = { auto: 'Colours: as the system', light: 'Colours: light', dark: 'Colours: dark' };

export function theme() {
  const stored = localStorage.getItem(KEY);
  return ORDER.includes(stored) ? stored : 'auto';
}

export function themeName() {
  return NAMES[theme()];
}

export function applyTheme() {
  const chosen = theme();
  if (chosen === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
}

export function nextTheme() {
  localStorage.setItem(KEY, ORDER[(ORDER.indexOf(theme()) + 1) % ORDER.length]);
  applyTheme();
}
