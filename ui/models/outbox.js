// Messages on their way to the server: sent in order, kept until they have arrived, and never lost.

import { ApiError, reasonOf } from '../base/api.js';
import { forget, keep, kept, keysOf } from '../base/storage.js';

/** @import {Api} from '../base/api.js' */
/** @import {Message} from '../base/types.js' */

/**
 * `reason` says why the server refused it, and is empty where it hasn't.
 * @typedef {{clientId: string, conversationId: string, content: string, createdAt: string, reason: string}} Entry
 */

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;
/** What may be otherwise in a moment: nobody answered, signed out, too many requests, or the server isn't up to it. */
const PASSING = [0, 401, 408, 429, 502, 503, 504];

/**
 * Shared by all tabs, each entry under a key of its own. By its client id the server knows an entry that it has
 * already, so that any tab may send any of them, and again. Fires `change`.
 */
export class Outbox extends EventTarget {
  /** Whether what is here waits for the server to be there again. */
  waiting = false;

  #api;
  #prefix;
  #accept;
  #sending = false;
  #failures = 0;
  #next = 0;
  #newest = 0;
  #life = new AbortController();

  /** @param {Api} api @param {string} userId @param {(message: Message) => void} accept takes what the server has */
  constructor(api, userId, accept) {
    super();
    this.#api = api;
    this.#prefix = `outbox:${userId}:`;
    this.#accept = accept;
    addEventListener('storage', ({ key }) => key?.startsWith(this.#prefix) && this.#changed(), this.#life);
  }

  stop() {
    this.#life.abort();
    clearTimeout(this.#next);
  }

  /** @param {string} conversationId */
  of(conversationId) {
    return this.#entries().map(([, entry]) => entry).filter((entry) => entry.conversationId === conversationId);
  }

  /** @param {string} conversationId @param {string} content */
  add(conversationId, content) {
    // Plain http has no randomUUID.
    const clientId = [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(36)).join('-');
    const now = Date.now();
    // The keys' order is that of writing, even where the clock is set back.
    this.#newest = Math.max(this.#newest + 1, now);
    keep(`${this.#prefix}${this.#newest}:${clientId}`,
      { clientId, conversationId, content, createdAt: new Date(now).toISOString(), reason: '' });
    this.#changed();
    this.#send();
  }

  /** Tries again what was refused. @param {string} clientId */
  retry(clientId) {
    this.#update(clientId, { reason: '' });
    this.#send();
  }

  /** Takes out what has arrived, or isn't wanted any more. @param {string | undefined} clientId */
  remove(clientId) {
    const key = clientId && this.#keyOf(clientId);
    if (!key) return;
    forget(key);
    this.#changed();
  }

  /** Now is a good moment for what waits. */
  send() {
    clearTimeout(this.#next);
    this.#send();
  }

  async #send() {
    if (this.#sending) return;
    this.#sending = true;
    for (let entry = this.#first(); entry; entry = this.#first()) {
      const { clientId, conversationId, content } = entry;
      try {
        this.#accept(await this.#api.post(`/api/conversations/${conversationId}/messages`, { clientId, content }));
        this.#arrived(clientId);
      } catch (error) {
        const reason = reasonOf(error);
        if (error instanceof ApiError && PASSING.includes(error.status)) {
          this.#wait();
          break;
        }
        // It doesn't hold up the others.
        this.#update(clientId, { reason });
      }
    }
    this.#sending = false;
  }

  /** @param {string} clientId */
  #arrived(clientId) {
    this.#failures = 0;
    this.waiting = false;
    this.remove(clientId);
  }

  #wait() {
    this.waiting = true;
    clearTimeout(this.#next);
    if (!this.#life.signal.aborted) {
      this.#next = setTimeout(() => this.#send(), Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#failures));
    }
    this.#failures += 1;
    this.#changed();
  }

  /** The first that is to be sent. */
  #first() {
    return this.#life.signal.aborted ? undefined : this.#entries().find(([, { reason }]) => !reason)?.[1];
  }

  /** @returns {[string, Entry][]} */
  #entries() {
    return keysOf(this.#prefix).flatMap((key) => {
      /** @type {Entry | null} */
      const entry = kept(key);
      return entry ? [[key, entry]] : [];
    });
  }

  /** @param {string} clientId */
  #keyOf(clientId) {
    return keysOf(this.#prefix).find((key) => key.endsWith(`:${clientId}`));
  }

  /** @param {string} clientId @param {Partial<Entry>} change */
  #update(clientId, change) {
    const key = this.#keyOf(clientId);
    if (key) keep(key, { ...kept(key), ...change });
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }
}
