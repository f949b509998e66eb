// What the server stores, as administrators see it.

/** @import {Api} from '../base/api.js' */
/** @import {Storage} from '../base/types.js' */

/** @param {Api} api @returns {Promise<Storage>} */
export async function storage(api) {
  return api.get('/api/admin/storage');
}
