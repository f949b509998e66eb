// The one stream of everything that happens, resumed where it broke off.

/** @import {Api} from './api.js' */
/** @import {FeedEvent} from './types.js' */

const EVENTS = /** @type {const} */ (['hello', 'message', 'sent', 'read', 'conversation', 'caught_up', 'reset']);
const HELLO_WITHIN_MS = 10_000;
const LOST_AFTER_MS = 1_500;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5_000;

/** Hands every event to `receive`, in order. Fires `change` when `lost` changes. */
export class Feed extends EventTarget {
  /** Whether the connection has been gone for so long that people should know. */
  lost = false;

  #api;
  #receive;
  #cursor = '';
  #failures = 0;
  /** @type {EventSource | null} */
  #source = null;
  /** What comes next unless the stream does: giving up waiting for it, or trying again. */
  #next = 0;
  #losing = 0;
  #life = new AbortController();

  /** @param {Api} api @param {(event: FeedEvent) => void} receive */
  constructor(api, receive) {
    super();
    this.#api = api;
    this.#receive = receive;
  }

  start() {
    const { signal } = this.#life;
    addEventListener('online', () => this.#open(), { signal });
    addEventListener('pageshow', (event) => event.persisted && this.#open(), { signal });
    // Whoever comes back to the page shouldn't have to wait.
    document.addEventListener('visibilitychange', () => this.#source ?? this.#open(), { signal });
    this.#open();
  }

  stop() {
    this.#life.abort();
    this.#close();
    clearTimeout(this.#losing);
  }

  #open() {
    this.#close();
    this.#source = new EventSource(`/api/messages${this.#cursor && `?after=${encodeURIComponent(this.#cursor)}`}`);
    for (const name of EVENTS) this.#source.addEventListener(name, (event) => this.#take(name, event));
    this.#source.addEventListener('error', () => this.#retry());
    this.#next = setTimeout(() => this.#retry(), HELLO_WITHIN_MS);
  }

  #close() {
    this.#source?.close();
    this.#source = null;
    clearTimeout(this.#next);
    this.#losing ||= setTimeout(() => this.#setLost(true), LOST_AFTER_MS);
  }

  /** @param {FeedEvent['name']} name @param {MessageEvent<string>} event */
  #take(name, event) {
    if (name === 'hello') this.#greeted();
    this.#receive({ name, data: JSON.parse(event.data) });
    this.#cursor = event.lastEventId;
  }

  #greeted() {
    clearTimeout(this.#next);
    clearTimeout(this.#losing);
    this.#losing = 0;
    this.#failures = 0;
    this.#setLost(false);
  }

  /** @param {boolean} lost */
  #setLost(lost) {
    if (lost === this.lost) return;
    this.lost = lost;
    this.dispatchEvent(new Event('change'));
  }

  /** Jitter keeps a household from coming back in the same moment. */
  #retry() {
    this.#close();
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 1.3 ** this.#failures);
    this.#failures += 1;
    this.#next = setTimeout(() => this.#probe(), wait * (0.75 + Math.random() / 4));
  }

  /** An EventSource can't tell "signed out" from an outage. A plain request can, and the api makes it known. */
  async #probe() {
    const answered = await this.#api.get('/api/auth_user').then(() => true, () => false);
    // The stream may have been opened meanwhile, or stopped for good.
    if (this.#source || this.#life.signal.aborted) return;
    if (answered) this.#open();
    else this.#retry();
  }
}
