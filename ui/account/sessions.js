// Where somebody is signed in.

/** @import {Api} from '../base/api.js' */
/** @import {Session} from '../base/types.js' */

export class Sessions {
  #api;
  #path;

  /** @param {Api} api @param {string} [userId] of somebody else, for administrators */
  constructor(api, userId) {
    this.#api = api;
    this.#path = userId ? `/api/admin/users/${userId}/sessions` : '/api/sessions';
  }

  /** @returns {Promise<Session[]>} */
  list() {
    return this.#api.get(this.#path);
  }

  /** @param {string} id */
  async end(id) {
    await this.#api.delete(`${this.#path}/${id}`);
  }

  /** But for the one that asks. */
  async endAll() {
    await this.#api.delete(this.#path);
  }
}
