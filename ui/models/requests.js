// What only views ask for that nobody needs at the first look.

/** @import {Api} from '../base/api.js' */
/** @import {Message, Settings} from '../base/types.js' */

const MOST = 50;

/** What was reacted to in a conversation, the most first. @param {Api} api @param {string} conversationId */
export async function topMessages(api, conversationId) {
  /** @type {Message[]} */
  const page = await api.get(`/api/conversations/${conversationId}/messages?order=top&limit=${MOST}`);
  return page.filter(({ reactions }) => reactions.length > 0);
}

/** @param {Api} api @returns {Promise<Settings>} */
export async function settings(api) {
  return api.get('/api/settings');
}

/** @param {Api} api @param {Pick<Settings, 'showsActivity'>} change @returns {Promise<Settings>} */
export async function changeSettings(api, change) {
  return api.send('PATCH', '/api/settings', change);
}
