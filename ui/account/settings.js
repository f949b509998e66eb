// What belongs to one's own account: how one is called and seen, the settings, the password, and linked services.

/** @import {Api} from '../base/api.js' */
/** @import {Settings, User} from '../base/types.js' */

/** So long, what the server has said of them is taken to be so. */
const KNOWN_MS = 60_000;

/** @type {WeakMap<Api, {at: number, own: Promise<Settings>}>} */
const known = new WeakMap();

/** @param {Api} api @returns {Promise<Settings>} */
export async function settings(api) {
  return keep(api, api.get('/api/settings'));
}

/** As they were lately, on whichever device they were changed. @param {Api} api @returns {Promise<Settings>} */
export async function recentSettings(api) {
  const last = known.get(api);
  return last && Date.now() - last.at < KNOWN_MS ? last.own : settings(api);
}

/** @param {Api} api @param {Promise<Settings>} own */
function keep(api, own) {
  const entry = { at: Date.now(), own };
  known.set(api, entry);
  // Whoever asks next asks again.
  own.catch(() => known.get(api) === entry && known.delete(api));
  return own;
}

/** @param {Api} api @param {Partial<Pick<Settings, 'showsActivity' | 'asksFirst' | 'preview' | 'quiet'>>} change @returns {Promise<Settings>} */
export async function changeSettings(api, change) {
  return keep(api, api.send('PATCH', '/api/settings', change));
}

/** Without a display name, the username is shown. @param {Api} api @param {{username?: string, displayName?: string | null}} names @returns {Promise<User>} */
export async function changeNames(api, names) {
  return api.send('PATCH', '/api/auth_user', names);
}

/** @param {Api} api @param {Blob | null} picture @returns {Promise<User>} */
export async function changePicture(api, picture) {
  return picture ? api.send('PUT', '/api/auth_user/avatar', picture) : api.delete('/api/auth_user/avatar');
}

/** @param {Api} api @param {{password: string} | {username: string}} confirmation the latter where there is no password */
export async function deleteAccount(api, confirmation) {
  await api.send('DELETE', '/api/auth_user', confirmation);
}

/** Signs out every other device. @param {Api} api @param {string} next @param {string} [current] none where there is none */
export async function changePassword(api, next, current) {
  await api.send('PUT', '/api/password', { ...(current !== undefined && { current }), new: next });
}

/** @param {Api} api @param {string} provider */
export async function unlink(api, provider) {
  await api.delete(`/api/identities/${provider}`);
}
