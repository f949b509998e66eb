// What belongs to one's own account: its settings, its password, and the services that it is linked to.

/** @import {Api} from '../base/api.js' */
/** @import {Settings} from '../base/types.js' */

/** @param {Api} api @returns {Promise<Settings>} */
export async function settings(api) {
  return api.get('/api/settings');
}

/** @param {Api} api @param {Pick<Settings, 'showsActivity'>} change @returns {Promise<Settings>} */
export async function changeSettings(api, change) {
  return api.send('PATCH', '/api/settings', change);
}

/** Signs out every other device. @param {Api} api @param {string} next @param {string} [current] none where there is none */
export async function changePassword(api, next, current) {
  await api.send('PUT', '/api/password', { ...(current !== undefined && { current }), new: next });
}

/** @param {Api} api @param {string} provider */
export async function unlink(api, provider) {
  await api.delete(`/api/identities/${provider}`);
}
