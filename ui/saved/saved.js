// The messages that one has saved for oneself.

import { reasonOf } from '../base/api.js';

/** @import {FeedEvent, Message} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */

/** So many the server lists at once. */
const PAGE = 100;

/** @typedef {{message: Message, savedAt: string}} SavedMessage */

/** @type {WeakMap<Client, Saved>} */
const known = new WeakMap();

/** Those of whoever is signed in. @param {Client} client */
export function savedOf(client) {
  const saved = known.get(client) ?? new Saved(client);
  known.set(client, saved);
  return saved;
}

/** Fires `change`. */
export class Saved extends EventTarget {
  #client;
  /** The last saved first. @type {SavedMessage[]} */
  list = [];
  /** @type {'loading' | 'ready' | 'failed'} */
  state = 'loading';
  reason = '';
  /** What was loaded before something changed is loaded once more. */
  #changes = 0;

  /** @param {Client} client */
  constructor(client) {
    super();
    this.#client = client;
    client.addEventListener('event', (event) => this.#take(/** @type {CustomEvent<FeedEvent>} */ (event).detail));
    client.stream.addEventListener('connected', () => this.state === 'failed' && this.load());
    this.load();
  }

  /** @param {string} id a message’s */
  has(id) {
    return this.list.some(({ message }) => message.id === id);
  }

  /** @returns {Promise<void>} */
  async load() {
    const changes = this.#changes;
    try {
      /** @type {SavedMessage[]} */
      const list = [];
      for (let more = true; more;) {
        const before = list.at(-1)?.message.id;
        /** @type {SavedMessage[]} */
        const page = await this.#client.api.get(`/api/saved${before ? `?before=${before}` : ''}`);
        list.push(...page);
        more = page.length === PAGE;
      }
      if (changes !== this.#changes) return this.load();
      this.list = list;
      this.state = 'ready';
    } catch (error) {
      this.reason = reasonOf(error);
      if (this.state === 'loading') this.state = 'failed';
    }
    this.dispatchEvent(new Event('change'));
  }

  /** @param {Message} message */
  async save({ id }) {
    await this.#client.api.send('PUT', `/api/messages/${id}/saved`);
  }

  /** @param {Message} message */
  async unsave({ id }) {
    await this.#client.api.delete(`/api/messages/${id}/saved`);
    this.#drop((message) => message.id === id);
  }

  /** @param {FeedEvent} event */
  #take({ name, data }) {
    if (name === 'saved' && data.savedAt) this.#reload();
    else if (name === 'saved') this.#drop(({ id }) => id === data.messageId);
    else if (name === 'update' && data.deletedAt) this.#drop(({ id }) => id === data.id);
    else if (name === 'update') this.#change(data);
    else if (name === 'conversation' && 'removed' in data) this.#drop(({ conversationId }) => conversationId === data.id);
  }

  /** The event says that it is saved, and not what it says. */
  #reload() {
    this.#changes += 1;
    if (this.state !== 'loading') this.load();
  }

  /** @param {(message: Message) => boolean} isGone */
  #drop(isGone) {
    this.#changes += 1;
    const left = this.list.filter(({ message }) => !isGone(message));
    if (left.length === this.list.length) return;
    this.list = left;
    this.dispatchEvent(new Event('change'));
  }

  /** @param {Message} changed */
  #change(changed) {
    if (!this.has(changed.id)) return;
    this.list = this.list.map((saved) => (saved.message.id === changed.id ? { ...saved, message: changed } : saved));
    this.dispatchEvent(new Event('change'));
  }
}
