// A tab's end of the one stream that its browser has: every event in order, with none missing.

import { ApiError } from '../base/api.js';
import { backoff } from '../base/backoff.js';
import { openChannel, workerUrl } from '../base/workers.js';

/** @import {Api} from '../base/api.js' */
/** @import {FeedEvent, User} from '../base/types.js' */
/** @import {Asked, State, Step, Told} from './feed.js' */

const LOST_AFTER_MS = 1_500;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
/** A relay that is there answers within this, and says by itself that it is there more often than that. */
const ANSWER_MS = 2_000;
const SILENCE_MS = 12_000;

/**
 * Fires `change` when `lost` or `transport` changes; `connected`, from when on every event is handed over; `reset` when
 * what was missed can't be had any more; and `ended` when the server says that the session is over. It goes on after
 * that, as another session of the same person may have taken its place.
 */
export class Stream extends EventTarget {
  /** Whether the connection has been gone for so long that people should know. */
  lost = false;
  /** @type {State['transport']} */
  transport = 'stream';
  /** Whether it is gone because the person has too many. */
  displaced = false;

  #api;
  #name;
  #receive;
  #channel;
  /** Everything up to here has been handed over. */
  #cursor = '';
  /** The places of what the last catch-up has handed over, which is on its way here once more. @type {Set<string>} */
  #caughtUp = new Set();
  #connected = false;
  #losing = 0;
  #silence = 0;
  #retry = 0;
  #backoff = backoff(FIRST_WAIT_MS, LONGEST_WAIT_MS);
  /** Whether this tab is to be the relay, now or when it is its turn. */
  #relays = false;
  #isAlone;
  /** @type {Promise<void>} */
  #handled = Promise.resolve();
  #life = new AbortController();

  /** @param {Api} api @param {User} user @param {string} version of the UI @param {(event: FeedEvent) => void} receive */
  constructor(api, user, version, receive) {
    super();
    this.#api = api;
    this.#receive = receive;
    // Tabs of another version may speak another language.
    this.#name = `tincan ${user.id} ${version}`;
    this.#channel = this.#open();
    this.#isAlone = !(this.#channel instanceof BroadcastChannel);
  }

  #open() {
    const channel = openChannel(this.#name);
    // What other tabs ask is heard here too.
    channel.onmessage = ({ data }) => data.ask || this.#hear(data);
    return channel;
  }

