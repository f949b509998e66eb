// What one gets to know of others, and whom one has blocked.

/** @import {Api} from '../base/api.js' */
/** @import {Profile, User} from '../base/types.js' */

/** @param {Api} api @param {string} userId @returns {Promise<Profile>} */
export async function profileOf(api, userId) {
  return api.get(`/api/users/${userId}`);
}

/** They aren’t told. @param {Api} api @param {string} userId @param {boolean} blocked */
export async function setBlocked(api, userId, blocked) {
  await api.send(blocked ? 'PUT' : 'DELETE', `/api/users/${userId}/block`);
}

/** @param {Api} api @returns {Promise<User[]>} */
export async function blockedUsers(api) {
  return api.get('/api/blocks');
}
