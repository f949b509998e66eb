// Who takes part in a conversation, and what they are doing.

import { reasonOf } from '../base/api.js';
import { titleOf } from '../base/format.js';

/** @import {FeedEvent, Participant, User} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */

/** So long after the last word of it, somebody is taken to type. */
const TYPING_MS = 6_000;

/** Fires `change`. */
export class People extends EventTarget {
  /** By name. @type {Participant[]} */
  participants = [];
  /** @type {'loading' | 'ready' | 'failed'} */
  state = 'loading';
  /** Why `state` is failed. */
  reason = '';

  #api;
  #userId;
  /** Who types, and when that is over. @type {Map<string, number>} */
  #typing = new Map();
  /** Who has come or gone since it was asked for. @type {Map<string, boolean>} */
  #presence = new Map();
  /** How often it has been asked for: an earlier answer says nothing. */
  #loads = 0;
  #life = new AbortController();

  /** @param {Client} client @param {string} id the conversation's */
  constructor(client, id) {
    super();
    this.id = id;
    this.#api = client.api;
    this.#userId = client.user.id;
    const { signal } = this.#life;
    client.addEventListener('event', (event) => this.#take(/** @type {CustomEvent<FeedEvent>} */ (event).detail), { signal });
    client.stream.addEventListener('connected', () => this.load(), { signal });
    this.load();
  }

  /** From now on nothing changes. */
  stop() {
    this.#life.abort();
    for (const timer of this.#typing.values()) clearTimeout(timer);
  }

  /** What is here stays until there is something better. */
  async load() {
    this.#loads += 1;
    const load = this.#loads;
    this.#presence.clear();
    if (this.state === 'failed') this.#become('loading');
    try {
      /** @type {Participant[]} */
      const participants = await this.#api.get(`/api/conversations/${this.id}/participants`);
      if (load === this.#loads) this.#learn(participants);
    } catch (error) {
      this.reason = reasonOf(error);
      if (load === this.#loads) this.#become('failed');
    }
  }

  /** Others who type. @returns {User[]} */
  get typing() {
    return this.participants.map(({ user }) => user).filter(({ id }) => this.#typing.has(id));
  }

  /** Empty while that isn't known. @param {string} userId */
  nameOf(userId) {
    return titleOf(this.#find(userId)?.user);
  }

  /** @param {string} userId */
  isOnline(userId) {
    return this.#find(userId)?.online ?? false;
  }

  /** Others who have read up to a message, as far as they show it. @param {number} number @returns {User[]} */
  readers(number) {
    return this.#others.filter(({ lastReadNumber }) => (lastReadNumber ?? 0) >= number).map(({ user }) => user);
  }

  /** Up to this number, somebody else has read, as far as they show it. */
  get readUpTo() {
    return Math.max(0, ...this.#others.map(({ lastReadNumber }) => lastReadNumber ?? 0));
  }

  get #others() {
    return this.participants.filter(({ user }) => user.id !== this.#userId);
  }

  /** @param {Participant[]} participants */
  #learn(participants) {
    // What has come meanwhile may be newer than the answer.
    this.participants = participants.map((each) => ({
      ...each,
      lastReadNumber: each.lastReadNumber === null ? null
        : Math.max(each.lastReadNumber, this.#find(each.user.id)?.lastReadNumber ?? 0),
      online: this.#presence.get(each.user.id) ?? each.online,
    }));
    this.#become('ready');
  }

  /** @param {FeedEvent} event */
  #take({ name, data }) {
    if (name === 'presence') this.#takePresence(data.userId, data.online);
    else if (name === 'user') this.#change(data.id, () => ({ user: data }));
    else if (name === 'conversation' && data.id === this.id) this.load();
    else if (!('conversationId' in data) || data.conversationId !== this.id) return;
    else if (name === 'typing') this.#startTyping(data.userId);
    else if (name === 'read') this.#takeRead(data.userId, data.upTo);
    else if (name === 'message' && data.author) this.#stopTyping(data.author.id);
  }

  /** @param {string} userId @param {boolean} online */
  #takePresence(userId, online) {
    this.#presence.set(userId, online);
    this.#change(userId, () => ({ online }));
  }

  /** @param {string} userId @param {number} upTo */
  #takeRead(userId, upTo) {
    this.#change(userId, ({ lastReadNumber }) => ({ lastReadNumber: Math.max(lastReadNumber ?? 0, upTo) }));
  }

  /** @param {string} userId @param {(participant: Participant) => Partial<Participant>} change */
  #change(userId, change) {
    if (!this.#find(userId)) return;
    this.participants = this.participants.map((each) => (each.user.id === userId ? { ...each, ...change(each) } : each));
    this.#changed();
  }

  /** @param {string} userId */
  #startTyping(userId) {
    if (userId === this.#userId) return;
    clearTimeout(this.#typing.get(userId));
    this.#typing.set(userId, setTimeout(() => this.#stopTyping(userId), TYPING_MS));
    this.#changed();
  }

  /** @param {string} userId */
  #stopTyping(userId) {
    clearTimeout(this.#typing.get(userId));
    if (this.#typing.delete(userId)) this.#changed();
  }

  /** @param {string} userId */
  #find(userId) {
    return this.participants.find(({ user }) => user.id === userId);
  }

  /** @param {People['state']} state */
  #become(state) {
    this.state = state;
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }
}
