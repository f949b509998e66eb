// Conversations that one has pinned or archived and that aren’t among the newest.

/** @import {Conversation} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */

/** @param {Client} client */
export async function loadMarked({ api, conversations }) {
  if (!conversations.hasMore) return;
  for (const mark of ['pinned', 'archived']) {
    /** @type {Conversation[]} */
    const page = await api.get(`/api/conversations?only=${mark}`).catch(() => []);
    for (const conversation of page) conversations.takeConversation(conversation);
  }
}
