// The messages of one conversation, without a hole: loaded from the newest backwards, and kept up by events. In their place,
// a part of history may be shown, which grows in both directions until it meets them.

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
  #api;
  #path;
  /** By number, also what has come from beyond a hole. @type {Map<number, Message>} */
  #messages = new Map();
  /** What has changed and isn't here; it may be on its way as it was before. @type {Map<number, Message>} */
  #elsewhere = new Map();
  /** How to show what the server hasn't answered for. @type {Map<number, (message: Message) => Message>} */
  #guesses = new Map();
  /** Nothing is missing from the first number to the last of a range: of the newest messages, and of those that are shown. */
  #newest = { first: 1, last: 0, hasOlder: false };
  #shown = this.#newest;
  #filling = 0;
  /** Whether something may have come that nobody has told of. */
  #isBehind = false;

  /** @param {Api} api @param {string} conversationId @param {Message[]} kept from an earlier time, oldest first */
  constructor(api, conversationId, kept) {
    super();
    this.#api = api;
    this.#path = `/api/conversations/${conversationId}/messages`;
    for (const message of kept) this.#messages.set(message.number, message);
    this.#newest.first = kept[0]?.number ?? 1;
    this.#newest.last = kept.at(-1)?.number ?? 0;
  }

  get first() {
    return this.#shown.first;
  }

  get last() {
    return this.#shown.last;
  }

  get hasOlder() {
    return this.#shown.hasOlder;
  }

  /** Whether a part of history is shown that doesn’t reach to the newest message. */
  get isAway() {
    return this.#shown !== this.#newest;
  }

  /** What can be shown in order, oldest first: from the number `first` to `last`. */
  get messages() {
    return this.#in(this.#shown);
  }

  /** The same of the newest, whatever is shown. */
  get newest() {
    return this.#in(this.#newest);
  }

  /** All that are here, shown or not. */
  get known() {
    return [...this.#messages.values()];
  }

  /** What has come from beyond a hole. */
  get ahead() {
    return this.known.filter(({ number }) => number > this.#newest.last).sort((a, b) => a.number - b.number);
  }

  /** @param {{first: number, last: number}} range @returns {Message[]} */
  #in({ first, last }) {
    return Array.from({ length: last - first + 1 }, (_, index) => {
      const message = this.#at(first + index);
      return this.#guesses.get(message.number)?.(message) ?? message;
    });
  }

  /** Shows a part of history, once the newest are here, or them again. @param {Message[]} [page] without a hole, newest first */
  show(page = []) {
    const oldest = page.at(-1)?.number;
    this.#shown = this.#newest;
    if (oldest) {
      // What nobody looks at any more isn’t held.
      for (const number of this.#messages.keys()) if (number < this.#newest.first) this.#messages.delete(number);
      for (const message of page) this.#put(message);
      this.#shown = { first: oldest, last: oldest, hasOlder: oldest > 1 };
    }
    if (this.loaded) this.#extend();
    this.#changed();
  }

  /** What is known of the message of this number. @param {number} number */
  find(number) {
    return this.#messages.get(number) ?? this.#elsewhere.get(number);
  }

  /** Loads the newest messages, then those before the ones that are here. @param {number} [atLeast] */
  async load(atLeast = 0) {
    if (this.#isBehind && this.loaded) return this.refresh();
    this.state = 'loading';
    this.#changed();
    const range = this.#shown;
    try {
      // What was kept is loaded anew, as it may have changed.
      const enough = Math.max(PAGE, Math.min(Math.max(atLeast, this.loaded ? 0 : this.messages.length), MOST));
      for (let had = 0; had < enough;) {
        const page = await this.#fetch(Math.min(LARGEST_PAGE, enough - had), had || this.loaded ? range.first : 0);
        if (!had && !this.loaded) range.last = page[0]?.number ?? 0;
        range.first = page.at(-1)?.number ?? range.first;
        range.hasOlder = page.length > 0 && range.first > 1;
        had += page.length;
        if (!range.hasOlder) break;
      }
      this.loaded = true;
      this.state = 'ready';
      this.#extend();
    } catch (error) {
      this.#fail(error);
    }
    this.#changed();
  }

  /** Once events come: what had come before them, after what is here, and what had changed of that. */
  async refresh() {
    this.#isBehind = true;
    try {
      let oldest = 0;
      do {
        const page = await this.#fetch(PAGE, oldest);
        oldest = page.at(-1)?.number ?? 0;
      } while (this.loaded && oldest > this.#newest.first);
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
    for (const range of [this.#newest, this.#shown]) while (this.#messages.has(range.last + 1)) range.last += 1;
    // Nothing is missing between the two any more.
    if (this.last === this.#newest.last) this.#newest = this.#shown;
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
      if (page.length < LARGEST_PAGE && number > this.#newest.last + 1) {
        Object.assign(this.#newest, { first: number, last: number - 1, hasOlder: false });
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
