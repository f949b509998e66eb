// A client for Tincan: typed calls, and one feed of everything that happens. One file without dependencies, for browsers
// and Node (18 or newer). The types of what is sent and received come from the server: `tincan types >types.d.ts`.

/** @import {Config, Conversation, Credentials, ErrorCode, Message, Operations, Participant, Poll, SendMessage, StreamEvent, Upload, User, Welcome} from './types.d.ts' */

/** What the feed handles itself. @typedef {'hello' | 'caught_up' | 'reset' | 'bye'} OwnEvent */
/** What an app is told of. @typedef {Exclude<StreamEvent, {event: OwnEvent}>} FeedEvent */
/** @typedef {'sse' | 'websocket' | 'poll'} Transport */
/**
 * `offline`: the browser says that there is no network. `displaced`: the person has too many streams, so this one had to
 * go; `wake()` opens it again. `signed-out`: the session has ended, and the feed with it.
 * @typedef {'connecting' | 'connected' | 'offline' | 'displaced' | 'signed-out' | 'closed'} FeedState
 */
/**
 * @typedef {object} FeedOptions
 * @property {() => unknown} [load] Loads everything anew: at the beginning, unless there is a `cursor`, and whenever what was
 *   missed can’t be had. Events that come before its promise resolves are handed over afterwards. If it rejects, it is called again.
 * @property {(event: FeedEvent) => void} event Each thing that happens, in order, once.
 * @property {(state: FeedState, transport: Transport) => void} [state] Called when one of them changes.
 * @property {string} [cursor] Where to go on: the `cursor` of an earlier feed of the same person.
 * @property {Transport[]} [transports] What to try, the best first.
 */
/**
 * @typedef {object} RequestOptions
 * @property {Record<string, string | number | undefined>} [query]
 * @property {object} [body] A Blob, or what becomes JSON.
 * @property {AbortSignal} [signal]
 * @property {boolean} [repeat] Whether it does no harm to send it twice. If left out, it is true for all methods but POST.
 * @property {number} [patience] For how many milliseconds it is tried again.
 */

const PART = 1024 * 1024;
const PATIENCE_MS = 30_000;
const ANSWER_WITHIN_MS = 10_000;
/** For a body on a slow line. */
const BYTES_PER_MS = 16;
const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 10_000;
/** Without a greeting after so long, something on the way holds the stream back. */
const HELLO_WITHIN_MS = 5_000;
/** How much later than promised a sign of life may come. */
const GRACE_MS = 5_000;
const POLL_S = 25;
/** How long the feed stays with what it has fallen back to. */
const FALLBACK_MS = 10 * 60_000;
const DISPLACED_MS = 5 * 60_000;
const OFFLINE_MS = 60_000;
/** A connection that breaks off sooner isn’t much better than none. */
const STEADY_MS = 5_000;

/** A request that was refused or, with status 0 and the code `network`, never answered. */
export class TincanError extends Error {
  /**
   * @param {number} status @param {ErrorCode | 'network'} code @param {string} message a sentence for people
   * @param {Record<string, string>} [errors] by the field that isn’t right @param {number} [retryAfter] in seconds
   */
  constructor(status, code, message, errors = {}, retryAfter = 0) {
    super(message);
    this.name = 'TincanError';
    this.status = status;
    this.code = code;
    this.errors = errors;
    this.retryAfter = retryAfter;
  }
}

/**
 * Whether one thing is newer than another: two ids, two cursors, or two states of a message or a conversation by their
 * `version`. Ids can exceed what a JavaScript number holds. Anything is newer than nothing. Cursors of two databases can’t
 * be compared: neither is newer.
 * @param {string | {version: string}} a @param {string | {version: string} | null | undefined} b
 */
export function newer(a, b) {
  if (!b) return true;
  const [left, right] = [a, b].map((of) => (typeof of === 'string' ? of : of.version));
  const [number = '', database] = String(left).split('-').reverse();
  const [other = '', otherDatabase] = String(right).split('-').reverse();
  if (database !== otherDatabase) return false;
  return number.length === other.length ? number > other : number.length > other.length;
}

/**
 * The messages of one conversation, oldest first, with a message put in its place, unless a newer state of it is there.
 * @param {readonly Message[]} messages @param {Message} message @returns {Message[]}
 */
