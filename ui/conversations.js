// The conversations that one takes part in: the newest message of each, and how far one has read.

import { ApiError, reasonOf } from './api.js';

/** @import {Api} from './api.js' */
/** @import {Conversation, Message, ReadMark} from './types.js' */

const PAGE = 25;

/**
 * What is known only grows: a newer message, a later read mark. So a page of the list and the events of the stream can
 * be taken in any order, and twice. Fires `change`.
 */
export class Conversations extends EventTarget {
  /** @type {'loading' | 'ready' | 'failed'} */
  state = 'loading';
  /** Why `state` is failed. */
  reason = '';
  hasMore = false;

  #api;
  #userId;
  /** @type {Map<string, Conversation>} */
  #known = new Map();
  /** @type {Map<string, Message>} */
  #newest = new Map();
  /** The number read up to, also where the conversation isn't known yet. @type {Map<string, number>} */
  #marks = new Map();
  /** Read marks that the server hasn't got yet. @type {Map<string, number>} */
  #unsent = new Map();
  /** Where the last page ended. */
  #lastListed = '';

  /** @param {Api} api @param {string} userId */
  constructor(api, userId) {
    super();
    this.#api = api;
    this.#userId = userId;
  }

  /** Newest message first. A conversation without a message isn't listed. */
  get listed() {
    return [...this.#newest.values()]
      .sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? 1 : -1))
      .flatMap(({ conversationId }) => this.#known.get(conversationId) ?? []);
  }

  get totalUnread() {
    return [...this.#known.keys()].reduce((total, id) => total + this.unread(id), 0);
  }

  /** @param {string} id */
  newest(id) {
    return this.#newest.get(id);
  }

  /** @param {string} id */
  lastRead(id) {
    return this.#marks.get(id) ?? 0;
  }

  /** @param {string} id */
  unread(id) {
    return Math.max(0, (this.newest(id)?.number ?? 0) - this.lastRead(id));
  }

  load() {
    return this.#loadPage('');
  }

  loadMore() {
    return this.#loadPage(`?before=${this.#lastListed}`);
  }

  /** The conversation, asked for where the list doesn't have it. @param {string} id */
  async find(id) {
    while (this.state === 'loading') await new Promise((done) => this.addEventListener('change', done, { once: true }));
    return this.#known.get(id) ?? this.#fetch(id);
  }

  /** Some of the people whose username starts so. @param {string} start @returns {Promise<string[]>} */
  findPeople(start) {
    return this.#api.get(`/api/usernames?search=${encodeURIComponent(start)}`);
  }

  /** The conversation with somebody, which may be a new one. @param {string} username */
  async startWith(username) {
    return this.takeConversation(await this.#api.post('/api/conversations', { username }));
  }

  /** @param {Conversation} conversation */
  takeConversation(conversation) {
    this.#learn(conversation);
    this.#changed();
    return conversation;
  }

  /** @param {Message} message */
  takeMessage(message) {
    this.#learnMessage(message);
    if (!this.#known.has(message.conversationId)) this.#fetch(message.conversationId).catch((error) => this.#fail(error));
    this.#changed();
  }

  /** @param {ReadMark} mark */
  takeRead({ conversationId, userId, upTo }) {
    if (userId === this.#userId && this.#advance(conversationId, upTo)) this.#changed();
  }

  /** Moves one's read mark, here at once and on the server soon. @param {string} id @param {number} upTo */
  markRead(id, upTo) {
    if (!this.#advance(id, upTo)) return;
    this.#unsent.set(id, upTo);
    this.#changed();
    this.#sendMarks();
  }

  /** Catches up on what failed while the server was away. */
  resume() {
    if (this.state === 'failed') this.load();
    this.#sendMarks();
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }

  /** @param {unknown} error */
  #fail(error) {
    this.reason = reasonOf(error);
    this.state = 'failed';
    this.#changed();
  }

  /** @param {string} query */
  async #loadPage(query) {
    this.state = 'loading';
    this.#changed();
    try {
      /** @type {Conversation[]} */
      const page = await this.#api.get(`/api/conversations${query}`);
      for (const conversation of page) this.#learn(conversation);
      this.#lastListed = page.at(-1)?.id ?? this.#lastListed;
      this.hasMore = page.length === PAGE;
      this.state = 'ready';
      this.#changed();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** @param {string} id @returns {Promise<Conversation>} */
  async #fetch(id) {
    return this.takeConversation(await this.#api.get(`/api/conversations/${id}`));
  }

  /** @param {Conversation} conversation */
  #learn(conversation) {
    this.#known.set(conversation.id, conversation);
    this.#advance(conversation.id, conversation.lastReadNumber);
    if (conversation.lastMessage) this.#learnMessage(conversation.lastMessage);
  }

  /** @param {Message} message */
  #learnMessage(message) {
    const { conversationId, number, mine } = message;
    if (number > (this.newest(conversationId)?.number ?? 0)) this.#newest.set(conversationId, message);
    // Sending moves one's own mark, on the server too.
    if (mine) this.#advance(conversationId, number);
  }

  /** @param {string} id @param {number} upTo */
  #advance(id, upTo) {
    if (upTo <= this.lastRead(id)) return false;
    this.#marks.set(id, upTo);
    return true;
  }

  async #sendMarks() {
    for (const [id, upTo] of this.#unsent) {
      try {
        await this.#api.post(`/api/conversations/${id}/read_messages`, { upTo });
      } catch (error) {
        // What was refused won't be accepted later; what wasn't answered is kept for `resume`.
        if (error instanceof ApiError && error.status === 0) return;
      }
      // It may have moved on meanwhile.
      if (this.#unsent.get(id) === upTo) this.#unsent.delete(id);
    }
  }
}
