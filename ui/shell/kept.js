// What can be read without the server: the conversations as they were, with the newest messages of those that were open.

import { forget, kept, keysOf } from '../base/storage.js';

/** @import {Conversation, Message} from '../base/types.js' */

const PREFIX = 'kept:';

/** What the keys of what somebody has read begin with. @param {string} userId */
export const prefixOf = (userId) => `${PREFIX}${userId}:`;

/** Nothing that anybody has read here is to be read again, but for what the one has who is signed in. @param {string} [userId] */
export function forgetEverything(userId) {
  for (const key of keysOf(PREFIX)) if (!userId || !key.startsWith(prefixOf(userId))) forget(key);
}

/** @param {string} userId @returns {Conversation[]} */
export function keptConversations(userId) {
  // Before there were rooms, that wasn't said.
  return read(userId, 'list').map((each) => ({ ...each, kind: each.kind ?? 'direct' }));
}

/** Oldest first. @param {string} userId @param {string} conversationId @returns {Message[]} */
export function keptMessages(userId, conversationId) {
  // Before there were counts, all who had reacted were named.
  return read(userId, conversationId).map((each) => ({ ...each, reactions: each.reactions?.[0]?.count ? each.reactions : [] }));
}

/** @param {string} userId @param {string} name @returns {any[]} */
function read(userId, name) {
  return kept(prefixOf(userId) + name) ?? [];
}
