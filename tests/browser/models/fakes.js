// What stands in for the server, the network, the clock and the browser's storage, and ways to wait for what they do.

import { Api, ApiError } from '../base/api.js';
import { forget, keysOf } from '../base/storage.js';
import { test as run } from './runner.js';

/** @import {Conversation, Message, User} from '../base/types.js' */

const PATIENCE_MS = 5_000;
const LOOK_MS = 2;

// Those of the browser, whatever a test puts in their place.
const real = { setTimeout, clearTimeout, setInterval, clearInterval, now: Date.now, fetch: globalThis.fetch };
const laterOn = real.setTimeout;
/** Of the timers of all clocks; far from those of the browser, as what a test leaves behind may still clear its own. */
let newestTimer = 2 ** 40;

/** What is to be undone when the test ends, the last first. @type {(() => void)[]} */
const undone = [];

/** Undoes something when the test ends, however it does. @param {() => void} undo */
export function afterwards(undo) {
  undone.push(undo);
}

/** A test that finds nothing kept, and leaves nothing behind. @param {string} name @param {() => unknown} body */
export function test(name, body) {
  run(name, async () => {
    forgetAll();
    try {
      await body();
    } finally {
      while (undone.length > 0) undone.pop()?.();
      forgetAll();
    }
  });
}

function forgetAll() {
  for (const key of keysOf('')) forget(key);
}

/**
 * Waits until something holds, and returns it; fails if it doesn't within five seconds.
 * @template T @param {() => T} condition @param {string} [what] @returns {Promise<T>}
 */
export async function until(condition, what = condition.toString()) {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const value = condition();
    if (value) return value;
    if (performance.now() > end) throw new Error(`never: ${what}`);
    await new Promise((done) => laterOn(done, LOOK_MS));
  }
}

/** Lets everything happen that waits for nothing but its turn. */
export async function settle() {
  for (let turn = 0; turn < 2; turn += 1) {
    // In Firefox, what an answer says takes several turns to read. Whatever was there before this one is read by then.
    await new Response(new Response('null').body).json();
    await new Promise((done) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        done(undefined);
      };
      port2.postMessage(null);
    });
  }
}

/** The same numbers between 0 and 1 for the same seed (mulberry32). @param {number} seed */
export function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The whole numbers from one to another. @param {number} first @param {number} last */
export function range(first, last) {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}

export const JANE = { id: '2', username: 'jane' };

/** A message of conversation 7, by jane if nothing else is said. @param {number} number @param {Partial<Message>} [more] @returns {Message} */
export function message(number, more = {}) {
  const createdAt = new Date(Date.UTC(2026, 2, 2, 8, 0, number)).toISOString();
  const content = `message ${number}`;
  const id = `${1_000 + number}`;
  return {
    id, version: id, conversationId: '7', number, content, createdAt, editedAt: null, deletedAt: null, mine: false, author: JANE,
    reactions: [], ...more,
  };
}

/** Messages as the server lists them, newest first. @param {number} first @param {number} last */
export function page(first, last) {
  return range(first, last).map((number) => message(number)).reverse();
}

/**
 * A conversation that has `newest` messages, of which `read` are read.
 * @param {string} id @param {{newest?: number, read?: number, other?: User, at?: number}} [more] `at` orders it
 * @returns {Conversation}
 */
export function conversation(id, { newest = 0, read = 0, other = JANE, at = newest } = {}) {
  const lastMessage = newest ? message(newest, { id: `${at}`, conversationId: id }) : null;
  return {
    id, version: '1', kind: 'direct', name: null, otherParticipant: other, participantCount: 2, open: false, avatarURL: null, role: null,
    lastMessage, lastReadNumber: read, mentionCount: 0, pinned: false, archived: false, hidden: false, markedUnread: false,
  };
}

/** A room. @param {string} id @param {{newest?: number, read?: number, at?: number}} has @param {Partial<Conversation>} [more] @returns {Conversation} */
export function room(id, has, more = {}) {
  return {
    ...conversation(id, has), kind: 'room', name: 'Kitchen', otherParticipant: null, participantCount: 3, role: 'member', ...more,
  };
}

/** A request that waits for an answer. */
class Question {
  /**
   * @param {string} method @param {string} path @param {any} body
   * @param {AbortSignal | undefined} signal
   * @param {(answer: any) => void} resolve @param {(error: unknown) => void} reject
   */
  constructor(method, path, body, signal, resolve, reject) {
    this.method = method;
    this.path = path;
    this.body = body;
    this.signal = signal;
    this.resolve = resolve;
    this.reject = reject;
  }

