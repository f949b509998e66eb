// A list of names of which none may be left out.

import { locale } from '../words/index.js';
import { isolated } from './names.js';

/** @param {string[]} names */
export function listAll(names) {
  return new Intl.ListFormat(locale, { style: 'narrow' }).format(names.map(isolated));
}
