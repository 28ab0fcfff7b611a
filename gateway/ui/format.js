// Times, durations and sizes as people read them.

const TIME = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const RELATIVE = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto', style: 'short' });
const UNITS = [['day', 86_400], ['hour', 3_600], ['minute', 60]];

export function clock(iso) {
  return iso ? TIME.format(new Date(iso)) : '';
}

export function fullTime(iso) {
  return iso ? FULL.format(new Date(iso)) : '';
}

/** `3 min ago`, `in 2 hr`. */
export function relative(iso) {
  if (!iso) return '';
  const seconds = (new Date(iso) - Date.now()) / 1000;
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? ['second', 1];
  if (unit === 'second' && Math.abs(seconds) < 10) return 'now';
  return RELATIVE.format(Math.round(seconds / size), unit);
}

export function isPast(iso) {
  return Boolean(iso) && new Date(iso) < new Date();
}

/** Seconds as `340 ms`, `4.2 s`, `3 min 5 s`, `2 h 10 min`. */
export function duration(seconds) {
  if (seconds === undefined || seconds === null || Number.isNaN(seconds)) return '';
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
}

export function between(from, to) {
  return duration((new Date(to ?? Date.now()) - new Date(from)) / 1000);
}

export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KiB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

/** A value on one line, cut after `length` characters. */
export function short(value, length = 120) {
  const text = typeof value === 'string' ? value : JSON.stringify(value) ?? '';
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > length ? `${line.slice(0, length - 1)}…` : line;
}

/** A value on one line as people would say it: `path x.log, maxLines 30`. A text that is JSON is taken as what it says. */
export function inWords(value, length = 120) {
  const said = parsed(value);
  if (said === null || typeof said !== 'object') return short(said ?? '', length);
  if (Array.isArray(said)) return short(said, length);
  return short(Object.entries(said).map(([name, item]) => `${name} ${briefly(item)}`).join(', '), length);
}

function briefly(item) {
  if (Array.isArray(item)) return `(${item.length})`;
  return item !== null && typeof item === 'object' ? '{…}' : String(item);
}

/** What a text says when it is a JSON object or list; else the value itself. */
export function parsed(value) {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** The end of an id: the beginnings of ids made at about the same time are the same. */
export function shortId(id) {
  return `…${id.slice(-8)}`;
}

/** The first letter large. */
export function sentence(text = '') {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `userTask` → `User task`. */
export function words(camel = '') {
  const spaced = camel.replace(/[_-]+/g, ' ').replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
  return sentence(spaced);
}
