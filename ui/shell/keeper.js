// Writes what is to be read without the server.

import { forget, keep, keysOf } from '../base/storage.js';
import { keptConversations, keptMessages, prefixOf } from './kept.js';

/** @import {Conversation, Message} from '../base/types.js' */

const CONVERSATIONS = 30;
const MESSAGES = 50;
const PAUSE_MS = 1_000;

/** Writes a moment after the last change, or when the page is left. */
export class Keeper {
  #userId;
  #prefix;
  #pause = 0;
  /** What is to be written, by key. @type {Map<string, () => unknown>} */
  #due = new Map();
  #life = new AbortController();

  /** @param {string} userId */
  constructor(userId) {
    this.#userId = userId;
    this.#prefix = prefixOf(userId);
    document.addEventListener('visibilitychange', () => document.hidden && this.#write(), this.#life);
    addEventListener('pagehide', () => this.#write(), this.#life);
  }

  stop() {
    this.#write();
    this.#life.abort();
  }

  /** What is kept by now. */
  get conversations() {
    return keptConversations(this.#userId);
  }

  /** @param {string} conversationId */
  messages(conversationId) {
    return keptMessages(this.#userId, conversationId);
  }

  /** Of a conversation that one isn't in any more. @param {string} conversationId */
  forget(conversationId) {
    const key = this.#prefix + conversationId;
    this.#due.delete(key);
    forget(key);
  }

  /** @param {() => Conversation[]} conversations newest first */
  keepConversations(conversations) {
    this.#keep('list', () => conversations().slice(0, CONVERSATIONS));
  }

  /** @param {string} conversationId @param {() => Message[]} messages oldest first */
  keepMessages(conversationId, messages) {
    this.#keep(conversationId, () => messages().slice(-MESSAGES));
  }

  /** What somebody has deleted isn't kept either. @param {Message} message that has changed */
  keepChange(message) {
    const messages = this.messages(message.conversationId);
    const index = messages.findIndex(({ id }) => id === message.id);
    if (index >= 0) keep(this.#prefix + message.conversationId, messages.with(index, message));
  }

  /** @param {string} name @param {() => unknown} value */
  #keep(name, value) {
    // What comes late mustn't be written behind the back of somebody who has left.
    if (this.#life.signal.aborted) return;
    this.#due.set(`${this.#prefix}${name}`, value);
    this.#pause ||= setTimeout(() => this.#write(), PAUSE_MS);
  }

  #write() {
    clearTimeout(this.#pause);
    this.#pause = 0;
    for (const [key, value] of this.#due) keep(key, value());
    this.#due.clear();
    if (this.conversations.length === 0) return;
    const listed = new Set(this.conversations.map(({ id }) => this.#prefix + id).concat(`${this.#prefix}list`));
    for (const key of keysOf(this.#prefix)) if (!listed.has(key)) forget(key);
  }
}
