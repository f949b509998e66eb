// What people in a room like most.

import { reasonOf } from '../base/api.js';
import { openDialog } from '../base/dialog.js';
import { el, failure, skeleton } from '../base/dom.js';
import { titleOf } from '../base/format.js';
import { summaryOf } from '../files/kinds.js';
import { t } from '../words/index.js';
import { showMessage } from './message-row.js';
import { topMessages } from './top.js';

/** @import {Message} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */

/** @param {Client} client @param {string} id */
export function showTopMessages(client, id) {
  const list = el('ol', { class: 'top' });
  const rest = el('div', { class: 'list-rest' });
  const load = async () => {
    rest.replaceChildren(skeleton());
    try {
      const messages = await topMessages(client.api, id);
      list.append(...messages.map(topRow));
      rest.replaceChildren(messages.length > 0 ? '' : el('p', { class: 'muted' }, t('messages.noTop')));
    } catch (error) {
      rest.replaceChildren(failure(reasonOf(error), load));
    }
  };
  openDialog(t('messages.top'), list, rest);
  load();
}

/** @param {Message} message */
function topRow(message) {
  const { id, number, createdAt, mine, author, editedAt, mentions, reactions } = message;
  const content = message.content || summaryOf(message);
  const row = el('li');
  showMessage(row, {
    key: id, id, number, content, createdAt, mine, from: mine ? t('messages.you') : titleOf(author), state: 'sent',
    author: mine ? null : author, edited: Boolean(editedAt), mentions,
    chips: reactions.map(({ emoji, count }) => ({ emoji, count, isOwn: false })),
  }, undefined, false);
  // To be read, not to be changed: it is somewhere else that one reacts.
  for (const chip of row.querySelectorAll('button')) chip.disabled = true;
  return row;
}
