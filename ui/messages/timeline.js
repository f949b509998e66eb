// The messages of one conversation, without a hole: loaded from the newest backwards, and kept up by events.

import { isCurrent, reasonOf } from '../base/api.js';

/** @import {Api} from '../base/api.js' */
/** @import {Message} from '../base/types.js' */

const PAGE = 40;
const LARGEST_PAGE = 100;
/** So many unread messages are loaded to begin with the first of them. */
const MOST = 1_000;
/** An answer to a send may overtake the events before it; they count as missing after this. */
const HOLE_WAIT_MS = 400;

/** Takes messages in any order, and twice; of two states of one, the later stays. Fires `change`. */
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
  /** What has changed and isn't here; it may be on its way as it was before. @type {Map<number, Message>} */
  #elsewhere = new Map();
  /** How to show what the server hasn't answered for. @type {Map<number, (message: Message) => Message>} */
  #guesses = new Map();
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
    return Array.from({ length: this.#last - this.#first + 1 }, (_, index) => {
      const message = this.#at(this.#first + index);
      return this.#guesses.get(message.number)?.(message) ?? message;
    });
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
      // What was kept is loaded anew, as it may have changed.
      const enough = Math.max(PAGE, Math.min(Math.max(atLeast, this.loaded ? 0 : this.messages.length), MOST));
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
    this.#first = page.at(-1)?.number ?? this.#first;
    if (isNewest) this.#last = page[0]?.number ?? 0;
    this.hasOlder = page.length > 0 && this.#first > 1;
  }

  /** Once events come: what had come before them, after what is here, and what had changed of that. */
  async refresh() {
    this.#isBehind = true;
    try {
      let oldest = 0;
      do {
        const page = await this.#fetch(PAGE, oldest);
        oldest = page.at(-1)?.number ?? 0;
      } while (this.loaded && oldest > this.#first);
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
    this.#put(message);
    if (this.loaded) this.#extend();
    this.#changed();
  }

  /** @param {Message} message that may not be here, and needn't be then */
  takeChange(message) {
    this.#put(message, this.#messages.has(message.number) ? this.#messages : this.#elsewhere);
    this.#changed();
  }

  /** Shows a message as it is going to be, or again as it is. @param {number} number @param {(message: Message) => Message} [guess] */
  guess(number, guess) {
    if (guess) this.#guesses.set(number, guess);
    else this.#guesses.delete(number);
    this.#changed();
  }

  /** @param {Message} message @param {Map<number, Message>} [place] */
  #put(message, place = this.#messages) {
    const { number } = message;
    const known = [this.#messages.get(number), this.#elsewhere.get(number)];
    place.set(number, known.find((each) => !isCurrent(message, each)) ?? message);
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
    for (const message of page) this.#put(message);
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
      const page = await this.#fetch(LARGEST_PAGE, next.number);
      const { number } = page.at(-1) ?? next;
      // Whoever came later sees nothing of what was before.
      if (page.length < LARGEST_PAGE && number > this.#last + 1) {
        this.#first = number;
        this.#last = number - 1;
        this.hasOlder = false;
      }
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
