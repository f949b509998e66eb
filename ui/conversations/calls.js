// Which unread messages call one: by a mention, or by an answer to a message of one’s own. What the server has counted is
// kept up from there by what arrives.

import { reasonOf } from '../base/api.js';
import { actionsOf } from '../messages/actions.js';

/** @import {FeedEvent, Message} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */

/** So long after one has read some of them, the server is asked how many are left. */
const PAUSE_MS = 1_000;

/** Whether a message is for somebody in particular. @param {Message} message @param {string} userId */
export function isCall({ mentions = [], replyTo, mine }, userId) {
  return !mine && (replyTo?.author?.id === userId || mentions.some(({ user, all }) => all || user?.id === userId));
}

export class Calls {
  #client;
  /** The numbers of those that have arrived, by conversation. @type {Map<string, Set<number>>} */
  #arrived = new Map();
  /** How far one had read where the server was asked last, by conversation. @type {Map<string, number>} */
  #asked = new Map();
  #pause = 0;

  /** @param {Client} client @param {AbortSignal} signal */
  constructor(client, signal) {
    this.#client = client;
    const { conversations } = client;
    const counted = conversations.called.bind(conversations);
    conversations.called = (id) => counted(id) + this.#later(id).length;
    client.addEventListener('arrived', (event) => this.#take(/** @type {CustomEvent<Message>} */ (event).detail), { signal });
    client.addEventListener('event', (event) => this.#follow(/** @type {CustomEvent<FeedEvent>} */ (event).detail), { signal });
    conversations.addEventListener('change', () => this.#look(), { signal });
    signal.addEventListener('abort', () => clearTimeout(this.#pause));
    // Of what arrived while this was on its way, only the server knows.
    const missed = conversations.listed.filter(({ id, newest, unread }) => unread > 0 && newest.number > conversations.counted(id).upTo);
    this.#ask(missed.map(({ id }) => id));
  }

  /** Those that the server’s count doesn’t have yet. @param {string} id */
  #later(id) {
    const { conversations } = this.#client;
    const known = Math.max(conversations.lastRead(id), conversations.counted(id).upTo);
    return [...this.#arrived.get(id) ?? []].filter((number) => number > known);
  }

  /** @param {Message} message */
  #take(message) {
    const { conversationId: id, number, author } = message;
    if (!isCall(message, this.#client.user.id) || actionsOf(this.#client).blocks.has(author?.id)) return;
    this.#arrived.set(id, (this.#arrived.get(id) ?? new Set()).add(number));
    this.#client.conversations.dispatchEvent(new Event('change'));
  }

  /** What is deleted calls nobody. @param {FeedEvent} event */
  #follow({ name, data }) {
    if (name !== 'update' || !data.deletedAt) return;
    const { conversationId: id, number } = data;
    const { conversations } = this.#client;
    this.#arrived.get(id)?.delete(number);
    if (number > conversations.lastRead(id) && conversations.called(id) > this.#later(id).length) this.#ask([id]);
  }

  /** Where one has read on, but not all that the server has counted, only the server knows what is left of it. */
  #look() {
    const { conversations } = this.#client;
    const due = conversations.listed.filter(({ id }) => conversations.called(id) > this.#later(id).length
      && conversations.lastRead(id) > (this.#asked.get(id) ?? conversations.counted(id).after));
    if (due.length > 0) this.#pause ||= setTimeout(() => this.#ask(due.map(({ id }) => id)), PAUSE_MS);
  }

  /** @param {string[]} ids */
  #ask(ids) {
    this.#pause = 0;
    const { api, conversations } = this.#client;
    for (const id of ids) {
      this.#asked.set(id, conversations.lastRead(id));
      api.get(`/api/conversations/${id}`).then((state) => conversations.takeConversation(state)).catch(reasonOf);
    }
  }
}