  /** Whether nobody waits for the answer any more. */
  get isOver() {
    return this.signal?.aborted ?? false;
  }

  /** @param {unknown} [value] */
  answer(value = null) {
    this.resolve(value);
    return settle();
  }

  /** @param {number} status @param {string} [reason] @param {string} [code] @param {number} [wait] in milliseconds */
  refuse(status, reason = `error ${status}`, code = '', wait = 0) {
    this.reject(new ApiError(status, reason, undefined, code, wait));
    return settle();
  }
}

/** A server that answers when the test does. */
export class FakeApi extends Api {
  /** What hasn't been looked at, oldest first. @type {Question[]} */
  open = [];
  /** Everything that was ever asked. */
  count = 0;

  /** @override @param {string} path @returns {Promise<any>} */
  get(path) {
    return this.#ask('GET', path, undefined);
  }

  /** @override @param {string} path @param {object} [body] @param {AbortSignal} [signal] @returns {Promise<any>} */
  post(path, body, signal) {
    return this.#ask('POST', path, body, signal);
  }

  /** @override @param {string} method @param {string} path @param {object} [body] @param {AbortSignal} [signal] @returns {Promise<any>} */
  send(method, path, body, signal) {
    return this.#ask(method, path, body, signal);
  }

  /** @override @param {string} path @returns {Promise<any>} */
  delete(path) {
    return this.#ask('DELETE', path, undefined);
  }

  /** The next request, which is taken from those that are open. */
  async next() {
    await until(() => this.open.length > 0, 'a request');
    return /** @type {Question} */ (this.open.shift());
  }

  /** @param {string} method @param {string} path @param {unknown} body @param {AbortSignal} [signal] */
  #ask(method, path, body, signal) {
    this.count += 1;
    return new Promise((resolve, reject) => {
      const question = new Question(method, path, body, signal, resolve, reject);
      this.open.push(question);
      signal?.addEventListener('abort', () => {
        this.open = this.open.filter((each) => each !== question);
        question.refuse(0);
      });
    });
  }
}

/** A request to the network, to be answered at once or bit by bit. */
class Connection {
  /** @type {ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | null} */
  #body = null;

  /**
   * @param {string} path @param {RequestInit} init
   * @param {(response: Response) => void} resolve @param {(error: unknown) => void} reject
   */
  constructor(path, init, resolve, reject) {
    this.url = new URL(path, location.href);
    this.init = init;
    this.headers = new Headers(init.headers);
    this.resolve = resolve;
    this.reject = reject;
    init.signal?.addEventListener('abort', () => this.break());
  }

  get isStream() {
    return this.headers.get('accept') === 'text/event-stream';
  }

  get isOver() {
    return this.init.signal?.aborted ?? false;
  }

  /** @param {string} name */
  query(name) {
    return this.url.searchParams.get(name);
  }

  /** @param {number} status @param {unknown} [body] */
  answer(status, body) {
    const text = typeof body === 'string' ? body : JSON.stringify(body ?? null);
    this.resolve(new Response(status === 204 ? null : text, { status, headers: { 'Content-Type': 'application/json' } }));
    return settle();
  }

  /** Begins a stream, or goes on with it. @param {string} text */
  say(text) {
    if (!this.#body) {
      const body = new ReadableStream({
        start: (controller) => {
          this.#body = controller;
        },
      });
      this.resolve(new Response(body, { headers: { 'Content-Type': 'text/event-stream' } }));
    }
    this.#body?.enqueue(new TextEncoder().encode(text));
    return settle();
  }

  /** The stream ends. */
  end() {
    this.#body?.close();
    return settle();
  }

  /** Nobody answers, or not any longer. */
  break() {
    const error = new TypeError('Failed to fetch');
    this.reject(error);
    try {
      this.#body?.error(error);
    } catch {
      // It had ended.
    }
    return settle();
  }
}

/** Takes the network away, and returns the requests to it. */
export function cutNetwork() {
  const network = {
    /** Those that nobody has looked at, oldest first. @type {Connection[]} */
    open: [],
    count: 0,

    /** The next request. */
    async next() {
      await until(() => this.open.length > 0, 'a connection');
      return /** @type {Connection} */ (this.open.shift());
    },
  };
  globalThis.fetch = (path, init = {}) => {
    network.count += 1;
    const { promise, resolve, reject } = Promise.withResolvers();
    network.open.push(new Connection(`${path}`, init, resolve, reject));
    return promise;
  };
  afterwards(() => {
    globalThis.fetch = real.fetch;
  });
  return network;
}

