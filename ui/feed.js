// The one stream of everything that happens, resumed where it broke off.

/** @import {Api} from './api.js' */
/** @import {FeedEvent} from './types.js' */

const EVENTS = /** @type {const} */ (['hello', 'message', 'sent', 'read', 'conversation', 'caught_up', 'reset']);
const HELLO_WITHIN_MS = 10_000;
const LOST_AFTER_MS = 1_500;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5_000;
const BEAT_MS = 5_000;
const SLEPT_MS = 20_000;

/** Hands every event to `receive`, in order. Fires `change` when `lost` changes. */
export class Feed extends EventTarget {
  /** Whether the connection has been gone for so long that people should know. */
  lost = false;

  #api;
  #receive;
  #cursor = '';
  #downSince = 0;
  #lastBeat = Date.now();
  /** @type {EventSource | null} */
  #source = null;
  /** What happens next unless something else does: giving up on a silent stream, or trying again. */
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
    const beat = setInterval(() => this.#beat(false), BEAT_MS);
    signal.addEventListener('abort', () => clearInterval(beat));
    addEventListener('online', () => this.#open(), { signal });
    addEventListener('pageshow', (event) => event.persisted && this.#open(), { signal });
    document.addEventListener('visibilitychange', () => this.#beat(!this.#source), { signal });
    this.#open();
  }

  stop() {
    this.#life.abort();
    this.#close();
    clearTimeout(this.#losing);
  }

  /** A machine that slept may hold a dead stream; a gap between two beats tells. @param {boolean} hurry */
  #beat(hurry) {
    // A hidden page's timers are slowed down, so that their gaps say nothing.
    if (document.hidden) return;
    const slept = Date.now() - this.#lastBeat > SLEPT_MS;
    this.#lastBeat = Date.now();
    if (slept || hurry) this.#open();
  }

  #open() {
    this.#close();
    const source = new EventSource(`/api/messages${this.#cursor && `?after=${encodeURIComponent(this.#cursor)}`}`);
    for (const name of EVENTS) source.addEventListener(name, (event) => this.#take(name, event));
    source.addEventListener('error', () => this.#retry());
    this.#source = source;
    this.#next = setTimeout(() => this.#retry(), HELLO_WITHIN_MS);
    this.#noteDown();
  }

  #close() {
    this.#source?.close();
    this.#source = null;
    clearTimeout(this.#next);
  }

  /** @param {FeedEvent['name']} name @param {MessageEvent<string>} event */
  #take(name, event) {
    if (name === 'hello') this.#noteUp();
    this.#receive({ name, data: JSON.parse(event.data) });
    this.#cursor = event.lastEventId;
  }

  #noteUp() {
    clearTimeout(this.#next);
    clearTimeout(this.#losing);
    this.#downSince = 0;
    this.#tell(false);
  }

  #noteDown() {
    if (this.#downSince) return;
    this.#downSince = Date.now();
    this.#losing = setTimeout(() => this.#tell(true), LOST_AFTER_MS);
  }

  /** @param {boolean} lost */
  #tell(lost) {
    if (lost === this.lost) return;
    this.lost = lost;
    this.dispatchEvent(new Event('change'));
  }

  /** Waits longer the longer it has been down; jitter keeps a household from coming back in the same moment. */
  #retry() {
    this.#close();
    this.#noteDown();
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS + (Date.now() - this.#downSince) / 4);
    this.#next = setTimeout(() => this.#probe(), wait * (0.75 + Math.random() / 4));
  }

  /** An EventSource can't tell "signed out" from an outage. A plain request can, and the api makes it known. */
  async #probe() {
    const answered = await this.#api.get('/api/auth_user').then(() => true, () => false);
    // Something else may have opened the stream meanwhile, or stopped it for good.
    if (this.#source || this.#life.signal.aborted) return;
    if (answered) this.#open();
    else this.#retry();
  }
}
