// Messages on their way out: gone from sight at once, and deleted when there has been time to think again.

/** @import {Message} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */
/** @import {Timeline} from './timeline.js' */

const UNDO_MS = 5_000;

/** Deletes also when the page is left. Timelines and the list of conversations tell of each change. */
export class Removals {
  #client;
  #timelines;
  /** What ends the wait of each, by the message's id: true to delete it, false to leave it. @type {Map<string, (isWanted: boolean) => void>} */
  #waiting = new Map();

  /** @param {Client} client @param {Map<string, Timeline>} timelines */
  constructor(client, timelines) {
    this.#client = client;
    this.#timelines = timelines;
    addEventListener('pagehide', () => {
      for (const end of this.#waiting.values()) end(true);
    });
  }

  /** @param {string} id */
  undo(id) {
    this.#waiting.get(id)?.(false);
  }

  /** Ends when it is deleted, or isn't to be any more. @param {Message} message */
  async add(message) {
    const { id } = message;
    const { removing } = this.#client;
    if (removing.has(id)) return;
    removing.add(id);
    this.#changed(message);
    try {
      if (await this.#isWanted(id)) await this.#delete(message);
    } finally {
      removing.delete(id);
      this.#changed(message);
    }
  }

  /** Whether nobody has thought otherwise until it was time. @param {string} id */
  async #isWanted(id) {
    /** @type {PromiseWithResolvers<boolean>} */
    const { promise, resolve } = Promise.withResolvers();
    this.#waiting.set(id, resolve);
    setTimeout(() => resolve(true), UNDO_MS);
    const isWanted = await promise;
    this.#waiting.delete(id);
    return isWanted;
  }

  /** @param {Message} message */
  async #delete({ id, conversationId }) {
    await this.#client.api.delete(`/api/messages/${id}`);
    const message = this.#timelines.get(conversationId)?.known.find((each) => each.id === id);
    // The server's word for it may come later.
    if (message) this.#client.takeChange({ ...message, content: '', reactions: [], deletedAt: new Date().toISOString() });
  }

  /** @param {Message} message */
  #changed({ conversationId }) {
    for (const shown of [this.#timelines.get(conversationId), this.#client.conversations]) {
      shown?.dispatchEvent(new Event('change'));
    }
  }
}
