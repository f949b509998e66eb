// Links that let somebody in, and where they lead. What is secret in one stands behind its #, which no server sees.

import { t } from '../words/index.js';

const PREFIX = 'link:';
/** Addresses that only lead in: whoever is in has nothing to do there. */
const DOORS = ['/sign-in', '/setup', '/invite', '/reset', '/join'];
/** What went wrong on the way to another service and back, by the code in the address. @returns {Record<string, string>} */
const problems = () => ({
  oauth_denied: t('account.providerDenied'),
  oauth_failed: t('account.providerFailed'),
  oauth_expired: t('account.providerExpired'),
  disabled: t('account.providerDisabled'),
  signup_closed: t('account.providerClosed'),
  identity_taken: t('account.providerTaken'),
  not_proven: t('account.providerNotYou'),
});

/** @typedef {'setup' | 'invite' | 'reset'} LinkName */

/** @param {string} path */
export function isDoor(path) {
  return DOORS.includes(path);
}

/** Where somebody who was on the way to `path` is to be once they are in. @param {string} path */
export function goalOf(path) {
  return isDoor(path) ? '/' : path;
}

/** What to tell a person about what went wrong, if anything did. @param {string} query as in `?problem=disabled` */
export function problemIn(query) {
  const code = new URLSearchParams(query).get('problem');
  const known = problems();
  return code && (Object.hasOwn(known, code) ? known[code] : t('account.providerProblem'));
}

/** What is secret in a link, or in what somebody has copied of it. @param {string} text */
export function tokenIn(text) {
  return text.trim().split('#').at(-1) ?? '';
}

/**
 * Takes what is secret out of the address, where it would stay in the history, and keeps it for as long as the tab
 * lives, so that the page can be loaded again.
 * @param {LinkName} name
 */
export function takeToken(name) {
  const token = tokenIn(location.hash);
  if (token && keepToken(name, token)) history.replaceState(history.state, '', location.pathname);
  return token || keptToken(name);
}

/** @param {LinkName} name @returns {string} or '' */
export function keptToken(name) {
  return attempt(() => sessionStorage.getItem(PREFIX + name)) ?? '';
}

/** @param {LinkName} name */
export function forgetToken(name) {
  attempt(() => sessionStorage.removeItem(PREFIX + name));
}

/** Whether that is possible. @param {LinkName} name @param {string} token */
function keepToken(name, token) {
  return attempt(() => {
    sessionStorage.setItem(PREFIX + name, token);
    return true;
  }) ?? false;
}

/** Browsers may refuse to keep anything. @template T @param {() => T} action */
function attempt(action) {
  try {
    return action();
  } catch {
    return null;
  }
}
