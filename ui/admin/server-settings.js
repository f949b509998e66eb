// What administrators set for everybody.

/** @import {Api} from '../base/api.js' */
/** @import {ServerSettings} from '../base/types.js' */

/** @param {Api} api @returns {Promise<ServerSettings>} */
export async function serverSettings(api) {
  return api.get('/api/admin/settings');
}

/** @param {Api} api @param {Partial<ServerSettings>} change @returns {Promise<ServerSettings>} */
export async function changeServerSettings(api, change) {
  return api.send('PATCH', '/api/admin/settings', change);
}
