// Everybody who has reacted to a message, page by page.

import { openDialog } from '../base/dialog.js';
import { el } from '../base/dom.js';
import { addStyle } from '../base/load.js';
import { loadPage } from '../base/paged-list.js';
import { avatar } from '../people/avatar.js';
import { botTag, namesOf } from '../people/names.js';
import { t } from '../words/index.js';
import { PAGE, reactionsTo } from './reactors.js';

/** @import {UserReaction} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */

addStyle(import.meta.url, '../people/people.css');

/** @param {Client} client @param {string} id the message’s */
export function openReactors({ api }, id) {
  const list = el('ul', { 'aria-label': t('messages.whoReacted') });
  const rest = el('div', { class: 'list-rest', role: 'status' });
  openDialog(t('messages.whoReacted'), list, rest);
  loadPage({ list, rest, size: PAGE, fetch: (after) => reactionsTo(api, id, after), row });
}

/** @param {UserReaction} reaction */
function row({ emoji, user }) {
  return el('li', { class: 'person-row', tabindex: '-1' },
    avatar(user), el('span', { class: 'person-name' }, ...namesOf(user)), botTag(user), el('span', { class: 'reacted' }, emoji));
}
