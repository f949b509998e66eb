// What the page of a signed-in person knows: the models, kept up to date by the stream.

import { keep } from '../base/storage.js';
import { Conversations } from '../conversations/conversations.js';
import { Outbox } from '../messages/outbox.js';
import { Timeline } from '../messages/timeline.js';
import { Stream } from '../stream/stream.js';
import { keptConversations, keptMessages } from './kept.js';

/** @import {Api} from '../base/api.js' */
/** @import {FeedEvent, Message, User} from '../base/types.js' */
/** @import {Keeper} from './keeper.js' */

/** How many read messages to load above the unread ones. */
const CONTEXT = 20;

/**
 * Loads nothing before the stream is connected, so that nothing falls between a load and the stream; or else what it
 * can get without. Fires `event`, with it, for each of the stream; `arrived`, with the message, for each new one of
 * somebody else; `sent` for one's own; and `change` when one is called or looks otherwise oneself.
 */
export class Client extends EventTarget {
  /** @type {Keeper | undefined} */
  #keeper;
  #isOver = false;
  /** @type {Map<string, Timeline>} */
  timelines = new Map();
  /** The ids of messages that are about to be deleted. @type {Set<string>} */
  removing = new Set();
  /** Whether events have come since what is here was loaded. */
  #followed = false;

  /** @param {Api} api @param {User} user @param {string} version of the UI */
  constructor(api, user, version) {
    super();
    this.api = api;
    this.user = user;
    this.conversations = new Conversations(api, user.id, keptConversations(user.id));
    this.outbox = new Outbox(api, user.id, (message) => this.#takeMessage(message));
    this.stream = new Stream(api, user, version, (event) => this.#receive(event));
    this.stream.addEventListener('connected', () => this.#connected());
    this.stream.addEventListener('change', () => this.#missed());
    this.conversations.addEventListener('change', () => this.#keepConversations());
    this.conversations.addEventListener('removed', (event) => {
      // Whoever is in it again finds it otherwise.
      const id = /** @type {CustomEvent<string>} */ (event).detail;
      this.timelines.delete(id);
      this.#keeper?.forget(id);
    });
  }

  /** @param {boolean} [lost] where it is known already that the server can’t be reached */
  start(lost = false) {
    this.stream.start(lost);
  }

  stop() {
    this.stream.stop();
    this.outbox.stop();
    this.#keeper?.stop();
    this.#isOver = true;
  }

  /** From now on, what is here is kept for when the server isn’t. @param {Keeper} keeper */
  keepBy(keeper) {
    // Whoever has left keeps nothing.
    if (this.#isOver) return keeper.stop();
    this.#keeper = keeper;
    this.#keepConversations();
    for (const [id, timeline] of this.timelines) if (timeline.loaded) this.#keepMessages(id, timeline);
  }

  #keepConversations() {
    this.#keeper?.keepConversations(() => this.conversations.kept);
  }

  /** @param {string} id @param {Timeline} timeline */
  #keepMessages(id, timeline) {
    if (timeline === this.timelines.get(id)) this.#keeper?.keepMessages(id, () => timeline.newest);
  }

  /** For all tabs. */
  end() {
    this.stream.end();
    this.stop();
  }

  /** The messages of a conversation, loaded as far as they are unread where that isn't too much. @param {string} id */
  timeline(id) {
    const known = this.timelines.get(id);
    if (known) return known;
    const timeline = new Timeline(this.api, id, keptMessages(this.user.id, id));
    this.timelines.set(id, timeline);
    timeline.addEventListener('change', () => this.#keepMessages(id, timeline));
    timeline.load(this.conversations.unread(id) + CONTEXT);
    return timeline;
  }

  /** @param {Message} message that has changed */
  takeChange(message) {
    const timeline = this.timelines.get(message.conversationId);
    if (timeline) timeline.takeChange(message);
    else this.#keeper?.keepChange(message);
    this.conversations.takeMessage(message);
  }

  /** Somebody is called otherwise, or looks otherwise; perhaps oneself. @param {User} user */
  takeUser(user) {
    this.conversations.takeUser(user);
    if (user.id !== this.user.id) return;
    this.user = user;
    keep('user', user);
    this.dispatchEvent(new Event('change'));
  }

  /** @param {FeedEvent} event */
  #receive(event) {
    const { name, data } = event;
    if (name === 'message' || name === 'sent') this.#takeMessage(data);
    if (name === 'message' && data.author) this.dispatchEvent(new CustomEvent('arrived', { detail: data }));
    else if (name === 'sent') this.dispatchEvent(new Event('sent'));
    else if (name === 'update') this.takeChange(data);
    else if (name === 'user') this.takeUser(data);
    else if (name === 'read') this.conversations.takeRead(data);
    else if (name === 'conversation') this.conversations.takeConversation(data);
    this.dispatchEvent(new CustomEvent('event', { detail: event }));
  }

  #connected() {
    if (!this.#followed || this.conversations.state !== 'ready') this.conversations.load();
    for (const timeline of this.timelines.values()) {
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
    this.timelines.get(message.conversationId)?.take(message);
    this.conversations.takeMessage(message);
    this.outbox.remove(message.clientId);
  }
}
