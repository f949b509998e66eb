// What the page of a signed-in person knows: the feed, and the models that it keeps up to date.

import { Conversations } from './conversations.js';
import { Feed } from './feed.js';
import { Outbox } from './outbox.js';
import { Timeline } from './timeline.js';

/** @import {Api} from './api.js' */
/** @import {FeedEvent, Message, User} from './types.js' */

/**
 * Nothing is loaded before the stream says hello, so that no event falls between a load and the stream.
 * Fires `reset` when what was shown may be wrong and has to be shown anew.
 */
export class Client extends EventTarget {
  user;
  conversations;
  outbox;
  feed;

  #api;
  #greeted = false;
  /** @type {Map<string, Timeline>} */
  #timelines = new Map();

  /**
   * @param {Api} api
   * @param {User} user
   */
  constructor(api, user) {
    super();
    this.#api = api;
    this.user = user;
    this.conversations = new Conversations(api, user);
    this.outbox = new Outbox(api, user.id, (message) => this.#takeMessage(message));
    this.feed = new Feed(api, (event) => this.#receive(event));
  }

  start() {
    this.feed.start();
  }

  stop() {
    this.feed.stop();
    this.#forgetTimelines();
  }

  /**
   * The messages of a conversation that has been found.
   * @param {string} conversationId
   */
  timeline(conversationId) {
    const known = this.#timelines.get(conversationId);
    if (known) return known;
    const timeline = new Timeline(this.#api, conversationId);
    this.#timelines.set(conversationId, timeline);
    this.#load(conversationId, timeline);
    return timeline;
  }

  /** @param {FeedEvent} event */
  #receive({ name, data }) {
    if (name === 'hello') this.#greet();
    else if (name === 'message' || name === 'sent') this.#takeMessage(data);
    else if (name === 'read') this.conversations.takeRead(data);
    else if (name === 'conversation') this.conversations.takeConversation(data);
    else if (name === 'reset') this.#reset();
  }

  #greet() {
    if (this.#greeted) this.conversations.resume();
    else this.conversations.load();
    this.#greeted = true;
    for (const [id, timeline] of this.#timelines) {
      if (timeline.state === 'failed') this.#load(id, timeline);
      else if (timeline.older === 'failed') timeline.loadOlder();
    }
    this.outbox.resume();
  }

  /** @param {Message} message */
  #takeMessage(message) {
    this.#timelines.get(message.conversationId)?.take(message);
    this.conversations.takeMessage(message);
    this.outbox.remove(message.clientId);
  }

  #reset() {
    this.#forgetTimelines();
    this.conversations.reset();
    this.dispatchEvent(new Event('reset'));
  }

  #forgetTimelines() {
    for (const timeline of this.#timelines.values()) timeline.stop();
    this.#timelines.clear();
  }

  /**
   * @param {string} id
   * @param {Timeline} timeline
   */
  #load(id, timeline) {
    timeline.load(this.conversations.unread(id));
  }
}
