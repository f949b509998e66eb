// Offering to sign in with a passkey: by a button, and where the browser fills in names.

import { ApiError, reasonOf } from '../base/api.js';
import { el } from '../base/dom.js';
import { t } from '../words/index.js';
import { obstacle } from './passkeys.js';

/** @import {Config} from '../base/types.js' */
/** @import {Entry, Welcome} from './entry.js' */

/** A challenge is good for five minutes, and somebody may need one of them. */
const FRESH_MS = 4 * 60_000;

/**
 * @param {Entry} entry @param {Config} config @param {(welcome: Welcome) => void} enter
 * @param {{username?: HTMLInputElement, signal?: AbortSignal}} [options] the field at which the browser may offer it, until the signal
 */
export function passkeyOffer(entry, config, enter, { username, signal } = {}) {
  if (obstacle(config)) return [];
  const problem = el('p', { class: 'problem', role: 'alert' });
  let offered = new AbortController();
  const offer = () => {
    if (!(username && signal)) return;
    offered = new AbortController();
    username.setAttribute('autocomplete', 'username webauthn');
    fillIn(entry, enter, AbortSignal.any([signal, offered.signal]), (error) => problem.replaceChildren(reasonOf(error)));
  };
  const click = async () => {
    problem.textContent = '';
    // A browser asks one thing at a time.
    offered.abort();
    button.setAttribute('aria-busy', 'true');
    try {
      enter(await entry.withPasskey());
    } catch (error) {
      problem.textContent = reasonOf(error);
      // Whoever has cancelled may want another one. What is refused now, is refused there too.
      if (error instanceof ApiError && error.status === 0) offer();
    } finally {
      button.removeAttribute('aria-busy');
    }
  };
  const button = el('button', { class: 'button', type: 'button', click }, t('account.signInWithPasskey'));
  offer();
  return [el('div', { class: 'providers' }, button, problem)];
}

/**
 * Waits until somebody chooses a passkey beside the names that the browser fills in.
 * @param {Entry} entry @param {(welcome: Welcome) => void} enter @param {AbortSignal} signal @param {(error: unknown) => void} complain
 */
async function fillIn(entry, enter, signal, complain) {
  if (!await PublicKeyCredential.isConditionalMediationAvailable?.()) return;
  for (;;) {
    const stale = AbortSignal.timeout(FRESH_MS);
    try {
      enter(await entry.withPasskey('conditional', AbortSignal.any([signal, stale])));
      return;
    } catch (error) {
      if (stale.aborted) continue;
      // Whoever has chosen one is told. Otherwise nobody has asked for anything. There is the button.
      if (error instanceof ApiError && error.status > 0 && !signal.aborted) complain(error);
      return;
    }
  }
}
