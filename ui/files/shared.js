// What has been sent in a conversation beside texts, the newest first.

/** @import {Api} from '../base/api.js' */
/** @import {Shared} from '../base/types.js' */

export const PAGE = 60;

/** @param {Api} api @param {string} id of the conversation @param {string} [before] the id of an attachment @returns {Promise<Shared[]>} */
export function sharedIn(api, id, before = '') {
  return api.get(`/api/conversations/${id}/attachments?limit=${PAGE}${before && `&before=${before}`}`);
}
