// Signing in with an API key.

import { h } from '../dom.js';
import { signIn } from '../session.js';

/** `trouble` is why a key that was there already did not do. */
export function showLogin(onSignedIn, trouble = '') {
  const input = h('input', { id: 'key', type: 'password', autocomplete: 'current-password', required: true, 'data-testid': 'login-key', 'aria-describedby': 'login-error' });
  const error = h('p', { class: 'form-error', id: 'login-error', role: 'alert', hidden: !trouble, 'data-testid': 'login-error' }, trouble);
  const submit = async (event) => {
    event.preventDefault();
    error.hidden = true;
    try {
      const me = await signIn(input.value.trim());
      if (me) return onSignedIn(me);
      error.textContent = 'This key is not known here.';
    } catch (problem) {
      error.textContent = problem.message;
    }
    error.hidden = false;
    input.select();
  };
  document.body.replaceChildren(h('main', { class: 'login' },
    h('form', { on: { submit } },
      h('img', { src: 'icon.svg', alt: '', width: 56, height: 56 }),
      h('h1', {}, 'Baton'),
      h('p', {}, 'Processes, live.'),
      h('div', { class: 'field' }, h('label', { for: 'key' }, 'API key'), input),
      error,
      h('button', { class: 'button primary', 'data-testid': 'login-submit' }, 'Sign in'),
      h('p', { class: 'note' }, 'The key stays in this tab and is forgotten when it is closed.'))));
  input.focus();
}
