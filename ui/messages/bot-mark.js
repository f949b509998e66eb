// Marks the messages of bots.

import { botTag } from '../people/names.js';

/** @import {Item} from './message-row.js' */

/** @param {HTMLLIElement} row as `showMessage` has shown it @param {Item} item */
export function markBot(row, { author }) {
  const name = row.querySelector('.byline b');
  if (author?.bot && name && !name.nextElementSibling) name.after(botTag(author) ?? '');
}