export function merge(messages, message) {
  const known = messages.find(({ id }) => id === message.id);
  if (known && !newer(message, known)) return [...messages];
  const others = messages.filter((other) => other !== known);
  const place = others.findIndex((other) => newer(other.id, message.id));
  others.splice(place < 0 ? others.length : place, 0, message);
  return others;
}

/** One person at one server. */
export class Tincan {
  /** @param {string} [server] such as `http://localhost:3000`; if left out, the page’s own @param {{token?: string}} [options] a session’s token or an API token; without one, the cookie counts */
  constructor(server = '', { token = '' } = {}) {
    this.server = (server || globalThis.location?.origin || '').replace(/\/$/, '');
    this.token = token;
  }

  /**
   * In development mode the name is enough. The client keeps the token; a browser at the server’s own address also gets a
   * cookie.
   * @param {string} username @param {string} [password] @param {string} [code] of two-step sign-in @returns {Promise<Welcome>}
   */
  async signIn(username, password, code) {
    /** @type {Credentials} */
    const body = { username, ...(password && { password }), ...(code && { code }) };
    const welcome = await this.request('POST', '/api/login', { body });
    this.token = welcome.token;
    return welcome;
  }

  async signOut() {
    await this.request('POST', '/api/logout');
    this.token = '';
  }

  /** @returns {Promise<Config>} */
  config() {
    return this.request('GET', '/api/config');
  }

  /** @returns {Promise<User>} */
  me() {
    return this.request('GET', '/api/auth_user');
  }

  /** The conversations, 25 at a time, newest message first. @param {NonNullable<Operations['conversations']['parameters']>['query']} [page] @returns {Promise<Conversation[]>} */
  conversations(page) {
    return this.request('GET', '/api/conversations', { query: page });
  }

  /** @param {string} id @returns {Promise<Conversation>} */
  conversation(id) {
    return this.request('GET', `/api/conversations/${id}`);
  }

  /** The conversation with somebody, which may have existed. @param {string} username @returns {Promise<Conversation>} */
  talkTo(username) {
    return this.request('POST', '/api/conversations', { body: { username }, repeat: true });
  }

  /** @param {string} name @param {string[]} [usernames] @returns {Promise<Conversation>} */
  createRoom(name, usernames = []) {
    return this.request('POST', '/api/conversations', { body: { name, usernames } });
  }

  /** Who is in a conversation. @param {string} conversationId @returns {Promise<Participant[]>} */
  people(conversationId) {
    return this.request('GET', `/api/conversations/${conversationId}/participants`);
  }

  /** Up to five people by the beginning of their name. @param {string} search @returns {Promise<User[]>} */
  findPeople(search) {
    return this.request('GET', '/api/users', { query: { search } });
  }

  /** A page of messages, newest first. @param {string} conversationId @param {Operations['history']['parameters']['query']} [page] @returns {Promise<Message[]>} */
  messages(conversationId, page) {
    return this.request('GET', `/api/conversations/${conversationId}/messages`, { query: page });
  }

  /**
   * Repeated until there is an answer. The `clientId` makes sure that it is one message.
   * @param {string} conversationId @param {string} content @param {Omit<SendMessage, 'content'> & Pick<RequestOptions, 'signal' | 'patience'>} [options]
   * @returns {Promise<Message>}
   */
  send(conversationId, content, { signal, patience, ...more } = {}) {
    /** @type {SendMessage} */
    const body = { clientId: newClientId(), content, ...more };
    return this.request('POST', `/api/conversations/${conversationId}/messages`, { body, signal, patience, repeat: true });
  }

  /** @param {string} messageId @param {string} content @returns {Promise<Message>} */
  edit(messageId, content) {
    return this.request('PATCH', `/api/messages/${messageId}`, { body: { content } });
  }

  /** @param {string} messageId @returns {Promise<void>} */
  delete(messageId) {
    return this.request('DELETE', `/api/messages/${messageId}`);
  }

  /** @param {string} messageId @param {string} emoji @returns {Promise<Message>} */
  react(messageId, emoji) {
    return this.request('PUT', `/api/messages/${messageId}/reactions/${encodeURIComponent(emoji)}`);
  }

  /** @param {string} messageId @param {string} emoji @returns {Promise<Message>} */
  unreact(messageId, emoji) {
    return this.request('DELETE', `/api/messages/${messageId}/reactions/${encodeURIComponent(emoji)}`);
  }

