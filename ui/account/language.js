// The language of the page: that of the browser, or one that somebody has chosen.

import { forget, keep, kept } from '../base/storage.js';
import { CHOSEN, t } from '../words/index.js';
import { LANGUAGES } from '../words/others.js';

/** The pages without scripts speak it, too. */
const COOKIE = 'tincan-language';
const YEAR_S = 31_536_000;

/** Each as it calls itself. @returns {[string, string][]} */
export function languages() {
  return [['', t('account.browserLanguage')], ...LANGUAGES.map((tag) => /** @type {[string, string]} */ ([tag, ownNameOf(tag)]))];
}

/** The tag of the one that was chosen, or ''. @returns {string} */
export function chosenLanguage() {
  return kept(CHOSEN) ?? '';
}

/** What is on the screen is in the other one, so the page begins anew. @param {string} tag or '' */
export function chooseLanguage(tag) {
  if (tag) keep(CHOSEN, tag);
  else forget(CHOSEN);
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API needs https.
  document.cookie = `${COOKIE}=${tag}; Path=/; SameSite=Lax; Max-Age=${tag ? YEAR_S : 0}`;
  location.reload();
}

/** @param {string} tag */
function ownNameOf(tag) {
  const name = new Intl.DisplayNames([tag], { type: 'language' }).of(tag) ?? tag;
  const [first = '', ...rest] = name;
  return first.toLocaleUpperCase(tag) + rest.join('');
}
