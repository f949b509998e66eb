// What the page of a signed-in person knows: the feed, and the models that it keeps up to date.

import { Conversations } from './conversations.js';
import { Feed } from './feed.js';
import { Outbox } from './outbox.js';
import { Timeline } from './timeline.js';

/** @import {Api} from './api.js' */
/** @import {FeedEvent, Message, User} from './types.js' */

/** How many read messages to load above the unread ones. */
const CONTEXT = 20;

/**
 * Nothing is loaded before the stream has said hello, so that nothing falls between a load and the stream.
 * Fires `reset` when what is known can't be brought up to date any more.
 */
export class Client extends EventTarget {
  #api;
  /** @type {Map<string, Timeline>} */
  #timelines = new Map();

  /** @param {Api} api @param {User} user */
  constructor(api, user) {
    super();
    this.#api = api;
    this.user = user;
    this.conversations = new Conversations(api, user.id);
    this.outbox = new Outbox(api, user.id, (message) => this.#takeMessage(message));
    this.feed = new Feed(api, (event) => this.#receive(event));
  }

  /** The messages of a conversation, loaded as far as they are unread where that isn't too much. @param {string} id */
  timeline(id) {
    const known = this.#timelines.get(id);
    if (known) return known;
    const timeline = new Timeline(this.#api, id);
    this.#timelines.set(id, timeline);
    timeline.load(this.conversations.unread(id) + CONTEXT);
    return timeline;
  }

  /** @param {FeedEvent} event */
  #receive({ name, data }) {
    if (name === 'hello') this.#greet();
    else if (name === 'message' || name === 'sent') this.#takeMessage(data);
    else if (name === 'read') this.conversations.takeRead(data);
    else if (name === 'conversation') this.conversations.takeConversation(data);
    else if (name === 'reset') this.dispatchEvent(new Event('reset'));
  }

  #greet() {
    if (this.conversations.state !== 'ready') this.conversations.load();
    for (const timeline of this.#timelines.values()) if (timeline.state === 'failed') timeline.load();
    this.outbox.retry();
  }

  /** @param {Message} message */
  #takeMessage(message) {
    this.#timelines.get(message.conversationId)?.take(message);
    this.conversations.takeMessage(message);
    this.outbox.remove(message.clientId);
  }
}