  /** Moves the read mark. @param {string} conversationId @param {number} [upTo] a message’s `number`; all of them if left out @returns {Promise<void>} */
  read(conversationId, upTo) {
    return this.request('POST', `/api/conversations/${conversationId}/read_messages`, { body: { upTo }, repeat: true });
  }

  /** Tells the others that one is typing. Every few seconds is enough. @param {string} conversationId @returns {Promise<void>} */
  typing(conversationId) {
    return this.request('POST', `/api/conversations/${conversationId}/typing`);
  }

  /**
   * Uploads a file in parts, going on where the server has got to. Its id goes into `attachments` of `send`.
   * @param {Blob & {name?: string}} file @param {{name?: string, alt?: string, signal?: AbortSignal, progress?: (received: number) => void}} [options]
   * @returns {Promise<Upload>}
   */
  async upload(file, { name = file.name || 'file', alt, signal, progress } = {}) {
    const body = { name, size: file.size, ...(alt && { alt }) };
    /** @type {Upload} */
    let upload = await this.request('POST', '/api/uploads', { body, signal, repeat: true });
    while (upload.received < upload.size) {
      const { id, received } = upload;
      const part = file.slice(received, received + PART);
      try {
        upload = await this.request('PUT', `/api/uploads/${id}`, { query: { offset: received }, body: part, signal });
      } catch (error) {
        // The answer for this part was lost.
        if (!(error instanceof TincanError && error.code === 'wrong_offset')) throw error;
        upload = await this.request('GET', `/api/uploads/${id}`, { signal });
      }
      progress?.(upload.received);
    }
    return upload;
  }

  /** Follows everything that happens, over the best transport that gets through. @param {FeedOptions} options */
  feed(options) {
    return new Feed(this, options);
  }

  /**
   * Any call, for what has no method here. What may be sent twice is repeated after lost answers and when the server is away.
   * @param {string} method @param {string} path @param {RequestOptions} [options] @returns {Promise<any>}
   */
  async request(method, path, { repeat = method !== 'POST', patience = PATIENCE_MS, ...options } = {}) {
    const deadline = Date.now() + patience;
    for (let failures = 0; ; failures++) {
      try {
        return await this.#once(method, path, options);
      } catch (error) {
        const wait = error instanceof TincanError ? waitAfter(error, failures, repeat) : undefined;
        if (wait === undefined || Date.now() + wait > deadline) throw error;
        await sleep(wait, options.signal);
      }
    }
  }

  /** @param {string} method @param {string} path @param {RequestOptions} options */
  async #once(method, path, { query, body, signal }) {
    const isBlob = body instanceof Blob;
    const time = ANSWER_WITHIN_MS + (isBlob ? body.size / BYTES_PER_MS : 0) + Number(query?.wait ?? 0) * 1_000;
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), time);
    const abort = () => patience.abort();
    signal?.throwIfAborted();
    signal?.addEventListener('abort', abort);
    try {
      /** @type {Record<string, string>} */
      const headers = { Accept: 'application/json' };
      if (body && !isBlob) headers['Content-Type'] = 'application/json';
      const response = await this.fetch(path, query, {
        method, headers, signal: patience.signal, body: isBlob ? body : body && JSON.stringify(body),
      });
      const text = await response.text();
      // It isn’t ours where a proxy answers with a page.
      const answer = text === '' ? undefined : JSON.parse(text);
      if (response.ok) return answer;
      const { code = 'internal', message = `status ${response.status}`, errors } = answer ?? {};
      throw new TincanError(response.status, code, message, errors, Number(response.headers.get('retry-after')));
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof TincanError) throw error;
      throw new TincanError(0, 'network', 'The server can’t be reached.');
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    }
  }

  /**
   * `fetch` with the server’s address, and as whoever has signed in.
   * @param {string} path @param {Record<string, string | number | undefined> | undefined} query
   * @param {RequestInit & {headers: Record<string, string>}} init
   */
  fetch(path, query, { headers, ...init }) {
    if (this.token) headers.Authorization = `Bearer ${this.token}`;
    // The token says who it is. Without one the cookie does, also of a page on another port.
    return fetch(`${this.server}${path}${search(query)}`, { credentials: this.token ? 'same-origin' : 'include', ...init, headers });
  }
}

