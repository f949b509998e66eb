// What others do: who types in which conversation, who is online, as far as somebody has told, and what they send beside texts.

import { titleOf } from '../base/format.js';
import { levelName } from '../conversation/levels.js';
import { summaryOf } from '../files/kinds.js';
import { draftsOf } from '../messages/drafts.js';
import { inOneLine } from '../text/text-view.js';
import { t, textOf } from '../words/index.js';

/** @import {FeedEvent, Level, Message, User} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */

/** So long after the last word of it, somebody is taken to type. */
const TYPING_MS = 6_000;

/** Fires `change`. */
export class Doings extends EventTarget {
  #client;
  /** Who types, by conversation, and when that is over. @type {Map<string, Map<string, number>>} */
  #typing = new Map();
  /** @type {Set<string>} */
  #online = new Set();

  /** @param {Client} client @param {AbortSignal} signal */
  constructor(client, signal) {
    super();
    this.#client = client;
    client.addEventListener('event', (event) => this.#take(/** @type {CustomEvent<FeedEvent>} */ (event).detail), { signal });
    draftsOf(client).addEventListener('change', () => this.dispatchEvent(new Event('change')), { signal });
    // Who has come and gone meanwhile isn’t told again.
    client.stream.addEventListener('change', () => client.stream.lost && this.#forget(), { signal });
  }

  /** What one has begun to write there on another device, or ''. @param {string} conversationId */
  draftOf(conversationId) {
    return draftsOf(this.#client).of(conversationId)?.content ?? '';
  }

  /** What a message says, in one line, or what came with it. @param {Message} message */
  lineOf(message) {
    return message.system ? textOf(message) : inOneLine(message.content, message.mentions) || summaryOf(message);
  }

  /** In words, or ''. @param {string} conversationId */
  doing(conversationId) {
    const [first, ...others] = this.#typing.get(conversationId)?.keys() ?? [];
    if (!first) return '';
    const { other } = this.#client.conversations.known(conversationId) ?? {};
    const name = other ? '' : titleOf(this.#userOf(first));
    return others.length > 0 || !name ? t('conversations.typing') : t('conversations.isTyping', { name });
  }

  /** @param {string | undefined} userId */
  isOnline(userId = '') {
    return this.#online.has(userId);
  }

  /** What a row shows by signs alone, in words. @param {User | null} other @param {boolean} pinned @param {Level} level */
  signs(other, pinned, level) {
    const signs = [
      this.isOnline(other?.id) && t('conversation.online'), pinned && t('conversations.pinned'),
      level === 'none' && t('conversation.notificationsAre', { level: levelName(level) }),
    ];
    return signs.filter(Boolean).join(', ');
  }

  /** @param {string} userId @param {boolean} online */
  learn(userId, online) {
    if (online) this.#online.add(userId);
    else this.#online.delete(userId);
    this.dispatchEvent(new Event('change'));
  }

  /** Somebody who has written last somewhere. @param {string} userId @returns {User | null | undefined} */
  #userOf(userId) {
    return this.#client.conversations.listed.flatMap(({ other, newest }) => [other, newest.author]).find((user) => user?.id === userId);
  }

  /** @param {FeedEvent} event */
  #take({ name, data }) {
    if (name === 'presence') this.learn(data.userId, data.online);
    else if (name === 'typing' && data.userId !== this.#client.user.id) this.#start(data.conversationId, data.userId);
    else if (name === 'message' && data.author) this.#stop(data.conversationId, data.author.id);
  }

  /** @param {string} conversationId @param {string} userId */
  #start(conversationId, userId) {
    const typing = this.#typing.get(conversationId) ?? new Map();
    this.#typing.set(conversationId, typing);
    clearTimeout(typing.get(userId));
    typing.set(userId, setTimeout(() => this.#stop(conversationId, userId), TYPING_MS));
    this.dispatchEvent(new Event('change'));
  }

  /** @param {string} conversationId @param {string} userId */
  #stop(conversationId, userId) {
    const typing = this.#typing.get(conversationId);
    clearTimeout(typing?.get(userId));
    if (typing?.delete(userId)) this.dispatchEvent(new Event('change'));
  }

  #forget() {
    this.#online.clear();
    this.dispatchEvent(new Event('change'));
  }
}
