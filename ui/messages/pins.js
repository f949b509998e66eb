// The messages that are pinned in a conversation.

import { isCurrent, reasonOf } from '../base/api.js';

/** @import {FeedEvent, Message} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */

/** For everybody in its conversation. @param {Client} client @param {Message} message @param {boolean} pinned */
export async function setPinned({ api }, { id }, pinned) {
  const path = `/api/messages/${id}/pin`;
  await (pinned ? api.send('PUT', path) : api.delete(path));
}

/** Fires `change`. */
export class Pins extends EventTarget {
  #client;
  #id;
  /** By their ids. @type {Map<string, Message>} */
  #known = new Map();
  #loaded = false;

  /** @param {Client} client @param {string} id of the conversation @param {AbortSignal} signal */
  constructor(client, id, signal) {
    super();
    this.#client = client;
    this.#id = id;
    client.addEventListener('event', (event) => this.#take(/** @type {CustomEvent<FeedEvent>} */ (event).detail), { signal });
    client.stream.addEventListener('connected', () => this.#loaded || this.#load(), { signal });
    this.#load();
  }

  /** The last pinned first. */
  get messages() {
    const pinned = [...this.#known.values()].filter(({ pinnedAt }) => pinnedAt);
    return pinned.sort((one, other) => `${other.pinnedAt}`.localeCompare(`${one.pinnedAt}`) || Number(other.number) - Number(one.number));
  }

  async #load() {
    try {
      /** @type {Message[]} */
      const pinned = await this.#client.api.get(`/api/conversations/${this.#id}/pins`);
      for (const message of pinned) this.#learn(message);
      this.#loaded = true;
      this.dispatchEvent(new Event('change'));
    } catch (error) {
      // It is tried again.
      reasonOf(error);
    }
  }

  /** @param {FeedEvent} event */
  #take({ name, data }) {
    if (name !== 'update' || data.conversationId !== this.#id) return;
    // An answer that is on its way may say otherwise of it.
    if (this.#loaded && !data.pinnedAt && !this.#known.has(data.id)) return;
    this.#learn(data);
    this.dispatchEvent(new Event('change'));
  }

  /** One that was unpinned meanwhile stays known, so that no earlier answer brings it back. @param {Message} message */
  #learn(message) {
    if (isCurrent(message, this.#known.get(message.id))) this.#known.set(message.id, message);
  }
}
