// Looking for messages: what the server has found, page by page, or else this device.

import { reasonOf } from '../base/api.js';
import { load } from '../base/load.js';

/** @import {Message} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */
/** @import {Range} from './query.js' */

/** `matches` are the parts of its text that were asked for. @typedef {{message: Message, matches: Range[]}} Found */

const PAGE = 25;
/** A search has a budget; where it has run out before anything was found, it goes on so often by itself. */
const MOST_TRIES = 4;
/** Days that people name are those where they are. */
const DAY = /(?<=(?:^|\s)(?:before|after):)\d{4}-\d\d-\d\d(?=\s|$)/gi;

/** An answer to what isn’t asked any more says nothing. Fires `change`. */
export class MessageSearch extends EventTarget {
  /** @type {'idle' | 'loading' | 'ready' | 'failed'} */
  state = 'idle';
  /** Why `state` is failed. */
  reason = '';
  /** Newest first. @type {Found[]} */
  results = [];
  /** Whether they are what this device holds, because the server can’t be asked. */
  isDevice = false;
  /** Where to go on, if there may be more. @type {string | null} */
  before = null;

  #client;
  #text = '';
  #conversation = '';
  #life = new AbortController();
  #answer = Promise.resolve();

  /** @param {Client} client */
  constructor(client) {
    super();
    this.#client = client;
    client.stream.addEventListener('connected', () => this.isDevice && this.retry());
    client.addEventListener('event', (event) => {
      const { name, data } = /** @type {CustomEvent} */ (event).detail;
      if (name === 'update') this.#takeChange(data);
    });
    client.conversations.addEventListener('removed', (event) => {
      const { detail } = /** @type {CustomEvent<string>} */ (event);
      this.#keep(({ message }) => message.conversationId !== detail);
    });
  }

  /** What was found before stays until there is an answer. @param {string} text @param {string} conversationId or '' for all */
  look(text, conversationId) {
    if (text === this.#text && conversationId === this.#conversation) return this.#answer;
    this.#text = text;
    this.#conversation = conversationId;
    this.#life.abort();
    if (text) this.#answer = this.#begin();
    else this.#show({ state: 'idle', results: [], before: null, isDevice: false });
    return this.#answer;
  }

  /** Whether this is what was asked last, and answered. @param {string} text */
  hasAnswered(text) {
    return text === this.#text && this.state !== 'loading';
  }

  retry() {
    return this.state === 'failed' && !this.isDevice ? this.more() : this.#begin();
  }

  /** What is older. */
  more() {
    return this.#ask(this.results, this.before);
  }

  #begin() {
    return this.#ask([], null);
  }

  /** @param {Found[]} found so far @param {string | null} before */
  async #ask(found, before) {
    this.#life.abort();
    this.#life = new AbortController();
    const { signal } = this.#life;
    this.#show({ state: 'loading' });
    try {
      // What can’t be reached isn’t waited for.
      if (this.#client.stream.lost && found.length === 0) return await this.#askDevice('', signal);
      let results = found;
      let next = before;
      for (let tries = 0; tries < MOST_TRIES; tries += 1) {
        const page = await this.#fetch(next, signal);
        results = [...results, ...page.results];
        next = page.before;
        if (page.results.length > 0 || !next) break;
      }
      await this.#learn(results);
      if (!signal.aborted) this.#show({ state: 'ready', results, before: next, isDevice: false });
    } catch (error) {
      if (signal.aborted) return;
      const reason = reasonOf(error);
      if (found.length > 0) this.#show({ state: 'failed', reason });
      else await this.#askDevice(reason, signal);
    }
  }

  /** @param {string | null} before @param {AbortSignal} signal @returns {Promise<{results: Found[], before: string | null}>} */
  #fetch(before, signal) {
    const query = new URLSearchParams({ q: this.#text.replace(DAY, withOffset), limit: `${PAGE}` });
    if (this.#conversation) query.set('conversation', this.#conversation);
    if (before) query.set('before', before);
    return this.#client.api.send('GET', `/api/search?${query}`, undefined, signal);
  }

  /** @param {string} reason why the server can’t be asked, or '' where that is known already @param {AbortSignal} signal */
  async #askDevice(reason, signal) {
    const { searchDevice } = await load(() => import('./device.js'));
    if (signal.aborted) return;
    const results = searchDevice(this.#client, this.#text.replace(DAY, withOffset), this.#conversation);
    this.#show({ state: reason ? 'failed' : 'ready', reason, results, before: null, isDevice: true });
  }

  /** Conversations that aren’t listed yet have a name, too. @param {Found[]} results */
  async #learn(results) {
    const { conversations } = this.#client;
    const ids = new Set(results.map(({ message }) => message.conversationId));
    await Promise.all([...ids].map((id) => conversations.known(id) ?? conversations.info(id).catch(reasonOf)));
  }

  /** What is deleted isn’t found any more, and what is changed isn’t what was looked for. @param {Message} message */
  #takeChange(message) {
    if (!this.results.some((each) => each.message.id === message.id && each.message.version !== message.version)) return;
    this.results = this.results.map((each) => (each.message.id === message.id && each.message.content !== message.content
      ? { message, matches: [] } : each));
    this.#keep((each) => each.message.id !== message.id || !message.deletedAt);
  }

  /** @param {(found: Found) => boolean} isKept */
  #keep(isKept) {
    this.#show({ results: this.results.filter(isKept) });
  }

  /** @param {Partial<Pick<MessageSearch, 'state' | 'reason' | 'results' | 'before' | 'isDevice'>>} change */
  #show(change) {
    Object.assign(this, change);
    this.dispatchEvent(new Event('change'));
  }
}

/** When a day begins here, as the server understands it. @param {string} day */
function withOffset(day) {
  const minutes = -new Date(`${day}T00:00`).getTimezoneOffset();
  if (Number.isNaN(minutes)) return day;
  const two = (/** @type {number} */ number) => `${Math.floor(Math.abs(number))}`.padStart(2, '0');
  return `${day}${minutes < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`;
}
