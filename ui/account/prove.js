// Proving again who one is, before something that lasts: a dialog above whatever asks for it, which goes on afterwards.

import { attempt } from '../base/attempt.js';
import { actions, show, withTitle } from '../base/dialog.js';
import { el } from '../base/dom.js';
import { codeField, form, ownerOf, passwordField, withCode } from '../base/fields.js';
import { t } from '../words/index.js';
import { obstacle, usePasskey } from './passkeys.js';
import { providerName, providerPath } from './providers.js';

/** @import {Api} from '../base/api.js' */
/** @import {Config} from '../base/types.js' */

/** @typedef {{freshUntil: string | null, password: boolean, code: boolean, passkey: boolean, providers: string[]}} State */

/** Where a provider sends one back to, in a tab of its own. */
const DONE = '/plain/proof/done';

/** What is being asked already, so that it is asked once. @type {Promise<boolean> | undefined} */
let asking;

/** Whether somebody has. @param {Api} api */
export function prove(api) {
  asking ??= ask(api).finally(() => {
    asking = undefined;
  });
  return asking;
}

/** Whether that is so already, or has been done now. @param {Api} api */
export async function isProven(api) {
  const { freshUntil } = await api.get('/api/proof');
  return Boolean(freshUntil) || prove(api);
}

/** @param {Api} api @returns {Promise<boolean>} */
async function ask(api) {
  /** @type {[State, Config]} */
  const [state, config] = await Promise.all([api.get('/api/proof'), api.config()]);
  const { promise, resolve } = Promise.withResolvers();
  if (state.freshUntil) return true;
  const done = (/** @type {boolean} */ isProven) => {
    resolve(isProven);
    dialog.close();
  };
  const dialog = show(withTitle(t('account.prove'),
    el('p', { class: 'muted' }, t('account.proveHelp')),
    ...(state.password || state.code ? [secretForm(api, state, config, () => done(true))] : []),
    ...(state.passkey && !obstacle(config) ? [passkey(api, () => done(true))] : []),
    ...(state.providers.length > 0 ? [providers(state, config)] : [])));
  const life = new AbortController();
  dialog.addEventListener('close', () => {
    life.abort();
    resolve(false);
  });
  // Whoever comes back from a provider has done it there.
  const look = async () => {
    const { freshUntil } = await api.get('/api/proof').catch(() => ({}));
    if (freshUntil) done(true);
  };
  if (state.providers.length > 0) addEventListener('focus', look, { signal: life.signal });
  /** @type {HTMLElement | null} */ (dialog.querySelector('input:not([hidden]), .actions .button, a.button'))?.focus();
  return promise;
}

/** @param {Api} api @param {State} state @param {Config} config @param {() => void} done */
function secretForm(api, state, { authUser }, done) {
  const password = passwordField('password', t('account.password'), 'current-password');
  const code = codeField();
  const parts = [ownerOf(authUser?.username ?? ''), ...(state.password ? [password] : []), ...(state.code ? [code] : [])];
  return form(parts, t('account.confirm'), async () => {
    await withCode(api.post('/api/proof', {
      ...(state.password && { password: password.value }), ...(state.code && { code: code.value }),
    }));
    done();
  }, { 403: password });
}

/** @param {Api} api @param {() => void} done */
function passkey(api, done) {
  const problem = el('p', { class: 'problem', role: 'alert' });
  const click = () => attempt(problem, async () => {
    await api.post('/api/proof', { passkey: await usePasskey(await api.post('/api/proof/passkey/options')) });
    done();
  });
  return el('div', {}, problem,
    actions(el('button', { class: 'button', type: 'button', click }, t('account.confirmWithPasskey'))));
}

/** @param {State} state @param {Config} config */
function providers(state, config) {
  return el('div', { class: 'providers' }, ...state.providers.map((id) => el('a', {
    class: 'button', href: providerPath(id, { prove: '1', next: DONE }), target: '_blank',
  }, t('account.confirmWith', { name: providerName(config, id) }))));
}