/** An event of a stream, as the server writes it. @param {string} name @param {unknown} data @param {string} [cursor] */
export function frame(name, data, cursor) {
  return `${cursor ? `id:${cursor}\n` : ''}${name === 'message' ? '' : `event:${name}\n`}data:${JSON.stringify(data)}\n\n`;
}

/** What a stream begins with. @param {string} cursor */
export function hello(cursor) {
  return `retry:900\n${frame('hello', { cursor, user: { id: '12', username: 'john' }, heartbeat: 15 }, cursor)}`;
}

/** From now on, time passes only when the test says so. */
export function stopClock() {
  /** @type {Map<number, {due: number, every: number, action: () => void}>} */
  const timers = new Map();
  let passed = 0;
  let set = real.now();

  /** @param {() => void} action @param {number} time @param {number} every */
  const add = (action, time, every) => {
    newestTimer += 1;
    timers.set(newestTimer, { due: passed + Math.max(0, time), every, action });
    return newestTimer;
  };
  const remove = (/** @type {number | undefined} */ id) => {
    timers.delete(id ?? 0);
  };
  Object.assign(globalThis, {
    setTimeout: (/** @type {() => void} */ action, time = 0) => add(action, time, 0),
    setInterval: (/** @type {() => void} */ action, time = 0) => add(action, time, Math.max(1, time)),
    clearTimeout: remove,
    clearInterval: remove,
  });
  Date.now = () => set + passed;
  const timeout = (/** @type {number} */ time) => {
    const controller = new AbortController();
    add(() => controller.abort(new DOMException('too late', 'TimeoutError')), time, 0);
    return controller.signal;
  };
  replace(AbortSignal, 'timeout', { value: timeout, writable: true });
  afterwards(() => {
    const { now, fetch: _, ...others } = real;
    Object.assign(globalThis, others);
    Date.now = now;
  });

  return {
    /** Lets so much time pass, with everything that falls into it. @param {number} time in milliseconds */
    async advance(time) {
      const end = passed + time;
      await settle();
      for (;;) {
        const [next] = [...timers].filter(([, { due }]) => due <= end).sort(([, a], [, b]) => a.due - b.due);
        if (!next) break;
        const [id, timer] = next;
        passed = timer.due;
        if (timer.every) timer.due += timer.every;
        else timers.delete(id);
        timer.action();
        await settle();
      }
      passed = end;
    },

    /** How many things are still to happen. */
    get pending() {
      return timers.size;
    },

    /** Sets what time it is said to be, as somebody does by hand, or a sleep. @param {number} by in milliseconds */
    set(by) {
      set += by;
    },
  };
}

/** Has the browser refuse to write, as where the storage is full. Returns a function that ends it. */
export function fillStorage() {
  const { setItem } = Storage.prototype;
  Storage.prototype.setItem = () => {
    throw new DOMException('full', 'QuotaExceededError');
  };
  const end = () => {
    Storage.prototype.setItem = setItem;
  };
  afterwards(end);
  return end;
}

/** Gives an object another value of a property during the test. @param {object} object @param {string} name @param {PropertyDescriptor} descriptor */
export function replace(object, name, descriptor) {
  const before = Object.getOwnPropertyDescriptor(object, name);
  Object.defineProperty(object, name, { ...descriptor, configurable: true });
  afterwards(() => {
    if (before) Object.defineProperty(object, name, before);
    else Reflect.deleteProperty(object, name);
  });
}

/** Has the browser refuse even to look at its storage. */
export function refuseStorage() {
  const get = () => {
    throw new DOMException('denied', 'SecurityError');
  };
  replace(window, 'localStorage', { get });
}

/** How often an event is fired from now on. @param {EventTarget} target @param {string} name */
export function counted(target, name) {
  const counter = { count: 0 };
  target.addEventListener(name, () => {
    counter.count += 1;
  });
  return counter;
}

/** How often something throws what nobody catches, from now on. That then isn't in the console. */
export function caught() {
  const counter = { count: 0 };
  const listener = (/** @type {Event} */ event) => {
    counter.count += 1;
    event.preventDefault();
  };
  for (const name of ['error', 'unhandledrejection']) {
    addEventListener(name, listener);
    afterwards(() => removeEventListener(name, listener));
  }
  return counter;
}
