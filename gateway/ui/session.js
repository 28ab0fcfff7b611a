// Who is signed in: the API key, from the address (`#key=…`) or the form, kept until the tab is closed.

import { api } from './api.js';

const KEY = 'baton.key';
const PERSON = 'baton.person';
const GROUPS = 'baton.groups';
const signedOut = [];
const personChanged = [];

export function key() {
  return sessionStorage.getItem(KEY) ?? '';
}

/**
 * Takes the key out of `#key=<key>` or `#key=<key>/<route>`, so that it stands neither in the address bar nor in the
 * history. True when there was one.
 */
export function takeKeyFromAddress() {
  const found = /^#\/?key=([^/&]+)&?(\/.*)?$/.exec(location.hash);
  if (!found) return false;
  sessionStorage.setItem(KEY, decodeURIComponent(found[1]));
  history.replaceState(null, '', `${location.pathname}${location.search}#${found[2] ?? '/processes'}`);
  return true;
}

/** Tenant, role and whether this is a development server; null without a key that is let in. */
export async function signIn(newKey = key()) {
  if (!newKey) return null;
  sessionStorage.setItem(KEY, newKey);
  try {
    return await api.me();
  } catch (problem) {
    if (problem.status === 401) sessionStorage.removeItem(KEY);
    if (problem.status !== 401) throw problem;
    return null;
  }
}

export function signOut() {
  sessionStorage.removeItem(KEY);
  for (const told of signedOut) told();
}

export function onSignedOut(told) {
  signedOut.push(told);
}

/** The person in front of the page, as tasks name people (an API key stands for many). Empty: nobody in particular. */
export function person() {
  return localStorage.getItem(PERSON) ?? '';
}

export function setPerson(name) {
  localStorage.setItem(PERSON, name.trim());
  for (const told of personChanged) told();
}

/** The groups of that person, separated by commas. */
export function groups() {
  return localStorage.getItem(GROUPS) ?? '';
}

export function setGroups(names) {
  localStorage.setItem(GROUPS, names.trim());
  for (const told of personChanged) told();
}

export function onPersonChanged(told) {
  personChanged.push(told);
}
