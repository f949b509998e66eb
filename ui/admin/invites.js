// Invitations: links by which somebody new makes an account.

/** @import {Api} from '../base/api.js' */
/** @import {Invite} from '../base/types.js' */

export class Invites {
  #api;

  /** @param {Api} api */
  constructor(api) {
    this.#api = api;
  }

  /** @returns {Promise<Invite[]>} */
  list() {
    return this.#api.get('/api/invites');
  }

  /** @param {{uses: number, days: number}} invite @returns {Promise<Invite>} */
  create(invite) {
    return this.#api.post('/api/invites', invite);
  }

  /** @param {string} id */
  async revoke(id) {
    await this.#api.delete(`/api/invites/${id}`);
  }
}
