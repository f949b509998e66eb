// The other services that one may sign in with.

import { el } from '../base/dom.js';
import { t } from '../words/index.js';
import { goalOf } from './links.js';

/** @import {Config} from '../base/types.js' */

/** @param {Config} config @param {string} id */
export function providerName({ providerNames }, id) {
  return providerNames[id] ?? id;
}

/** @param {string} id of one @param {Record<string, string>} query */
export function providerPath(id, query) {
  return `/api/oauth/${encodeURIComponent(id)}?${new URLSearchParams(query)}`;
}

/** A button for each of them, below a password. @param {Config} config */
export function providerLinks(config) {
  if (config.providers.length === 0) return [];
  const next = goalOf(location.pathname);
  return [
    el('p', { class: 'or' }, t('account.or')),
    el('div', { class: 'providers' }, ...config.providers.map((id) => el('a', {
      // With a target, it isn't taken for an address of the page.
      class: 'button', href: providerPath(id, { next }), target: '_self',
    }, t('account.continueWith', { name: providerName(config, id) })))),
  ];
}
