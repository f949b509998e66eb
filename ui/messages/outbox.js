// Messages on their way to the server: sent in order, kept until they have arrived, and never lost.

import { reasonOf } from '../base/api.js';
import { backoff } from '../base/backoff.js';
import { forget, isOnlyHere, keep, kept, keysOf } from '../base/storage.js';
import { t } from '../words/index.js';

/** @import {Api, ApiError} from '../base/api.js' */
/** @import {Message, ReplyTo} from '../base/types.js' */
/** @import {OutgoingFile} from '../files/uploads.js' */

/**
 * `reason` says why the server refused it, and is empty where it hasn't; `code` says the same for programs. One with
 * `files` has `attachments`, the ids of their uploads, once the server has all of them; their bytes are `kept` in this browser.
 * @typedef {{clientId: string, conversationId: string, content: string, createdAt: string, reason: string, code?: string, replyTo?: ReplyTo,
 *   files?: OutgoingFile[], attachments?: string[], kept?: boolean}} Entry
 */

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;
/** What may be otherwise in a moment: nobody answered, signed out, too late, too often, or a server that isn't up to it. */
const PASSING = [0, 401, 408, 429, 502, 503, 504];
/** After so many other failures of the server, they may be about this one message. */
const PATIENCE = 5;

/**
 * Shared by all tabs, each entry under a key of its own. By its client id the server knows an entry that it has
 * already, so that any tab may send any of them, and again. Fires `change`.
 */
export class Outbox extends EventTarget {
  /** Why what is here has to wait, or ''. */
  waiting = '';

  #api;
  #prefix;
  #accept;
  #sending = false;
  #backoff = backoff(FIRST_WAIT_MS, LONGEST_WAIT_MS);
  #breakdowns = 0;
  #next = 0;
  /** Ends the attempt that is being made. */
  #attempt = new AbortController();
  #life = new AbortController();

  /** @param {Api} api @param {string} userId @param {(message: Message) => void} accept takes what the server has */
  constructor(api, userId, accept) {
    super();
    this.#api = api;
    this.#prefix = `outbox:${userId}:`;
    this.#accept = accept;
    addEventListener('beforeunload', (event) => isOnlyHere(this.#prefix) && event.preventDefault(), this.#life);
    addEventListener('storage', ({ key }) => key?.startsWith(this.#prefix) && this.#changed(), this.#life);
  }

  stop() {
    this.#life.abort();
    this.#attempt.abort();
    clearTimeout(this.#next);
  }

  /** In the order of writing. @returns {Entry[]} */
  get entries() {
    return keysOf(this.#prefix).flatMap((key) => kept(key) ?? []);
  }

  /** @param {string} conversationId */
  of(conversationId) {
    return this.entries.filter((entry) => entry.conversationId === conversationId);
  }

  /** @param {string} conversationId @param {string} content @param {OutgoingFile[]} [files] which somebody else uploads @param {ReplyTo} [replyTo] */
  add(conversationId, content, files, replyTo) {
    const now = Date.now();
    // The time comes first, so that an id's place in the server's index is beside the one before it: a random one changes a
    // page that no other message changes. Plain http has no randomUUID.
    const clientId = [now, ...crypto.getRandomValues(new Uint32Array(3))].map((part) => part.toString(36)).join('-');
    // The keys' order is that of writing, even where the clock has been set back.
    const [, , newest = 0] = keysOf(this.#prefix).at(-1)?.split(':') ?? [];
    keep(`${this.#prefix}${Math.max(now, Number(newest) + 1)}:${clientId}`,
      { clientId, conversationId, content, files, replyTo, createdAt: new Date(now).toISOString(), reason: '' });
    this.#changed();
    this.#send();
    return clientId;
  }

  /** Tries again what was refused; its files, if any, are looked at anew. @param {string} clientId */
  retry(clientId) {
    this.update(clientId, { reason: '', code: '', attachments: undefined });
  }

  /** Changes it, and sends what can be sent then. @param {string} clientId @param {Partial<Entry>} change */
  update(clientId, change) {
    const key = this.#keyOf(clientId);
    if (key) keep(key, { ...kept(key), ...change });
    this.#changed();
    this.#send();
  }

  /** Takes out what has arrived, or isn't wanted any more. @param {string | undefined} clientId */
  remove(clientId) {
    const key = clientId && this.#keyOf(clientId);
    if (!key) return;
    forget(key);
    if (keysOf(this.#prefix).length === 0) this.#answered();
    this.#changed();
    this.#send();
  }

  /** Now is a good moment for what waits, also for an answer over a connection that is dead by now. */
  send() {
    clearTimeout(this.#next);
    this.#backoff.reset();
    if (this.#sending) this.#attempt.abort();
    else this.#send();
  }

  async #send() {
    if (this.#sending) return;
    this.#sending = true;
    try {
      for (let entry = this.#first(); entry; entry = this.#first()) {
        const wait = await this.#try(entry);
        if (!wait) continue;
        this.#next = setTimeout(() => this.#send(), wait);
        break;
      }
    } finally {
      this.#sending = false;
    }
  }

  /** Gives back for how many milliseconds nothing more is to be tried. @param {Entry} entry */
  async #try({ clientId, conversationId, content, attachments, replyTo }) {
    this.#attempt = new AbortController();
    const { signal } = this.#attempt;
    try {
      const path = `/api/conversations/${conversationId}/messages`;
      this.#accept(await this.#api.post(path, { clientId, content, attachments, replyTo: replyTo?.id }, signal));
      this.#answered();
      this.remove(clientId);
      return 0;
    } catch (error) {
      return signal.aborted ? 0 : this.#failed(clientId, error);
    }
  }

  /** @param {string} clientId @param {unknown} error */
  #failed(clientId, error) {
    const reason = reasonOf(error);
    const { status, code, wait } = /** @type {ApiError} */ (error);
    if (PASSING.includes(status) || status >= 500 && this.#breakdowns++ < PATIENCE) {
      this.waitFor(status === 0 ? t('messages.waiting') : reason);
      // The server knows best when one more is allowed.
      return status === 429 && wait || this.#backoff.next();
    }
    // It doesn't hold up the others.
    this.#answered();
    this.update(clientId, { reason, code });
    return 0;
  }

  /** @param {string} reason why what is here has to wait, or '' */
  waitFor(reason) {
    if (reason === this.waiting) return;
    this.waiting = reason;
    this.#changed();
  }

  /** The server is there. */
  #answered() {
    this.#backoff.reset();
    this.#breakdowns = 0;
    this.waiting = '';
  }

  /** The first that is to be sent. What comes with files holds up what comes after it in its conversation, and nothing else. */
  #first() {
    /** @type {Set<string>} */
    const held = new Set();
    return this.#life.signal.aborted ? undefined : this.entries.find(({ conversationId, reason, files, attachments }) => {
      if (files && !attachments && !reason) held.add(conversationId);
      return !reason && !held.has(conversationId);
    });
  }

  /** @param {string} clientId */
  #keyOf(clientId) {
    return keysOf(this.#prefix).find((key) => key.endsWith(`:${clientId}`));
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }
}
