// Everybody who has an account here, as administrators see them.

/** @import {Api} from '../base/api.js' */
/** @import {Account, PersonalLink, User} from '../base/types.js' */

/** So many are listed at once. */
export const PAGE = 50;

export class Accounts {
  #api;

  /** @param {Api} api */
  constructor(api) {
    this.#api = api;
  }

  /** @param {string} search the beginning of a name, or '' @param {string} after the id of the last one before, or '' @returns {Promise<Account[]>} */
  list(search, after) {
    return this.#api.get(`/api/admin/users?${new URLSearchParams({ ...(search && { search }), ...(after && { after }) })}`);
  }

  /** @param {string} username @param {boolean} admin @returns {Promise<PersonalLink & {user: User}>} */
  create(username, admin) {
    return this.#api.post('/api/admin/users', { username, ...(admin && { admin }) });
  }

  /** @param {string} id @param {{username?: string, admin?: boolean, disabled?: boolean}} change @returns {Promise<Account>} */
  change(id, change) {
    return this.#api.send('PATCH', `/api/admin/users/${id}`, change);
  }

  /** Deletes all that somebody has written, which goes on after this. @param {string} id */
  purge(id) {
    return this.#api.post(`/api/admin/users/${id}/purge`);
  }

  /** A link for a new password. @param {string} id @returns {Promise<PersonalLink>} */
  createResetLink(id) {
    return this.#api.post(`/api/admin/users/${id}/reset`);
  }
}
