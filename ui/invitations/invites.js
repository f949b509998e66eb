// Invitations: links by which somebody new creates an account.

/** @import {Api} from '../base/api.js' */
/** @import {Addresses, Invite} from '../base/types.js' */

/**
 * `rooms` are ids, and the default room where they are left out; `base` is one of the addresses that links may begin with.
 * @typedef {{uses: number, days: number, rooms?: string[], base?: string}} NewInvite
 */

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

  /** @param {NewInvite} invite @returns {Promise<Invite>} */
  create(invite) {
    return this.#api.post('/api/invites', invite);
  }

  /** @param {string} id */
  async revoke(id) {
    await this.#api.delete(`/api/invites/${id}`);
  }

  /** For administrators. @returns {Promise<Addresses>} */
  addresses() {
    return this.#api.get('/api/admin/addresses');
  }
}
