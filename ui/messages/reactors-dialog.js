// Everybody who has reacted to a message, page by page.

import { reasonOf } from '../base/api.js';
import { openDialog } from '../base/dialog.js';
import { el, failure, skeleton } from '../base/dom.js';
import { addStyle } from '../base/load.js';
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
  const load = async (after = '') => {
    rest.replaceChildren(skeleton());
    try {
      const page = await reactionsTo(api, id, after);
      const rows = page.map(row);
      list.append(...rows);
      rest.replaceChildren(...(page.length === PAGE
        ? [el('button', { class: 'button', click: () => load(page.at(-1)?.id) }, t('admin.more'))] : []));
      // Where “More” was, there may be nothing now.
      if (after) rows[0]?.focus();
    } catch (error) {
      rest.replaceChildren(failure(reasonOf(error), () => load(after)));
    }
  };
  openDialog(t('messages.whoReacted'), list, rest);
  load();
}

/** @param {UserReaction} reaction */
function row({ emoji, user }) {
  return el('li', { class: 'person-row', tabindex: '-1' },
    avatar(user), el('span', { class: 'person-name' }, ...namesOf(user)), botTag(user), el('span', { class: 'reacted' }, emoji));
}
