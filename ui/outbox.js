// Messages on their way to the server: sent in order, kept over a reload, and never lost when one can't be sent.

import { ApiError, reasonOf } from './api.js';

/** @import {Api} from './api.js' */
/** @import {Message} from './types.js' */

/**
 * `reason` says why it couldn't be sent, and is empty while it is waiting; `later` that nobody has refused it, so that it
 * goes out by itself when there is a connection and a session again.
 * @typedef {{clientId: string, conversationId: string, content: string, createdAt: string, reason: string,
 *   later: boolean}} Entry
 */

/** The client id of an entry lets the server notice that it has it already, so that trying again is always safe. */
export class Outbox extends EventTarget {
  #api;
  #key;
  #take;
  #draining = false;
  /** @type {Entry[]} */
  #entries;

  /**
   * @param {Api} api
   * @param {string} userId
   * @param {(message: Message) => void} take is given each message that the server has accepted
   */
  constructor(api, userId, take) {
    super();
    this.#api = api;
    this.#key = `outbox:${userId}`;
    this.#take = take;
    this.#entries = JSON.parse(sessionStorage.getItem(this.#key) ?? '[]');
  }

  /** @param {string} conversationId */
  of(conversationId) {
    return this.#entries.filter((entry) => entry.conversationId === conversationId);
  }

  /**
   * @param {string} conversationId
   * @param {string} content
   */
  add(conversationId, content) {
    const createdAt = new Date().toISOString();
    const entry = { clientId: randomId(), conversationId, content, createdAt, reason: '', later: false };
    this.#change([...this.#entries, entry]);
    this.#drain();
  }

  /** @param {string} clientId */
  retry(clientId) {
    this.#wait((entry) => entry.clientId === clientId);
  }

  /** Tries again what nobody has refused. */
  resume() {
    this.#wait((entry) => entry.later);
  }

  /**
   * Takes out what has arrived, or what isn't wanted any more.
   * @param {string | undefined} clientId
   */
  remove(clientId) {
    const rest = this.#entries.filter((entry) => entry.clientId !== clientId);
    if (rest.length < this.#entries.length) this.#change(rest);
  }

  /** @param {(entry: Entry) => boolean} chosen */
  #wait(chosen) {
    this.#change(this.#entries.map((entry) => (chosen(entry) ? { ...entry, reason: '', later: false } : entry)));
    this.#drain();
  }

  /** @param {Entry[]} entries */
  #change(entries) {
    this.#entries = entries;
    sessionStorage.setItem(this.#key, JSON.stringify(entries));
    this.dispatchEvent(new Event('change'));
  }

  async #drain() {
    if (this.#draining) return;
    this.#draining = true;
    try {
      for (let next = this.#next(); next; next = this.#next()) await this.#send(next);
    } finally {
      this.#draining = false;
    }
  }

  #next() {
    return this.#entries.find((entry) => !entry.reason);
  }

  /** @param {Entry} entry */
  async #send({ clientId, conversationId, content }) {
    try {
      /** @type {Message} */
      const message = await this.#api.post(`/api/conversations/${conversationId}/messages`, { content, clientId });
      this.#take(message);
      this.remove(clientId);
    } catch (error) {
      const reason = reasonOf(error);
      const later = error instanceof ApiError && (error.status === 0 || error.status === 401);
      // Those behind it wait with it, so that the order stays; a refused one doesn't hold them up.
      this.#change(this.#entries.map((entry) =>
        entry.clientId === clientId || (later && !entry.reason) ? { ...entry, reason, later } : entry));
    }
  }
}

/** Random by a source that plain http has too. */
function randomId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
