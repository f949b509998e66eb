// Webhooks of a room: addresses by which other programs post in it.

/** @import {Api} from '../base/api.js' */
/** @import {Hook} from '../base/types.js' */

export class Hooks {
  #api;
  #path;

  /** @param {Api} api @param {string} conversationId */
  constructor(api, conversationId) {
    this.#api = api;
    this.#path = `/api/conversations/${conversationId}/hooks`;
  }

  /** @returns {Promise<Hook[]>} */
  list() {
    return this.#api.get(this.#path);
  }

  /** @param {string} bot the name of whom it posts as @returns {Promise<Hook>} */
  create(bot) {
    return this.#api.post(this.#path, { bot });
  }

  /** @param {string} id */
  async remove(id) {
    await this.#api.delete(`${this.#path}/${id}`);
  }
}

/** How to post at a hook’s address, as one line for a shell. @param {string} address */
export function shellExample(address) {
  return `curl -H 'Content-Type: text/plain' -d 'Hello' '${address.replaceAll("'", '%27')}'`;
}
