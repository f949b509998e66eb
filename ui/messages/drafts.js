// What one has begun to write on any device, as the server has it; and what stands here, which it is told.

import { reasonOf } from '../base/api.js';
import { forget, keep, kept, keysOf } from '../base/storage.js';
import { MOST } from './length.js';

/** @import {Draft, FeedEvent} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */

/**
 * What this browser knows of a draft: `shared` is what the server has said that it has of what stands here, `sent` what is on
 * its way there, and `passed` what somebody doesn’t want to go on with here.
 * @typedef {{shared?: string, sent?: string, passed?: string}} Known
 */

/** @type {WeakMap<Client, Drafts>} */
const known = new WeakMap();

/** Those of whoever is signed in. @param {Client} client */
export function draftsOf(client) {
  const drafts = known.get(client) ?? new Drafts(client);
  known.set(client, drafts);
  return drafts;
}

/** Fires `change`. */
export class Drafts extends EventTarget {
  #client;
  #prefix;
  /** By the ids of the conversations; those that have ended since have no content. @type {Map<string, Draft>} */
  #drafts = new Map();
  #loaded = false;

  /** @param {Client} client */
  constructor(client) {
    super();
    this.#client = client;
    this.#prefix = `shared-draft:${client.user.id}:`;
    // What was on its way when the page went has arrived.
    for (const key of keysOf(this.#prefix)) {
      const { sent } = kept(key) ?? {};
      if (sent) this.learn(key.slice(this.#prefix.length), { shared: sent, sent: '' });
    }
    client.addEventListener('event', (event) => this.#take(/** @type {CustomEvent<FeedEvent>} */ (event).detail));
    client.stream.addEventListener('connected', () => {
      if (!this.#loaded) this.#load();
      // What was written, changed or sent while the server was away.
      const prefixes = [this.#prefix, `draft:${client.user.id}:`];
      const ids = prefixes.flatMap((prefix) => keysOf(prefix).map((key) => key.slice(prefix.length)));
      for (const id of new Set(ids)) this.share(id);
    });
    this.#load();
  }

  /** Undefined as long as it isn’t known. @param {string} conversationId @returns {Pick<Draft, 'content' | 'device'> | undefined} */
  of(conversationId) {
    return this.#drafts.get(conversationId) ?? (this.#loaded ? { content: '', device: '' } : undefined);
  }

  /** @param {string} conversationId @returns {Known} */
  known(conversationId) {
    return kept(this.#prefix + conversationId) ?? {};
  }

  /** @param {string} conversationId @param {Known} known */
  learn(conversationId, known) {
    const both = { ...this.known(conversationId), ...known };
    if (both.shared || both.sent || both.passed) keep(this.#prefix + conversationId, both);
    else forget(this.#prefix + conversationId);
  }

  /** Tells the server what stands here, unless it knows; also while the page goes. @param {string} conversationId */
  async share(conversationId) {
    const { api, stream, user } = this.#client;
    const value = `${kept(`draft:${user.id}:${conversationId}`) ?? ''}`;
    const text = value.trim() ? value : '';
    const { shared = '' } = this.known(conversationId);
    if (text === shared || [...text].length > MOST || stream.lost) return;
    // What was begun on another device since is not over because this is.
    if (!text && this.of(conversationId)?.content !== shared) return this.learn(conversationId, { shared: '' });
    // Before it is answered, the stream may tell of it.
    this.learn(conversationId, { sent: text });
    const path = `/api/conversations/${conversationId}/draft`;
    try {
      /** @type {Draft | null} */
      const draft = await (text ? api.send('PUT', path, { content: text }) : api.delete(path));
      this.#take({ name: 'draft', data: draft ?? { conversationId, content: '', device: '', updatedAt: '' } });
      this.learn(conversationId, { shared: text });
    } catch (error) {
      // Once more with the next change, or when the server is back.
      reasonOf(error);
    }
    this.learn(conversationId, { sent: '' });
  }

  async #load() {
    try {
      /** @type {Draft[]} */
      const drafts = await this.#client.api.get('/api/drafts');
      // What an event has said is newer.
      for (const draft of drafts) if (!this.#drafts.has(draft.conversationId)) this.#drafts.set(draft.conversationId, draft);
      this.#loaded = true;
      this.dispatchEvent(new Event('change'));
    } catch (error) {
      // It is tried again.
      reasonOf(error);
    }
  }

  /** @param {FeedEvent} event */
  #take({ name, data }) {
    if (name !== 'draft') return;
    this.#drafts.set(data.conversationId, data);
    this.dispatchEvent(new Event('change'));
  }
}