/** Everything that happens for one person, in order, with nothing missing: it goes on where it broke off. */
export class Feed {
  /** @type {FeedState} */
  state = 'connecting';

  #client;
  #options;
  /** @type {Transport[]} */
  #transports;
  #index = 0;
  #fallenBack = 0;
  /** Everything up to here has been taken. */
  #cursor;
  /** What has come before everything was loaded; null if nothing has to wait. @type {FeedEvent[] | null} */
  #held = null;
  #isLoaded;
  #connection = new AbortController();
  #isGreeted = false;
  #silence = HELLO_WITHIN_MS;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #failures = 0;
  /** How often a transport was refused although the server answers. */
  #refusals = 0;
  /** Ends a wait before its time. */
  #hurry = () => {};
  #life = new AbortController();

  /** @param {Tincan} client @param {FeedOptions} options */
  constructor(client, options) {
    this.#client = client;
    this.#options = options;
    this.#transports = options.transports ?? ['sse', 'websocket', 'poll'];
    this.#cursor = options.cursor ?? '';
    this.#isLoaded = this.#cursor !== '';
    const { signal } = this.#life;
    // A page only: elsewhere nothing says these things.
    globalThis.addEventListener?.('online', () => this.wake(), { signal });
    globalThis.addEventListener?.('offline', () => this.wake(), { signal });
    globalThis.document?.addEventListener('visibilitychange', () => document.hidden || this.wake(), { signal });
    this.#run();
  }

  /** @returns {Transport} */
  get transport() {
    return /** @type {Transport} */ (this.#transports[this.#index]);
  }

  /** Where to go on later: everything up to here has been handed over. */
  get cursor() {
    return this.#isLoaded ? this.#cursor : '';
  }

  close() {
    this.#end('closed');
  }

  /** Somebody is back, or the network is another one: looks at once whether the connection is alive. */
  wake() {
    this.#failures = 0;
    this.#hurry();
    if (this.state === 'connected') this.#look(false);
  }

  async #run() {
    while (!this.#life.signal.aborted) {
      const connection = new AbortController();
      const began = Date.now();
      this.#connection = connection;
      this.#isGreeted = false;
      if (Date.now() - this.#fallenBack > FALLBACK_MS) this.#index = 0;
      this.#expect(HELLO_WITHIN_MS);
      /** @type {unknown} */
      let reason;
      try {
        await this.#follow(connection.signal);
      } catch (error) {
        reason = error;
      }
      if (connection.signal.aborted) reason = connection.signal.reason;
      clearTimeout(this.#timer);
      connection.abort();
      if (this.#isGreeted && Date.now() - began > STEADY_MS) this.#failures = 0;
      await this.#recover(reason);
    }
  }

  /** @param {AbortSignal} signal */
  #follow(signal) {
    if (this.transport === 'sse') return this.#stream(signal);
    if (this.transport === 'websocket') return this.#socket(signal);
    return this.#polls(signal);
  }

  /** After a connection has ended. @param {unknown} reason */
  async #recover(reason) {
    if (this.#life.signal.aborted) return;
    if (reason instanceof TincanError && reason.status === 401) return this.#end('signed-out');
    if (reason instanceof TincanError && reason.code === 'too_many_streams') return this.#wait('displaced', DISPLACED_MS);
    const wait = this.#isGreeted ? 0 : await this.#fallBack(reason);
    if (wait === undefined || this.#life.signal.aborted) return;
    if (globalThis.navigator?.onLine === false) await this.#wait('offline', OFFLINE_MS);
    else await this.#wait('connecting', Math.max(wait, pause(this.#failures++)));
  }

  /**
   * A transport that isn’t let through gives way to the next, if the server answers at all. Else it says how many milliseconds
   * to wait at least.
   * @param {unknown} reason
   */
  async #fallBack(reason) {
    const wait = reason instanceof TincanError ? reason.retryAfter * 1_000 : 0;
    if (this.#index + 1 >= this.#transports.length) return wait;
    try {
      await this.#poll(0, this.#life.signal);
    } catch {
      return wait;
    }
    // It may have come back just now.
    if (!(reason instanceof LateError) && this.#refusals++ === 0) return wait;
    this.#index++;
    this.#fallenBack = Date.now();
    this.#options.state?.(this.state, this.transport);
    return undefined;
  }

  /** @param {FeedState} state meanwhile @param {number} time in milliseconds */
  async #wait(state, time) {
    this.#set(state);
    await /** @type {Promise<void>} */ (new Promise((done) => {
      const timer = setTimeout(done, time);
      this.#hurry = () => {
        clearTimeout(timer);
        done();
      };
    }));
    this.#hurry = () => {};
    if (!this.#life.signal.aborted) this.#set('connecting');
  }

  /** By `fetch`, as an EventSource can’t say who it is and hides why it failed. @param {AbortSignal} signal */
  async #stream(signal) {
    const headers = { Accept: 'text/event-stream' };
    const response = await this.#client.fetch('/api/messages', { after: this.#cursor }, { headers, signal });
    if (!response.ok || !response.headers.get('content-type')?.startsWith('text/event-stream') || !response.body) {
      throw await refusal(response);
    }
    for await (const event of readEvents(response.body, () => this.#expect(this.#silence))) this.#take(event);
  }

  /** A browser’s WebSocket can’t say who it is either: a ticket does. @param {AbortSignal} signal @returns {Promise<void>} */
  async #socket(signal) {
    if (!globalThis.WebSocket) throw new Error('There are no WebSockets here.');
    const { ticket } = await this.#client.request('POST', '/api/stream_ticket', { signal });
    const address = this.#client.server.replace(/^http/, 'ws');
    const socket = new WebSocket(`${address}/api/messages${search({ ticket, after: this.#cursor })}`);
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => {
        socket.close();
        reject(signal.reason);
      });
      socket.onmessage = ({ data }) => {
        if (signal.aborted) return;
        this.#expect(this.#silence);
        try {
          this.#take(JSON.parse(data));
        } catch (error) {
          reject(error);
        }
      };
      socket.onerror = () => reject(new TincanError(0, 'network', 'The WebSocket failed.'));
      socket.onclose = ({ code }) => (code === 4001 ? reject(displaced()) : resolve());
    });
  }

