// The feed of everything that happens, over one connection to the server, resumed where it broke off; and the relay, which
// follows it once for a whole browser, and passes it on to all of its tabs.

import { backoff } from '../base/backoff.js';
import { openChannel } from '../base/workers.js';

/** @import {FeedEvent} from '../base/types.js' */

/** Without a greeting after so long, something on the way holds the stream back. */
const HELLO_WITHIN_MS = 3_000;
/** The server is heard at least every 15 s. After a longer silence the connection is dead, or the machine slept. */
const SILENCE_MS = 20_000;
const ANSWER_WITHIN_MS = 10_000;
const PROBE_MS = 3_000;
const CHECK_MS = 2_500;
const POLL_S = 25;
/** How long polls do before a stream is tried again. */
const POLLING_MS = 10 * 60_000;
const FIRST_WAIT_MS = 200;
/** Whoever looks at the page when the server comes back shouldn't have to wait for more than a second. */
const LONGEST_WAIT_MS = 900;
/** What answers in place of the server, or refuses, isn’t likely to be done with that in a second. */
const FIRST_REFUSED_WAIT_MS = 1_000;
const LONGEST_REFUSED_WAIT_MS = 60_000;
/** Another stream of the same person would have to go. Until somebody comes back to this page, it waits that long. */
const DISPLACED_WAIT_MS = 5 * 60_000;
/** A connection that breaks off sooner isn’t much better than none. */
const STEADY_MS = 5_000;
/** What proxies say of a server that isn’t there. */
const AWAY = [502, 503, 504];
/** So often the tabs hear that there is a relay. */
const BEAT_MS = 5_000;

/** From one place in the feed to the next, or to the same where the event has no place. @typedef {{event: FeedEvent, after: string, cursor: string}} Step */
/** @typedef {{connected: boolean, transport: 'stream' | 'poll', displaced: boolean, cursor: string}} State */
/** What tabs are told. @typedef {{step: Step} | {state: State} | {ended: true}} Told */
/** What tabs ask for: the state, perhaps after a sleep or on another network, or an end. @typedef {{ask: 'state' | 'wake' | 'online' | 'end'}} Asked */

/** Hands over every step, in order. Fires `change`, and `ended` when the session is over. */
export class Feed extends EventTarget {
  connected = false;
  /** @type {'stream' | 'poll'} */
  transport = 'stream';
  /** The person has too many streams, so this one had to go. */
  displaced = false;

  #userId;
  #take;
  #stopped = false;
  #changesOver = false;
  #absent = backoff(FIRST_WAIT_MS, LONGEST_WAIT_MS, 1.5);
  #refused = backoff(FIRST_REFUSED_WAIT_MS, LONGEST_REFUSED_WAIT_MS);
  #displaced = backoff(DISPLACED_WAIT_MS, DISPLACED_WAIT_MS);
  /** Since when it has been connected. */
  #since = 0;
  /** What the next wait is by. */
  #waits = this.#absent;
  #pollUntil = 0;
  /** Until when something must have been heard. */
  #deadline = 0;
  #connection = new AbortController();
  /** Ends a wait before its time. */
  #hurry = () => {};

  /** @param {string} userId @param {string} cursor where to go on from, or '' @param {(step: Step) => void} take */
  constructor(userId, cursor, take) {
    super();
    this.#userId = userId;
    this.cursor = cursor;
    this.#take = take;
  }

