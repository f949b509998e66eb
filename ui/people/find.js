// Finding somebody, and the conversation with them.

/** @import {User} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */

/**
 * Some of the people whose username, or a word of whose display name, starts so.
 * @param {Pick<Client, 'api'>} client @param {string} start @returns {Promise<User[]>}
 */
export function findPeople({ api }, start) {
  return api.get(`/api/users?search=${encodeURIComponent(start)}`);
}

/** The conversation with somebody, which may be a new one. @param {Pick<Client, 'api' | 'conversations'>} client @param {string} username */
export async function startWith({ api, conversations }, username) {
  return conversations.takeConversation(await api.post('/api/conversations', { username }));
}