  /** @param {AbortSignal} signal */
  async #polls(signal) {
    // Each request has its own time.
    clearTimeout(this.#timer);
    // The first answer says that there is a connection, and so doesn’t wait for an event.
    await this.#poll(0, signal);
    while (this.#index === 0 || Date.now() - this.#fallenBack < FALLBACK_MS) await this.#poll(POLL_S, signal);
  }

  /** Takes what has happened by now, or within so many seconds. @param {number} wait @param {AbortSignal} signal */
  async #poll(wait, signal) {
    const isPolling = this.transport === 'poll';
    try {
      const query = { after: this.#cursor, wait };
      /** @type {Poll} */
      const { cursor, events } = await this.#client.request('GET', '/api/messages', { query, signal, repeat: false });
      if (signal.aborted) return;
      for (const event of events) this.#take(event);
      if (newer(cursor, this.#cursor)) this.#cursor = cursor;
      if (isPolling) this.#greeted();
    } catch (error) {
      if (!(error instanceof TincanError && error.status === 410)) throw error;
      // This place isn’t known any more. From the present one on, nothing is missed that isn’t loaded.
      this.#cursor = '';
      this.#isLoaded = false;
      await this.#poll(0, signal);
    }
  }

  /** @param {StreamEvent} event */
  #take(event) {
    if (event.event === 'hello') {
      this.#cursor ||= event.data.cursor;
      this.#silence = event.data.heartbeat * 1_000 + GRACE_MS;
      this.#expect(this.#silence);
      return this.#greeted();
    }
    if (event.event === 'bye') throw displaced();
    if (event.event === 'reset') {
      this.#cursor = event.id;
      return this.#load();
    }
    if ('id' in event) {
      // Two transports may have brought it.
      if (!newer(event.id, this.#cursor)) return;
      this.#cursor = event.id;
    }
    if (event.event === 'caught_up') return;
    if (this.#held) this.#held.push(event);
    else this.#hand(event);
  }

  #greeted() {
    this.#isGreeted = true;
    this.#refusals = 0;
    this.#set('connected');
    if (!this.#isLoaded && !this.#held) this.#load();
  }

  async #load() {
    this.#isLoaded = false;
    /** @type {FeedEvent[]} */
    const held = [];
    this.#held = held;
    /** @type {unknown} */
    let failure;
    try {
      await this.#options.load?.();
    } catch (error) {
      failure = new LoadError('load', { cause: error });
    }
    // Another reset may have come meanwhile.
    if (this.#held !== held || this.#life.signal.aborted) return;
    this.#held = null;
    if (failure) {
      this.#cursor = '';
      this.#connection.abort(failure);
      return;
    }
    this.#isLoaded = true;
    for (const event of held) this.#hand(event);
  }

  /** @param {FeedEvent} event */
  #hand(event) {
    if (this.#life.signal.aborted) return;
    try {
      this.#options.event(event);
    } catch (error) {
      // A mistake of the app must not end the feed, nor be hidden.
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  /** @param {number} time in milliseconds, within which something is to be heard */
  #expect(time) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(true), time);
  }

  /** Asks by a poll whether the server can be reached. @param {boolean} isLate whether nothing has been heard for too long */
  async #look(isLate) {
    const connection = this.#connection;
    const cursor = this.#cursor;
    try {
      if (this.#isGreeted) await this.#poll(0, connection.signal);
    } catch {
      return connection.abort(new TincanError(0, 'network', 'The connection is dead.'));
    }
    if (!isLate) return;
    // A browser doesn’t show the heartbeat of a WebSocket. If the poll has brought nothing, there was nothing to hear.
    const isIdle = this.#isGreeted && this.transport === 'websocket' && this.#cursor === cursor;
    if (isIdle) this.#expect(this.#silence);
    else connection.abort(new LateError());
  }

  /** @param {FeedState} state */
  #set(state) {
    if (this.state === state || this.#life.signal.aborted) return;
    this.state = state;
    this.#options.state?.(state, this.transport);
  }

  /** @param {FeedState} state */
  #end(state) {
    this.#set(state);
    this.#life.abort();
    this.#connection.abort();
    this.#hurry();
    clearTimeout(this.#timer);
  }
}

/** What is to be loaded couldn’t be. */
class LoadError extends Error {}

/** Something on the way holds the stream back. */
class LateError extends Error {}

function displaced() {
  return new TincanError(429, 'too_many_streams', 'There are too many streams.');
}

/** @param {Response} response */
async function refusal(response) {
  const { code = 'internal', message = `status ${response.status}` } = await response.json().catch(() => ({}));
  return new TincanError(response.status, code, message, {}, Number(response.headers.get('retry-after')));
}

/**
 * Server-sent events (WHATWG HTML §9.2), as this server writes them: a line of data for each event.
 * @param {ReadableStream<Uint8Array>} body @param {() => void} heard called for everything that comes, also for signs of life
 * @returns {AsyncGenerator<StreamEvent>}
 */
async function* readEvents(body, heard) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    heard();
    const frames = (text + decoder.decode(value, { stream: true })).split('\n\n');
    text = frames.pop() ?? '';
    for (const frame of frames) {
      const fields = new Map(frame.split('\n').map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')];
      }));
      const data = fields.get('data');
      if (!data) continue;
      const id = fields.get('id');
      const event = fields.get('event') ?? 'message';
      yield /** @type {StreamEvent} */ ({ ...(id && { id }), event, data: JSON.parse(data) });
    }
  }
}

/**
 * How many milliseconds later to send a request again. None if that wouldn’t help, or might do it twice.
 * @param {TincanError} error @param {number} failures @param {boolean} repeat
 */
function waitAfter({ status, code, retryAfter }, failures, repeat) {
  // It was refused, so nothing has been done.
  if (code === 'too_fast') return Math.max(retryAfter * 1_000, pause(failures));
  const mayPass = status === 0 || status === 408 || status >= 500 && status !== 507;
  return repeat && mayPass ? Math.max(retryAfter * 1_000, pause(failures)) : undefined;
}

/** How long to wait after so many failures. Jitter keeps clients from coming back in the same moment. @param {number} failures */
function pause(failures) {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures) * (0.75 + Math.random() / 4);
}

/** @param {number} time in milliseconds @param {AbortSignal} [signal] @returns {Promise<void>} */
async function sleep(time, signal) {
  await new Promise((done) => {
    setTimeout(done, time);
    signal?.addEventListener('abort', done);
  });
  signal?.throwIfAborted();
}

/** @param {Record<string, string | number | undefined>} [query] */
function search(query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  return given.length === 0 ? '' : `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`;
}

/** It is no secret, and has to be unique among one person’s messages. Not every place has `crypto`. */
function newClientId() {
  return `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
}