  async run() {
    const check = setInterval(() => this.#check(), CHECK_MS);
    while (!this.#stopped) {
      this.#connection = new AbortController();
      this.#allow(ANSWER_WITHIN_MS);
      this.#waits = this.#absent;
      // Whatever went wrong, there is nothing to do about it but to try again.
      await (this.transport === 'stream' ? this.#stream() : this.#polls()).catch(() => {});
      this.#connection.abort();
      if (this.connected && Date.now() - this.#since > STEADY_MS) this.#begin();
      // From one transport to the other nothing is lost, nor waited for.
      if (this.#changesOver) this.#changesOver = false;
      else await this.#pause();
    }
    clearInterval(check);
  }

  stop() {
    this.#stopped = true;
    this.#connection.abort();
    this.#hurry();
  }

  /** Somebody has come back to the page, and the connection may be dead without having said so. */
  async wake() {
    this.#begin();
    this.#check();
    const connection = this.#connection;
    // A network that has gone doesn't answer, and neither does it refuse.
    await fetch('/api/config', { signal: AbortSignal.timeout(PROBE_MS) }).catch(() => connection.abort());
  }

  /** The network is another one. */
  reopen() {
    this.#connection.abort();
    this.#begin();
  }

  /** No more waiting for now. */
  #begin() {
    this.#absent.reset();
    this.#refused.reset();
    this.#hurry();
  }

  async #stream() {
    const late = setTimeout(() => this.#tryPolling(), HELLO_WITHIN_MS);
    try {
      const response = await this.#ask('text/event-stream', {});
      for await (const { name, data, cursor } of readEvents(response, () => this.#allow(SILENCE_MS))) {
        clearTimeout(late);
        if (name === 'hello') this.#greeted(data.cursor);
        else if (name === 'bye') this.#displace();
        else this.#step(/** @type {FeedEvent} */ ({ name, data }), cursor);
      }
    } finally {
      clearTimeout(late);
    }
  }

  /** No stream has come through. If a poll does, then polls it is for a while; if none does, there is no network. */
  async #tryPolling() {
    const connection = this.#connection;
    const answered = await this.#poll(0).then(() => true, () => false);
    if (!answered || connection.signal.aborted) return;
    this.#changeTo('poll');
    this.#pollUntil = Date.now() + POLLING_MS;
    connection.abort();
  }

  async #polls() {
    // The first answer says that there is a connection, and so mustn't wait for an event.
    while (Date.now() < this.#pollUntil) await this.#poll(this.connected ? POLL_S : 0);
    this.#changeTo('stream');
  }

  /** @param {Feed['transport']} transport */
  #changeTo(transport) {
    this.transport = transport;
    this.#changesOver = true;
    this.dispatchEvent(new Event('change'));
  }

  /** @param {number} wait in seconds */
  async #poll(wait) {
    const { signal } = this.#connection;
    const from = this.cursor;
    this.#allow(wait * 1_000 + ANSWER_WITHIN_MS);
    const { cursor, events } = await new Response(await this.#ask('application/json', { wait: `${wait}` })).json();
    // A late stream may have been faster.
    if (signal.aborted || this.cursor !== from) return;
    for (const { id, event, data } of events) this.#step({ name: event, data }, id);
    this.#greeted(cursor);
    this.cursor = cursor;
  }

  /** @param {string} accept @param {Record<string, string>} query */
  async #ask(accept, query) {
    const after = this.cursor && { after: this.cursor };
    const path = `/api/messages?${new URLSearchParams({ ...query, ...after })}`;
    const headers = { 'Accept': accept, 'Tincan-User': this.#userId };
    const response = await fetch(path, { headers, signal: this.#connection.signal });
    const { status, body } = response;
    if (status === 401) this.#end();
    // What a stream says by an event: this place in the feed isn't known any more.
    if (status === 410) this.#step({ name: 'reset', data: {} }, '');
    const isOurs = response.ok && response.headers.get('content-type')?.startsWith(accept);
    if (status === 429) this.#displace();
    else if (!isOurs && status !== 410 && !AWAY.includes(status)) this.#waits = this.#refused;
    if (!isOurs || !body) throw new Error(`status ${status}`);
    return body;
  }

  #displace() {
    this.displaced = true;
    this.#waits = this.#displaced;
  }

  /** @param {string} cursor */
  #greeted(cursor) {
    this.cursor ||= cursor;
    this.displaced = false;
    this.#setConnected(true);
  }

  /** @param {FeedEvent} event @param {string} [cursor] none where it can't be had later */
  #step(event, cursor = this.cursor) {
    const after = this.cursor;
    this.cursor = cursor;
    this.#take({ event, after, cursor });
  }

  #end() {
    this.stop();
    this.dispatchEvent(new Event('ended'));
  }

  /** @param {boolean} connected */
  #setConnected(connected) {
    if (connected === this.connected) return;
    this.connected = connected;
    this.#since = Date.now();
    this.dispatchEvent(new Event('change'));
  }

  /** @param {number} time in milliseconds */
  #allow(time) {
    this.#deadline = Date.now() + time;
  }

  #check() {
    if (Date.now() > this.#deadline) this.#connection.abort();
  }

  #pause() {
    this.#setConnected(false);
    if (this.#stopped) return undefined;
    return new Promise((done) => {
      this.#hurry = () => done(undefined);
      setTimeout(done, this.#waits.next());
    });
  }
}

/**
 * Server-sent events (WHATWG HTML §9.2) out of a response, as this server writes them: a line of data for each event.
 * `heard` is called for everything that comes, comments that only say "alive" among it.
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} body @param {() => void} heard
 */
export async function* readEvents(body, heard) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    heard();
    const frames = (text + value).split('\n\n');
    text = frames.pop() ?? '';
    for (const frame of frames) {
      const { id, event = 'message', data } = fieldsOf(frame);
      if (data) yield { name: event, data: JSON.parse(data), cursor: id };
    }
  }
}

/** @param {string} frame @returns {Record<string, string | undefined>} */
function fieldsOf(frame) {
  return Object.fromEntries(frame.split('\n').map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')];
  }));
}

/** To the channel of this name, until the session is over or a tab ends it. */
export class Relay {
  #channel;
  #feed;
  #ended;
  #over = false;
  #beat = setInterval(() => this.#tellState(), BEAT_MS);

  /** @param {string} name the channel's with the user's id in it @param {string} cursor @param {() => void} ended */
  constructor(name, cursor, ended) {
    const [, userId = ''] = name.split(' ');
    this.#ended = ended;
    this.#channel = openChannel(name);
    this.#channel.onmessage = ({ data }) => this.#asked(data.ask);
    this.#feed = new Feed(userId, cursor, (step) => this.#tell({ step }));
    this.#feed.addEventListener('change', () => this.#tellState());
    this.#feed.addEventListener('ended', () => {
      this.#tell({ ended: true });
      this.end();
    });
    this.#feed.run();
  }

  end() {
    this.#over = true;
    clearInterval(this.#beat);
    this.#feed.stop();
    this.#channel.close();
    this.#ended();
  }

  /** @param {Asked['ask'] | undefined} ask */
  #asked(ask) {
    if (!ask) return;
    if (ask === 'end') return this.end();
    if (ask === 'wake') this.#feed.wake();
    if (ask === 'online') this.#feed.reopen();
    this.#tellState();
  }

  #tellState() {
    const { connected, transport, displaced, cursor } = this.#feed;
    this.#tell({ state: { connected, transport, displaced, cursor } });
  }

  /** @param {Told} told */
  #tell(told) {
    if (!this.#over) this.#channel.postMessage(told);
  }
}
