// The messages that people in a conversation like most.

/** @import {Api} from '../base/api.js' */
/** @import {Message} from '../base/types.js' */

const MOST = 50;

/** What was reacted to, the most first. @param {Api} api @param {string} conversationId */
export async function topMessages(api, conversationId) {
  /** @type {Message[]} */
  const page = await api.get(`/api/conversations/${conversationId}/messages?order=top&limit=${MOST}`);
  return page.filter(({ reactions }) => reactions.length > 0);
}
