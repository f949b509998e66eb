// Who has reacted to a message, beyond the first few that it names itself.

/** @import {Api} from '../base/api.js' */
/** @import {UserReaction} from '../base/types.js' */

/** So many are listed at once. */
export const PAGE = 50;

/** Oldest first. @param {Api} api @param {string} id the message’s @param {string} after the id of the last one before, or '' @returns {Promise<UserReaction[]>} */
export async function reactionsTo(api, id, after) {
  return api.get(`/api/messages/${id}/reactions?limit=${PAGE}${after && `&after=${after}`}`);
}
