// What one does besides writing, and nobody needs at the first look.

import { reasonOf } from '../base/api.js';
import { Blocks } from '../conversation/blocks.js';
import { People } from '../conversation/people.js';
import { Reactions } from './reactions.js';
import { Removals } from './removals.js';

/** @import {FeedEvent, Message, User} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */
/** @import {Timeline} from './timeline.js' */

/** So often at most others are told that one types. */
const TYPING_MS = 3_000;

/** One for each client. @type {WeakMap<Client, Actions>} */
const known = new WeakMap();

/** @param {Client} client */
export function actionsOf(client) {
  const actions = known.get(client) ?? new Actions(client, client.timelines);
  known.set(client, actions);
  return actions;
}

/** What is refused is an ApiError. */
class Actions {
  /** @type {Blocks | undefined} */
  #blocks;
  #client;
  #reactions;
  #removals;
  /** Of the conversation that was asked for last. @type {People | null} */
  #people = null;
  /** Where one has just been said to type. @type {Set<string>} */
  #typing = new Set();

  /** @param {Client} client @param {Map<string, Timeline>} timelines by conversation */
  constructor(client, timelines) {
    this.#client = client;
    this.#reactions = new Reactions(client, timelines);
    this.#removals = new Removals(client, timelines);
    client.addEventListener('event', (event) => {
      const { name, data } = /** @type {CustomEvent<FeedEvent>} */ (event).detail;
      if (name === 'user') this.#renew(data, timelines);
    });
    client.conversations.addEventListener('removed', (event) => {
      if (/** @type {CustomEvent<string>} */ (event).detail === this.#people?.id) this.#leavePeople();
    });
  }

  /** Whom one has blocked. */
  get blocks() {
    this.#blocks ??= new Blocks(this.#client);
    return this.#blocks;
  }

  /** Somebody is called otherwise from now on, or looks otherwise. @param {User} user @param {Map<string, Timeline>} timelines */
  #renew(user, timelines) {
    for (const timeline of timelines.values()) {
      for (const message of timeline.known) {
        const renewed = withUser(message, user);
        if (renewed) timeline.takeChange(renewed);
      }
    }
  }

  /** Who takes part in a conversation, kept up to date until those of another one are asked for. @param {string} id */
  people(id) {
    if (this.#people?.id !== id) this.#leavePeople();
    this.#people ??= new People(this.#client, id);
    return this.#people;
  }

  #leavePeople() {
    this.#people?.stop();
    this.#people = null;
  }

  /** Takes one's reaction back where there is one. @param {Message} message @param {string} emoji */
  react(message, emoji) {
    return this.#reactions.toggle(message, emoji);
  }

  /** Gives back what the server has then. @param {Message} message @param {string} content @returns {Promise<Message>} */
  async edit({ id }, content) {
    const answer = await this.#client.api.send('PATCH', `/api/messages/${id}`, { content });
    this.#client.takeChange(answer);
    return answer;
  }

  /** In a moment, unless it is undone. @param {Message} message */
  remove(message) {
    return this.#removals.add(message);
  }

  /** @param {string} id a message's */
  undoRemove(id) {
    this.#removals.undo(id);
  }

  /** Tells that one types. Where that can't be told, it isn't worth a word. @param {string} conversationId */
  async typing(conversationId) {
    if (this.#typing.has(conversationId)) return;
    this.#typing.add(conversationId);
    setTimeout(() => this.#typing.delete(conversationId), TYPING_MS);
    await this.#client.api.post(`/api/conversations/${conversationId}/typing`).catch(reasonOf);
  }
}

/** A message that names somebody, with what they are called now. @param {Message} message @param {User} user */
function withUser(message, user) {
  const { author, mentions = [], replyTo } = message;
  const isThem = (/** @type {User | null | undefined} */ other) => other?.id === user.id;
  if (![author, replyTo?.author, ...mentions.map((mention) => mention.user)].some(isThem)) return null;
  return {
    ...message, author: isThem(author) ? user : author,
    ...message.mentions && { mentions: mentions.map((mention) => (isThem(mention.user) ? { ...mention, user } : mention)) },
    ...replyTo && { replyTo: isThem(replyTo.author) ? { ...replyTo, author: user } : replyTo },
  };
}
