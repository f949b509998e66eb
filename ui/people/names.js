// What people are called where they stand in a list, and several of them in a sentence.

import { el, nameOf } from '../base/dom.js';
import { titleOf } from '../base/format.js';
import { locale, t } from '../words/index.js';

/** @import {User} from '../base/types.js' */

/** So many are named. */
const NAMED = 3;

/** Somebody’s name, and the username where that is another. @param {User} user */
export function namesOf(user) {
  return [nameOf(titleOf(user)), ...(user.displayName && !user.deleted ? [' ', handleOf(user)] : [])];
}

/** As others write it who mean this account and no other. @param {User} user */
export function handleOf({ username }) {
  return el('span', { class: 'handle', dir: 'ltr', translate: 'no' }, `@${username}`);
}

/** A name in its own direction, in a text that can't have elements. @param {string} name */
export const isolated = (name) => (/^[ -~]*$/.test(name) ? name : `\u2068${name}\u2069`);

/** What tells that somebody is a bot; nothing for people. @param {User} user */
export function botTag({ bot }) {
  return bot ? el('span', { class: 'tag' }, t('people.botTag')) : null;
}

/** The first of them, and how many there are besides. @param {string[]} names @param {number} [count] where not all are named */
export function listNames(names, count = names.length) {
  const more = count - NAMED;
  const list = (/** @type {string[]} */ some) => new Intl.ListFormat(locale, { style: 'narrow' }).format(some.map(isolated));
  return more < 2 ? list(names) : t('people.andMore', { names: list(names.slice(0, NAMED)), count: more });
}
