// Whom one has blocked.

import { reasonOf } from '../base/api.js';

/** @import {FeedEvent, User} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */

/** Fires `change`. */
export class Blocks extends EventTarget {
  #api;
  /** @type {Set<string>} */
  #ids = new Set();
  /** Who was blocked or unblocked since: of them, the answer that was on its way says nothing. @type {Set<string>} */
  #changed = new Set();

  /** @param {Client} client */
  constructor(client) {
    super();
    this.#api = client.api;
    client.addEventListener('event', (event) => this.#take(/** @type {CustomEvent<FeedEvent>} */ (event).detail));
    this.#load();
  }

  /** @param {string | undefined} userId */
  has(userId) {
    return userId !== undefined && this.#ids.has(userId);
  }

  /** @param {string} userId */
  async remove(userId) {
    await this.#api.delete(`/api/users/${userId}/block`);
    this.#change(userId, false);
  }

  /** Where that can't be told, the server says it when something is sent. */
  async #load() {
    /** @type {User[]} */
    const users = await this.#api.get('/api/blocks').catch((error) => reasonOf(error) && []);
    for (const { id } of users) if (!this.#changed.has(id)) this.#learn(id, true);
  }

  /** @param {FeedEvent} event */
  #take({ name, data }) {
    if (name === 'block') this.#change(data.user.id, data.blocked);
  }

  /** @param {string} id @param {boolean} isBlocked */
  #change(id, isBlocked) {
    this.#changed.add(id);
    this.#learn(id, isBlocked);
  }

  /** @param {string} id @param {boolean} isBlocked */
  #learn(id, isBlocked) {
    if (isBlocked) this.#ids.add(id);
    else this.#ids.delete(id);
    this.dispatchEvent(new Event('change'));
  }
}
