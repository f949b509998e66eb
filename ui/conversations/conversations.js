// The conversations that one takes part in: with whom, the newest message, how far one has read, and what one has set.

import { isCurrent, reasonOf } from '../base/api.js';
import { titleOf } from '../base/format.js';

/** @import {Api} from '../base/api.js' */
/** @import {Conversation, Level, Message, ReadMark, Removed, User} from '../base/types.js' */

/**
 * Up to the number `read` one has read, and up to `told` the server knows or is being told so.
 * @typedef {{id: string, state?: Conversation, newest?: Message, read: number, told: number}} Known
 */
/** @typedef {ReturnType<typeof infoOf>} Info */
/** @typedef {{pinned: boolean, archived: boolean, hidden: boolean, markedUnread: boolean}} Marks */
/** What one sets for oneself. @typedef {Marks & {notificationLevel: Level}} Settings */

const PAGE = 25;

/**
 * What is known only grows: a newer message, a later state, a later read mark. So a page of the list and the events of
 * the stream can be taken in any order, and twice. Only a conversation that one isn't in any more is forgotten, and what
 * was asked for before that says nothing about it. Fires `change`, and `removed` with its id.
 */
export class Conversations extends EventTarget {
  /** @type {'loading' | 'ready' | 'failed'} */
  state = 'loading';
  /** Why `state` is failed. */
  reason = '';
  hasMore = false;

  #api;
  #userId;
  /** @type {Map<string, Known>} */
  #known = new Map();
  /** Where one has read further than the server knows. @type {Set<string>} */
  #untold = new Set();
  /** What is being asked for. @type {Set<string>} */
  #fetching = new Set();
  /** Where the last page ended. */
  #lastListed = '';
  #kept;
  /** How many have been removed. */
  #removals = 0;
  /** As which of them each was, the last time. @type {Map<string, number>} */
  #removed = new Map();

  /** @param {Api} api @param {string} userId @param {Conversation[]} kept from an earlier time */
  constructor(api, userId, kept) {
    super();
    this.#api = api;
    this.#userId = userId;
    this.#kept = kept;
    for (const conversation of kept) this.#learn(conversation);
  }

  /** The pinned ones first, and of each kind the one with the newest message. One without a message isn't listed. */
  get listed() {
    const listed = this.#all.filter(({ archived, hidden }) => !archived && !hidden);
    return [...listed.filter(({ pinned }) => pinned), ...listed.filter(({ pinned }) => !pinned)];
  }

  /** Newest message first. */
  get archived() {
    return this.#all.filter(({ archived }) => archived);
  }

  get #all() {
    return [...this.#known.values()]
      .flatMap((known) => (known.state && known.newest
        ? { ...infoOf(known.state), ...marksOf(known.state, known.newest), newest: known.newest, unread: this.unread(known.id) }
        : []))
      .sort((a, b) => (BigInt(a.newest.id) < BigInt(b.newest.id) ? 1 : -1));
  }

  /** How many unread messages one wants to know of; a conversation that is marked counts as one. */
  get wanted() {
    return this.listed.reduce((total, { id, level, unread, markedUnread }) =>
      total + (level === 'none' ? 0 : (level === 'all' ? unread : this.called(id)) || Number(markedUnread)), 0);
  }

  /** How many unread messages call one, as far as the server has said so. @param {string} id */
  called(id) {
    return this.lastRead(id) < this.counted(id).upTo ? this.#get(id).state?.mentionCount ?? 0 : 0;
  }

  /** Which messages it has counted: those after one number, up to another. @param {string} id */
  counted(id) {
    const { state } = this.#get(id);
    return { after: state?.lastReadNumber ?? 0, upTo: state?.lastMessage?.number ?? 0 };
  }

