// The rooms that others would like one to join, for whoever wants to be asked.

/** @import {FeedEvent, RoomRequest} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */

/** Fires `change`. What is refused is an ApiError. */
export class RoomRequests extends EventTarget {
  /** The newest first. @type {RoomRequest[]} */
  open = [];
  /** What was loaded before something changed is loaded once more. */
  #changes = 0;

  #client;

  /** @param {Client} client @param {AbortSignal} signal */
  constructor(client, signal) {
    super();
    this.#client = client;
    client.addEventListener('event', (event) => this.#take(/** @type {CustomEvent<FeedEvent>} */ (event).detail), { signal });
    client.stream.addEventListener('connected', () => this.#load(), { signal });
    this.#load();
  }

  /** @param {string} id the room’s */
  async accept(id) {
    this.#client.conversations.takeConversation(await this.#client.api.post(`/api/room_requests/${id}`, {}));
    this.#change(this.#without(id));
  }

  /** @param {string} id the room’s */
  async decline(id) {
    await this.#client.api.delete(`/api/room_requests/${id}`);
    this.#change(this.#without(id));
  }

  /** Where it can’t be had, it is once there is a connection. @returns {Promise<void>} */
  async #load() {
    const changes = this.#changes;
    const open = await this.#client.api.get('/api/room_requests').catch(() => null);
    if (!open) return;
    if (changes !== this.#changes) return this.#load();
    this.#learn(open);
  }

  /** @param {FeedEvent} event */
  #take({ name, data }) {
    if (name !== 'room_request') return;
    const { conversationId, request } = data;
    this.#change([...(request ? [request] : []), ...this.#without(conversationId)]);
  }

  /** @param {RoomRequest[]} open */
  #change(open) {
    this.#changes += 1;
    this.#learn(open);
  }

  /** @param {string} id */
  #without(id) {
    return this.open.filter(({ conversationId }) => conversationId !== id);
  }

  /** @param {RoomRequest[]} open */
  #learn(open) {
    this.open = open;
    this.dispatchEvent(new Event('change'));
  }
}
