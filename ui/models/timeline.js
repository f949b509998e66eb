// The messages of one conversation, without a hole: loaded from the newest backwards, and kept up by events.

import { reasonOf } from '../base/api.js';

/** @import {Api} from '../base/api.js' */
/** @import {Message} from '../base/types.js' */

const PAGE = 40;
const LARGEST_PAGE = 100;
/** So many unread messages are loaded to begin with the first of them. */
const MOST = 1_000;
/** An answer to a send may overtake the events before it; they count as missing after this. */
const HOLE_WAIT_MS = 400;

/** Takes messages in any order, and twice. Fires `change`. */
export class Timeline extends EventTarget {
  /** @type {'loading' | 'ready' | 'failed'} */
  state = 'loading';
  /** Why `state` is failed. */
  reason = '';
  /** Whether the newest messages are here. */
  loaded = false;
  hasOlder = false;

  #api;
  #path;
  /** By number, also what has come from beyond a hole. @type {Map<number, Message>} */
  #messages = new Map();
  /** Nothing is missing from the first number to the last. */
  #first = 1;
  #last = 0;
  #filling = 0;
  /** Whether something may have come that nobody has told of. */
  #isBehind = false;

  /** @param {Api} api @param {string} conversationId @param {Message[]} kept from an earlier time, oldest first */
  constructor(api, conversationId, kept) {
    super();
    this.#api = api;
    this.#path = `/api/conversations/${conversationId}/messages`;
    for (const message of kept) this.#messages.set(message.number, message);
    this.#first = kept[0]?.number ?? 1;
    this.#last = kept.at(-1)?.number ?? 0;
  }

  get first() {
    return this.#first;
  }

  get last() {
    return this.#last;
  }

  /** What can be shown in order, oldest first: from the number `first` to `last`. @returns {Message[]} */
  get messages() {
    return Array.from({ length: this.#last - this.#first + 1 }, (_, index) => this.#at(this.#first + index));
  }

  /** What has come from beyond a hole. */
  get ahead() {
    return [...this.#messages.values()].filter(({ number }) => number > this.#last).sort((a, b) => a.number - b.number);
  }

  /** Loads the newest messages, then those before the ones that are here. @param {number} [atLeast] */
  async load(atLeast = 0) {
    if (this.#isBehind && this.loaded) return this.refresh();
    this.state = 'loading';
    this.#changed();
    try {
      const enough = Math.max(PAGE, Math.min(atLeast, MOST));
      for (let had = 0; had < enough;) {
        const page = await this.#fetch(Math.min(LARGEST_PAGE, enough - had), had || this.loaded ? this.#first : 0);
        this.#takePage(page, had === 0 && !this.loaded);
        had += page.length;
        if (!this.hasOlder) break;
      }
      this.loaded = true;
      this.state = 'ready';
      this.#extend();
    } catch (error) {
      this.#fail(error);
    }
    this.#changed();
  }

  /** @param {Message[]} page newest first @param {boolean} isNewest */
  #takePage(page, isNewest) {
    const oldest = page.at(-1)?.number ?? this.#first;
    // What was kept stays, unless something is missing after it.
    const joins = isNewest && this.#last >= oldest - 1;
    this.#first = joins ? Math.min(this.#first, oldest) : oldest;
    if (isNewest) this.#last = page[0]?.number ?? 0;
    this.hasOlder = page.length > 0 && this.#first > 1;
  }

  /** Once events come: what had come before them, and after what is here. */
  async refresh() {
    this.#isBehind = true;
    try {
      await this.#fetch(PAGE, 0);
      this.#isBehind = false;
      if (this.loaded) {
        this.state = 'ready';
        this.#extend();
      }
    } catch (error) {
      this.#fail(error);
    }
    this.#changed();
  }

  /** @param {Message} message */
  take(message) {
    this.#messages.set(message.number, message);
    if (this.loaded) this.#extend();
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }

  /** @param {number} number */
  #at(number) {
    return /** @type {Message} */ (this.#messages.get(number));
  }

  /** @param {number} limit @param {number} before the number of one that is here, or 0 @returns {Promise<Message[]>} */
  async #fetch(limit, before) {
    /** @type {Message[]} */
    const page = await this.#api.get(`${this.#path}?limit=${limit}${before ? `&before=${this.#at(before).id}` : ''}`);
    for (const message of page) this.#messages.set(message.number, message);
    return page;
  }

  /** Goes on as far as nothing is missing, and has fetched what is. */
  #extend() {
    while (this.#messages.has(this.#last + 1)) this.#last += 1;
    if (this.ahead.length > 0) this.#filling ||= setTimeout(() => this.#fill(), HOLE_WAIT_MS);
  }

  async #fill() {
    this.#filling = 0;
    const [next] = this.ahead;
    if (!next) return;
    try {
      await this.#fetch(LARGEST_PAGE, next.number);
      if (this.state === 'failed') this.state = 'ready';
      this.#extend();
    } catch (error) {
      this.#isBehind = true;
      this.#fail(error);
    }
    this.#changed();
  }

  /** What can be shown stays as it is. @param {unknown} error */
  #fail(error) {
    this.reason = reasonOf(error);
    this.state = 'failed';
  }
}