  /** What is listed, as the server would say it. @returns {Conversation[]} */
  get kept() {
    return this.#all.filter(({ hidden }) => !hidden).flatMap(({ id, newest, archived, hidden }) => {
      const { state, read } = this.#get(id);
      return state ? { ...state, archived, hidden, lastMessage: newest, lastReadNumber: read, mentionCount: this.called(id) } : [];
    });
  }

  /** @param {string} id */
  lastRead(id) {
    return this.#get(id).read;
  }

  /** @param {string} id */
  unread(id) {
    const { newest, read } = this.#get(id);
    return Math.max(0, (newest?.number ?? 0) - read);
  }

  load() {
    return this.#load('');
  }

  loadMore() {
    return this.#load(`?before=${this.#lastListed}`);
  }

  /** What is known of a conversation by now. @param {string} id */
  known(id) {
    const state = this.#known.get(id)?.state;
    return state && infoOf(state);
  }

  /** The same, asked for where the list doesn't say. @param {string} id */
  async info(id) {
    while (!this.known(id) && this.state === 'loading') {
      await new Promise((done) => this.addEventListener('change', done, { once: true }));
    }
    return this.known(id) ?? infoOf(await this.#fetch(id));
  }

  /** @template {Conversation | Removed} T @param {T} conversation */
  takeConversation(conversation) {
    if ('removed' in conversation) this.#forget(conversation.id);
    else this.#learn(conversation);
    this.#changed();
    return conversation;
  }

  /** One that is new, or has changed. @param {Message} message */
  takeMessage(message) {
    this.#learnMessage(message);
    this.#changed();
    const { id, state } = this.#get(message.conversationId);
    if (!state) this.#fetchOnce(id);
  }

  /** @param {ReadMark} mark */
  takeRead({ conversationId, userId, upTo }) {
    if (userId !== this.#userId) return;
    const wasMarked = this.#unmark(conversationId);
    if (this.#advance(conversationId, upTo) || wasMarked) this.#changed();
  }

  /** Somebody is called otherwise now, or looks otherwise. @param {User} user */
  takeUser(user) {
    for (const known of this.#known.values()) {
      const { state, newest } = known;
      if (state?.otherParticipant?.id === user.id) known.state = { ...state, otherParticipant: user };
      if (newest?.author?.id === user.id) known.newest = { ...newest, author: user };
    }
    this.#changed();
  }

  /** What one sets for oneself; one that is pinned isn’t archived any more, and the other way round. @param {string} id @param {Partial<Settings>} marks */
  async set(id, marks) {
    this.takeConversation(await this.#api.send('PATCH', `/api/conversations/${id}/settings`, marks));
  }

  /** Where the server can't be told, `tryAgain` does. @param {string} id @param {number} upTo */
  async markRead(id, upTo) {
    const known = this.#get(id);
    if (upTo <= known.told && !known.state?.markedUnread) return;
    known.told = Math.max(known.told, upTo);
    this.takeRead({ conversationId: id, userId: this.#userId, upTo });
    await this.#tell(id, upTo);
  }

  /** Tells and asks what couldn't be before. */
  tryAgain() {
    for (const id of this.#untold) this.#tell(id, this.lastRead(id));
    for (const { id, newest, state } of this.#known.values()) if (newest && !state) this.#fetchOnce(id);
  }

  /** @param {string} id @param {number} upTo */
  async #tell(id, upTo) {
    try {
      await this.#api.post(`/api/conversations/${id}/read_messages`, { upTo });
      if (upTo >= this.lastRead(id)) this.#untold.delete(id);
    } catch (error) {
      reasonOf(error);
      this.#untold.add(id);
    }
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
  async #load(query) {
    this.state = 'loading';
    this.#changed();
    const before = this.#removals;
    try {
      /** @type {Conversation[]} */
      const page = await this.#api.get(`/api/conversations${query}`);
      for (const conversation of page) this.#learn(conversation, before);
      this.#dropKept(BigInt(page.length < PAGE ? 0 : page.at(-1)?.lastMessage?.id ?? 0));
      // Loading the first page anew leaves it at what is listed already.
      if (query || !this.#lastListed) {
        this.#lastListed = page.at(-1)?.id ?? this.#lastListed;
        this.hasMore = page.length === PAGE;
      }
      this.state = 'ready';
      this.#changed();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Where it can't be had, the next message asks again, and so does `tryAgain`. @param {string} id */
  #fetchOnce(id) {
    if (this.#fetching.has(id)) return;
    this.#fetching.add(id);
    this.#fetch(id).catch(reasonOf).finally(() => this.#fetching.delete(id));
  }

  /** @param {string} id */
  async #fetch(id) {
    const before = this.#removals;
    /** @type {Conversation} */
    const conversation = await this.#api.get(`/api/conversations/${id}`);
    this.#learn(conversation, before);
    this.#changed();
    return conversation;
  }

  /** What was kept, and the list doesn't say although it should have, isn't one's own any more. @param {bigint} listed its newest messages up to here */
  #dropKept(listed) {
    for (const { id, lastMessage } of this.#kept) {
      const isSure = this.#known.get(id)?.newest !== lastMessage;
      if (lastMessage && BigInt(lastMessage.id) > listed && !isSure) this.#forget(id);
    }
  }

  /** @param {string} id */
  #forget(id) {
    this.#removals += 1;
    this.#removed.set(id, this.#removals);
    this.#untold.delete(id);
    if (this.#known.delete(id)) this.dispatchEvent(new CustomEvent('removed', { detail: id }));
  }

  /** @param {string} id */
  #get(id) {
    /** @type {Known} */
    const known = this.#known.get(id) ?? { id, read: 0, told: 0 };
    this.#known.set(id, known);
    return known;
  }

  /** @param {Conversation} conversation @param {number} [before] how many had been removed when it was asked for */
  #learn(conversation, before = this.#removals) {
    const { id, lastMessage, lastReadNumber } = conversation;
    if ((this.#removed.get(id) ?? 0) > before) return;
    const known = this.#get(id);
    if (isCurrent(conversation, known.state)) known.state = conversation;
    this.#advance(id, lastReadNumber);
    if (lastMessage) this.#learnMessage(lastMessage);
  }

  /** @param {Message} message */
  #learnMessage(message) {
    const known = this.#get(message.conversationId);
    const { newest } = known;
    const later = message.number - (newest?.number ?? 0);
    if (later > 0 || later === 0 && isCurrent(message, newest)) known.newest = message;
    // Sending moves one's own mark, on the server too.
    if (message.mine && this.#advance(known.id, message.number)) this.#unmark(known.id);
  }

  /** @param {string} id */
  #unmark(id) {
    const { state } = this.#get(id);
    if (!state?.markedUnread) return false;
    this.#get(id).state = { ...state, markedUnread: false };
    return true;
  }

  /** @param {string} id @param {number} upTo */
  #advance(id, upTo) {
    const known = this.#get(id);
    if (upTo <= known.read) return false;
    known.read = upTo;
    known.told = Math.max(known.told, upTo);
    return true;
  }
}

/** What to show of a conversation. @param {Conversation} conversation */
function infoOf({ id, kind, name, otherParticipant: other, open, avatarURL, participantCount, role, notificationLevel: level = 'all' }) {
  return { id, kind, title: name ?? titleOf(other), other, open, avatarURL, participantCount, role, level };
}

/** What one has set, as far as a message that is newer than the state hasn’t ended it. @param {Conversation} state @param {Message} newest @returns {Marks} */
function marksOf({ pinned, archived, hidden, markedUnread, lastMessage }, newest) {
  const isStill = newest.number <= (lastMessage?.number ?? 0);
  return { pinned: Boolean(pinned), archived: Boolean(archived) && isStill, hidden: Boolean(hidden) && isStill, markedUnread: Boolean(markedUnread) };
}
