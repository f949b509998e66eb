// What people are called where they stand in a list, and several of them in a sentence.

import { el, nameOf } from '../base/dom.js';
import { titleOf } from '../base/format.js';
import { locale, t } from '../words/index.js';

/** @import {User} from '../base/types.js' */

/** So many are named. */
const NAMED = 3;

/** Somebody’s name, and the username where that is another. @param {User} user */
export function namesOf(user) {
  return [nameOf(titleOf(user)), ...(user.displayName && !user.deleted ? [handleOf(user)] : [])];
}

/** As others write it who mean this account and no other. @param {User} user */
export function handleOf({ username }) {
  return el('span', { class: 'handle', dir: 'ltr', translate: 'no' }, `@${username}`);
}

/** A name in its own direction, in a text that can't have elements. @param {string} name */
export const isolated = (name) => (/^[ -~]*$/.test(name) ? name : `\u2068${name}\u2069`);

/** The first of them, and how many there are besides. @param {string[]} names */
export function listNames(names) {
  const more = names.length - NAMED;
  const list = (/** @type {string[]} */ some) => new Intl.ListFormat(locale, { style: 'narrow' }).format(some.map(isolated));
  return more < 2 ? list(names) : t('people.andMore', { names: list(names.slice(0, NAMED)), count: more });
}