  /** @param {boolean} [lost] where it is known already that the server can’t be reached */
  start(lost = false) {
    const { signal } = this.#life;
    const wake = () => document.hidden || this.#ask('wake');
    addEventListener('online', () => this.#ask('online'), { signal });
    addEventListener('pageshow', wake, { signal });
    document.addEventListener('visibilitychange', wake, { signal });
    this.lost = lost;
    this.#setConnected(false);
    this.#findRelay();
  }

  /** Leaves the stream to the other tabs. */
  stop() {
    this.#life.abort();
    clearTimeout(this.#losing);
    clearTimeout(this.#silence);
    clearTimeout(this.#retry);
    this.#channel.close();
  }

  /** Ends it for all of them. */
  end() {
    this.#ask('end');
    this.stop();
  }

  /** A worker isn't slowed down with a hidden tab. Where there is none, one tab relays to the others while it lives. */
  #findRelay() {
    try {
      if (this.#isAlone) throw new TypeError('A worker couldn’t be heard.');
      const worker = new SharedWorker(workerUrl('stream'), { type: 'module', name: this.#name });
      worker.onerror = () => this.#relayHere();
    } catch {
      // There is no such thing, or the browser refuses it.
      this.#relayHere();
    }
    this.#channel.postMessage(/** @type {Asked} */ ({ ask: 'state' }));
    // It may have crashed with the tab that it lived in, or not have been loaded. Then there is another at the next try.
    this.#expect(SILENCE_MS);
  }

  /** @param {number} time in milliseconds, within which a relay is to be heard */
  #expect(time) {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      // Hidden, it has no relay, and nobody whom that should worry.
      if (this.#isAlone && document.hidden) return this.#expect(SILENCE_MS);
      this.#setConnected(false);
      this.#findRelay();
    }, time);
  }

  async #relayHere() {
    if (this.#relays) return;
    this.#relays = true;
    // Where nothing tells which tab is to relay, each does it for itself.
    if (!navigator.locks && !this.#isAlone) {
      this.#isAlone = true;
      this.#name += ` ${Math.random()}`;
      this.#channel.close();
      this.#channel = this.#open();
    }
    try {
      await this.#relay();
    } catch {
      // It wasn't loaded, or this tab has stopped before it was its turn.
    }
    this.#relays = false;
  }

  /** Until it ends. */
  async #relay() {
    const { signal } = this.#life;
    const { relayHere } = await import('./tab-relay.js');
    const relay = () => relayHere(this.#name, () => this.#cursor, this.#isAlone, signal);
    await (this.#isAlone ? relay() : navigator.locks.request(this.#name, { signal }, relay));
  }

  /** @param {Asked['ask']} ask */
  #ask(ask) {
    this.#channel.postMessage(/** @type {Asked} */ ({ ask }));
    this.#expect(ANSWER_MS);
  }

  /** One after the other, as some of it takes a request. @param {Told} told */
  #hear(told) {
    this.#expect(SILENCE_MS);
    this.#handled = this.#handled.then(() => this.#handle(told)).catch((error) => this.#failed(error));
  }

  /** @param {Told} told */
  async #handle(told) {
    if (this.#life.signal.aborted) return;
    if ('ended' in told) this.#end();
    else if ('state' in told) await this.#learn(told.state);
    else await this.#take(told.step);
  }

  /** The relay is gone, and the next one had better not come at once. */
  #end() {
    this.#setConnected(false);
    this.#expect(this.#backoff.next());
    this.#fire('ended');
  }

  /** @param {State} state */
  async #learn({ connected, transport, displaced, cursor }) {
    if (connected) await this.#reach(cursor);
    if (this.#life.signal.aborted) return;
    const changes = this.lost && connected || transport !== this.transport || displaced !== this.displaced;
    this.transport = transport;
    this.displaced = displaced;
    this.#setConnected(connected);
    if (changes) this.#fire('change');
  }

  /** @param {Step} step */
  async #take({ event, after, cursor }) {
    // Nothing is known yet that could be brought up to date.
    if (!this.#cursor) return;
    if (event.name === 'reset') return this.#fire('reset');
    // Without a place of its own, it isn't among what has been caught up with.
    const isNew = after === cursor || !this.#caughtUp.has(cursor);
    if (after === this.#cursor && isNew) this.#receive(event);
    await this.#reach(cursor, after);
  }

  /** Sees to it that everything up to a place has been handed over. @param {string} cursor @param {string} [from] */
  async #reach(cursor, from = cursor) {
    // Frozen for a while, or the relay is another one now: some of it may have been missed.
    if (this.#cursor && this.#cursor !== from) await this.#catchUp();
    this.#cursor = cursor;
  }

  async #catchUp() {
    this.#caughtUp.clear();
    while (!this.#life.signal.aborted) {
      const { cursor, events } = await this.#api.get(`/api/messages?after=${encodeURIComponent(this.#cursor)}`);
      if (this.#life.signal.aborted) return;
      for (const { id, event, data } of events) {
        this.#caughtUp.add(id);
        this.#receive({ name: event, data });
      }
      this.#cursor = cursor;
      if (events.length === 0) return;
    }
  }

  /** @param {unknown} error */
  #failed(error) {
    if (!(error instanceof ApiError)) reportError(error);
    else if (error.status === 410) this.#fire('reset');
    else this.#retry ||= setTimeout(() => this.#tryAgain(), this.#backoff.next());
  }

  #tryAgain() {
    this.#retry = 0;
    this.#ask('state');
  }

  /** @param {boolean} connected */
  #setConnected(connected) {
    if (connected) {
      clearTimeout(this.#losing);
      this.#losing = 0;
      this.lost = false;
      this.#backoff.reset();
      if (!this.#connected) this.#fire('connected');
    } else {
      this.#losing ||= setTimeout(() => {
        this.lost = true;
        this.#fire('change');
      }, LOST_AFTER_MS);
    }
    this.#connected = connected;
  }

  /** @param {string} name */
  #fire(name) {
    this.dispatchEvent(new Event(name));
  }
}
