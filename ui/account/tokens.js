// Tokens, by which programs of one's own act for one or for a bot.

/** @import {Api} from '../base/api.js' */
/** @import {Token} from '../base/types.js' */

export class Tokens {
  #api;

  /** @param {Api} api */
  constructor(api) {
    this.#api = api;
  }

  /** @returns {Promise<Token[]>} */
  list() {
    return this.#api.get('/api/tokens');
  }

  /** @param {{name: string, scope: string, days: number, bot?: string}} token @returns {Promise<Token>} */
  create(token) {
    return this.#api.post('/api/tokens', token);
  }

  /** @param {string} id */
  async revoke(id) {
    await this.#api.delete(`/api/tokens/${id}`);
  }
}
