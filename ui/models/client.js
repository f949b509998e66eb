// What the page of a signed-in person knows: the models, kept up to date by the stream.

import { Stream } from '../stream/stream.js';
import { Conversations } from './conversations.js';
import { Keeper } from './keeper.js';
import { Outbox } from './outbox.js';
import { Timeline } from './timeline.js';

/** @import {Api} from '../base/api.js' */
/** @import {FeedEvent, Message, User} from '../base/types.js' */

/** How many read messages to load above the unread ones. */
const CONTEXT = 20;

/**
 * Loads nothing before the stream is connected, so that nothing falls between a load and the stream; or else what it
 * can get without. Fires `arrived`, with the message, for each new one of somebody else, and `sent` for
 * one's own.
 */
export class Client extends EventTarget {
  #keeper;
  /** @type {Map<string, Timeline>} */
  #timelines = new Map();
  /** Whether events have come since what is here was loaded. */
  #followed = false;

  /** @param {Api} api @param {User} user @param {string} version of the UI */
  constructor(api, user, version) {
    super();
    this.api = api;
    this.user = user;
    this.#keeper = new Keeper(user.id);
    this.conversations = new Conversations(api, user.id, this.#keeper.conversations);
    this.outbox = new Outbox(api, user.id, (message) => this.#takeMessage(message));
    this.stream = new Stream(api, user, version, (event) => this.#receive(event));
    this.stream.addEventListener('connected', () => this.#connected());
    this.stream.addEventListener('change', () => this.#missed());
    this.conversations.addEventListener('change', () =>
      this.#keeper.keepConversations(() => this.conversations.kept));
  }

  start() {
    this.stream.start();
  }

  stop() {
    this.stream.stop();
    this.outbox.stop();
    this.#keeper.stop();
  }

  /** For all tabs. */
  end() {
    this.stream.end();
    this.stop();
  }

  /** The messages of a conversation, loaded as far as they are unread where that isn't too much. @param {string} id */
  timeline(id) {
    const known = this.#timelines.get(id);
    if (known) return known;
    const timeline = new Timeline(this.api, id, this.#keeper.messages(id));
    this.#timelines.set(id, timeline);
    timeline.addEventListener('change', () => this.#keeper.keepMessages(id, () => timeline.messages));
    timeline.load(this.conversations.unread(id) + CONTEXT);
    return timeline;
  }

  /** @param {FeedEvent} event */
  #receive({ name, data }) {
    if (name === 'message' || name === 'sent') this.#takeMessage(data);
    if (name === 'message') this.dispatchEvent(new CustomEvent('arrived', { detail: data }));
    else if (name === 'sent') this.dispatchEvent(new Event('sent'));
    else if (name === 'read') this.conversations.takeRead(data);
    else if (name === 'conversation') this.conversations.takeConversation(data);
  }

  #connected() {
    if (!this.#followed || this.conversations.state !== 'ready') this.conversations.load();
    for (const timeline of this.#timelines.values()) {
      if (timeline.state === 'failed') timeline.load();
      else if (!this.#followed) timeline.refresh();
    }
    this.#followed = true;
    this.outbox.send();
    this.conversations.tryAgain();
  }

  /** Without a stream, perhaps what it would keep up to date can be had. */
  #missed() {
    if (!this.stream.lost || this.#followed) return;
    if (this.conversations.state === 'loading') this.conversations.load();
    // What waits from an earlier time finds out why.
    this.outbox.send();
  }

  /** @param {Message} message */
  #takeMessage(message) {
    this.#timelines.get(message.conversationId)?.take(message);
    this.conversations.takeMessage(message);
    this.outbox.remove(message.clientId);
  }
}
