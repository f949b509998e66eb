// What people in a room like most.

import { reasonOf } from '../base/api.js';
import { el, failure, skeleton } from '../base/dom.js';
import { topMessages } from '../models/requests.js';
import { openDialog } from './dialog.js';
import { showMessage } from './message-row.js';

/** @import {Message} from '../base/types.js' */
/** @import {Client} from '../models/client.js' */

/** @param {Client} client @param {string} id */
export async function showTopMessages(client, id) {
  const list = el('ol', { class: 'top' });
  const rest = el('div', { class: 'list-rest' });
  const load = async () => {
    rest.replaceChildren(skeleton());
    try {
      const messages = await topMessages(client.api, id);
      list.append(...messages.map(topRow));
      rest.replaceChildren(messages.length > 0 ? '' : el('p', { class: 'muted' }, 'Nobody has reacted to a message yet.'));
    } catch (error) {
      rest.replaceChildren(failure(reasonOf(error), load));
    }
  };
  await openDialog('Most liked messages', list, rest);
  load();
}

/** @param {Message} message */
function topRow(message) {
  const { id, number, content, createdAt, mine, author, reactions } = message;
  const row = el('li');
  showMessage(row, {
    key: id, number, content, createdAt, mine, from: mine ? 'You' : author?.username ?? '', state: 'sent', waitsFor: '',
    failure: null, message, author: mine ? null : author,
    chips: reactions.map(({ emoji, users }) => ({ emoji, count: users.length, isOwn: false })),
  }, undefined, false);
  // To be read, not to be changed: it is somewhere else that one reacts.
  for (const chip of row.querySelectorAll('button')) chip.disabled = true;
  return row;
}
