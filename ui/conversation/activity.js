// What others in a conversation are doing, and how far they have read; and the way to the details of a room.

import { el } from '../base/dom.js';
import { drawing } from '../base/icons.js';
import { load } from '../base/load.js';
import { listNames } from '../people/names.js';
import { t } from '../words/index.js';

/** @import {Info} from '../conversations/conversations.js' */
/** @import {MessageList} from '../messages/message-list.js' */
/** @import {Client} from '../shell/client.js' */
/** @import {Context} from '../shell/messenger.js' */
/** @import {ConversationView} from './conversation-view.js' */
/** @import {People} from './people.js' */

const PEOPLE = 'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c0-4 3-6 6.5-6s6.5 2 6.5 6M16 4.5a3.5 3.5 0 0 1 0 6.5'
  + 'M18 14.5c2 .8 3.5 2.6 3.5 5.5';
const PERSON = 'M12 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 21c0-4.5 3.5-7 7.5-7s7.5 2.5 7.5 7';

/**
 * Follows it for as long as the view is there, and gives back who takes part.
 * @param {Context} context @param {ConversationView} view @param {Info} info @param {MessageList} list
 */
export async function followActivity(context, view, info, list) {
  const { client } = context;
  const { conversations } = client;
  const { id, other } = info;
  const { signal } = view;
  conversations.addEventListener('removed', (event) => {
    if (/** @type {CustomEvent<string>} */ (event).detail === id) view.showGone('You aren’t in this room any more.');
  }, { signal });
  view.addTool(other ? profile(context, other.id) : details(context, id));
  const people = await client.people(id);
  view.watch(() => {
    const known = conversations.known(id);
    if (!known) return;
    view.address(known);
    view.tell(presence(known, people));
    showReceipt(client, people, list, known);
  }, people, client.timeline(id), conversations);
  return people;
}

/** @param {Context} context @param {string} userId */
function profile(context, userId) {
  const show = async () => (await load(() => import('../people/profile-card.js'))).openProfile(context, userId);
  return el('button', { class: 'tool', 'aria-label': t('people.profile'), title: t('people.profile'), click: show }, drawing(PERSON));
}

/** @param {Context} context @param {string} id */
function details(context, id) {
  const show = async () => (await load(() => import('./room-details.js'))).showRoomDetails(context, id);
  const title = 'People, and what else there is to this room';
  return el('button', { class: 'tool', 'aria-label': 'Details', title, click: show }, drawing(PEOPLE));
}

/** @param {Info} info @param {People} people */
function presence({ other, participantCount }, { typing, participants }) {
  const [first, ...others] = typing;
  if (others.length > 0) return `${t('people.count', { count: typing.length })} are typing …`;
  if (first) return `${listNames([first.username])} is typing …`;
  if (!other) return t('people.count', { count: participantCount });
  return participants.some(({ user, online }) => user.id === other.id && online) ? 'Online' : '';
}

/**
 * Below the last message of one's own that others have read.
 * @param {Client} client @param {People} people @param {MessageList} list @param {Info} info
 */
function showReceipt(client, people, list, { other }) {
  const own = list.messages.findLast((message) => message.mine && !message.deletedAt
    && !client.isRemoving(message.id) && people.readers(message.number).length > 0);
  if (!own) return list.showReceipt(0, '');
  const readers = people.readers(own.number).map(({ username }) => username);
  list.showReceipt(own.number, other ? 'Read' : `Read by ${listNames(readers)}`);
}
