// Messages on their way to the server: sent in order, kept over a reload, and not lost where one can't be sent.

import { ApiError, reasonOf } from './api.js';

/** @import {Api} from './api.js' */
/** @import {Message} from './types.js' */

/**
 * `reason` says why it wasn't sent, and is empty while it waits; `refused` that trying again by itself is no use.
 * @typedef {{clientId: string, conversationId: string, content: string, createdAt: string, reason: string,
 *   refused: boolean}} Entry
 */

/** By its client id the server knows an entry that it has already, so that sending again is safe. Fires `change`. */
export class Outbox extends EventTarget {
  #api;
  #key;
  #accept;
  #sending = false;
  /** @type {Entry[]} */
  #entries;

  /** @param {Api} api @param {string} userId @param {(message: Message) => void} accept takes what the server has */
  constructor(api, userId, accept) {
    super();
    this.#api = api;
    this.#key = `outbox:${userId}`;
    this.#accept = accept;
    this.#entries = JSON.parse(sessionStorage.getItem(this.#key) ?? '[]');
  }

  /** @param {string} conversationId */
  of(conversationId) {
    return this.#entries.filter((entry) => entry.conversationId === conversationId);
  }

  /** @param {string} conversationId @param {string} content */
  add(conversationId, content) {
    // Plain http has no randomUUID.
    const clientId = [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(36)).join('-');
    const createdAt = new Date().toISOString();
    this.#set([...this.#entries, { clientId, conversationId, content, createdAt, reason: '', refused: false }]);
    this.#send();
  }

  /** Tries again one entry, or all that were never refused. @param {string} [clientId] */
  retry(clientId) {
    this.#set(this.#entries.map((entry) =>
      (clientId ? entry.clientId === clientId : !entry.refused) ? { ...entry, reason: '', refused: false } : entry));
    this.#send();
  }

  /** Takes out what has arrived, or isn't wanted any more. @param {string | undefined} clientId */
  remove(clientId) {
    const rest = this.#entries.filter((entry) => entry.clientId !== clientId);
    if (rest.length < this.#entries.length) this.#set(rest);
  }

  /** @param {Entry[]} entries */
  #set(entries) {
    this.#entries = entries;
    sessionStorage.setItem(this.#key, JSON.stringify(entries));
    this.dispatchEvent(new Event('change'));
  }

  async #send() {
    if (this.#sending) return;
    this.#sending = true;
    for (let entry = this.#next(); entry; entry = this.#next()) {
      const { clientId, conversationId, content } = entry;
      try {
        this.#accept(await this.#api.post(`/api/conversations/${conversationId}/messages`, { clientId, content }));
      } catch (error) {
        this.#failed(clientId, error);
      }
    }
    this.#sending = false;
  }

  #next() {
    return this.#entries.find((entry) => !entry.reason);
  }

  /** @param {string} clientId @param {unknown} error */
  #failed(clientId, error) {
    const reason = reasonOf(error);
    const refused = error instanceof ApiError && error.status !== 0 && error.status !== 401;
    // Where nobody answers, the entries behind it wait with it, so that their order stays.
    this.#set(this.#entries.map((entry) =>
      entry.clientId === clientId || !(refused || entry.reason) ? { ...entry, reason, refused } : entry));
  }
}
