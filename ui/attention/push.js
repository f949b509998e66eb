// Push: whether this device rings while no page is open, and which other devices of one’s own do.

import { ApiError, reasonOf } from '../base/api.js';
import { t } from '../words/index.js';
import { askToNotify, notifies, rings, setNotify, setRings } from './permission.js';

/** @import {Client} from '../shell/client.js' */
/** @import {Preferences} from '../shell/preferences.js' */

/**
 * A device that the server pushes to. `failure` says why the last message couldn’t be delivered.
 * @typedef {{id: string, current: boolean, device: string, createdAt: string, deliveredAt: string | null, failure: string | null}} PushDevice
 */
/** Why nothing can be shown here: the page isn’t secure, isn’t installed (on an iPhone), the browser can’t, or doesn’t allow it. @typedef {'https' | 'install' | 'unknown' | 'denied'} Obstacle */

/** Where the worker finds what it says, in a cache of its own, as it doesn’t know anybody’s language. */
const SPOKEN = 'spoken';
const NEW_MESSAGE = '/new-message';
/** The tag of what shows somebody that it works. */
const TEST = 'test';
const NOT_FOUND = 404;
const INVALID = 422;
/** What the server says where it can’t push to this browser. */
const UNDELIVERABLE = ['push_unreachable', 'push_refused'];
/** So long a browser may take for its push service. Some never say that there is none. */
const PATIENCE_MS = 15_000;
/** So long a message may take from the server by way of a push service to this device, before one had better look why. */
const ARRIVAL_MS = 15_000;

/** @returns {Obstacle | null} */
export function obstacle() {
  if (!isSecureContext) return 'https';
  if (!('Notification' in globalThis)) return 'standalone' in navigator ? 'install' : 'unknown';
  return Notification.permission === 'denied' ? 'denied' : null;
}

/** @type {WeakMap<Client, Push>} */
const known = new WeakMap();

/** @param {Client} client @param {Preferences} preferences */
export function pushOf(client, preferences) {
  const push = known.get(client) ?? new Push(client, preferences);
  known.set(client, push);
  return push;
}

/** Fires `change`. */
export class Push extends EventTarget {
  #api;
  #preferences;
  /** One thing after the other, however quickly somebody changes their mind. @type {Promise<unknown>} */
  #last = Promise.resolve();
  /** How many of them aren’t done yet. */
  #open = 0;
  /** Whether the browser has been found to have a push service. */
  #isSubscribed = false;
  /** Whether the server is known to push here, since the page is there. */
  isCertain = false;
  /** Why this device couldn’t be told to the server, where that is so. */
  reason = '';
  /** The one that this is. @type {PushDevice | undefined} */
  device;

  /** @param {Pick<Client, 'api'>} client @param {Preferences} preferences */
  constructor({ api }, preferences) {
    super();
    this.#api = api;
    this.#preferences = preferences;
  }

  /** Whether it is being turned on or off. */
  get isChanging() {
    return this.#open > 0;
  }

  /**
   * Whether somebody is called back to this device: never, while a page is open, or always.
   * @returns {'off' | 'page' | 'always'}
   */
  get state() {
    if (!notifies(this.#preferences)) return 'off';
    return rings(this.#preferences) ? 'always' : 'page';
  }

  /** Whether there is something to try out. */
  get canTest() {
    return this.state === 'always' || this.state === 'page' && this.#isSubscribed;
  }

  /** To be called at a click, or browsers don’t ask. */
  async turnOn() {
    try {
      await askToNotify(this.#preferences);
      await this.renew();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** What browsers and servers know of each other may have changed since it was turned on. What the server refuses is an ApiError. */
  renew() {
    return this.#inTurn(async () => {
      if (!notifies(this.#preferences)) return;
      await speak();
      const { publicKey } = await this.#ask();
      const subscribed = await subscribe(publicKey);
      this.#isSubscribed = subscribed !== null;
      this.reason = '';
      if (subscribed) await this.#tell(subscribed);
      else await this.#leaveToPage();
    });
  }

  /** This device rings no more. Where the server can’t be told, the push service tells it. */
  async turnOff() {
    setNotify(this.#preferences, false);
    await this.#inTurn(async () => {
      this.#setRings(false);
      this.#isSubscribed = false;
      await unsubscribe();
      await this.#ask().catch(reasonOf);
      if (this.device) await this.#delete(this.device.id).catch(reasonOf);
      this.device = undefined;
    });
  }

  /** All of them, this one first. @returns {Promise<PushDevice[]>} */
  async devices() {
    const { subscriptions } = await this.#ask();
    return subscriptions.toSorted((a, b) => Number(b.current) - Number(a.current));
  }

  /** @param {PushDevice} device */
  async remove({ id, current }) {
    if (current) await this.turnOff();
    else await this.#delete(id);
  }

  /**
   * Has the server push to this device.
   * @returns {Promise<'arrived' | 'sent' | 'renewed'>} whether it has been seen to arrive, or the push service didn’t know this
   * device any more, and has got to know it again
   */
  async test() {
    // It may have been left to the page.
    if (!this.device) await this.renew();
    const life = new AbortController();
    /** @type {Promise<'arrived' | 'sent'>} */
    const outcome = new Promise((done) => {
      const hear = (/** @type {MessageEvent} */ { data }) => data.rang === TEST && done('arrived');
      navigator.serviceWorker.addEventListener('message', hear, { signal: life.signal });
      setTimeout(() => done('sent'), ARRIVAL_MS);
    });
    try {
      await this.#api.post('/api/push/test');
      if (this.device) this.device.failure = null;
      this.dispatchEvent(new Event('change'));
      return await outcome;
    } catch (error) {
      if (isUndeliverable(error)) {
        await this.#inTurn(() => this.#leaveToPage());
        this.#fail(error);
      }
      if (!(error instanceof ApiError) || error.status !== NOT_FOUND) throw error;
      await unsubscribe();
      await this.renew();
      return 'renewed';
    } finally {
      life.abort();
    }
  }

  /** @returns {Promise<{publicKey: string, subscriptions: PushDevice[]}>} */
  async #ask() {
    const answer = await this.#api.get('/api/push');
    this.device = answer.subscriptions.find((/** @type {PushDevice} */ { current }) => current);
    return answer;
  }

  /** @param {PushSubscription} subscribed */
  async #tell(subscribed) {
    try {
      this.device = await this.#api.send('PUT', '/api/push/subscription', subscribed.toJSON());
      // A server that has reached no push service so far may never do.
      this.#setRings(!this.device?.failure || Boolean(this.device.deliveredAt));
    } catch (error) {
      // Where it can’t be reached, or not now, it may know of it from before.
      if (isUndeliverable(error) || error instanceof ApiError && error.status > 0 && !this.device) await this.#leaveToPage();
      throw error;
    }
  }

  /** One of the two notifies, and never both: the server no more, so that the page does what it can itself. */
  async #leaveToPage() {
    if (this.device) await this.#delete(this.device.id).catch(reasonOf);
    this.device = undefined;
    this.#setRings(false);
  }

  /** @param {boolean} on */
  #setRings(on) {
    this.isCertain = on;
    setRings(this.#preferences, on);
  }

  /** @param {string} id */
  async #delete(id) {
    await this.#api.delete(`/api/push/subscriptions/${id}`);
  }

  /** @param {unknown} error */
  #fail(error) {
    if (error instanceof ApiError) this.reason = reasonOf(error);
    else complain(error);
    this.dispatchEvent(new Event('change'));
  }

  /** @param {() => Promise<void>} act */
  async #inTurn(act) {
    this.#open += 1;
    this.dispatchEvent(new Event('change'));
    const done = this.#last.then(act);
    this.#last = done.catch(() => {});
    try {
      await done;
    } finally {
      this.#open -= 1;
      this.dispatchEvent(new Event('change'));
    }
  }
}

/** What is pushed to this browser from now on is nobody’s. @param {number} [patience] in milliseconds */
export async function unsubscribe(patience) {
  await inTime(async () => {
    const registration = await navigator.serviceWorker?.getRegistration();
    const subscription = await registration?.pushManager?.getSubscription();
    await subscription?.unsubscribe();
  }, patience);
}

/**
 * With this key of the server, whatever there was before; null where the browser has no push service, or can’t reach it.
 * @param {string} applicationServerKey
 */
async function subscribe(applicationServerKey) {
  return await inTime(async () => {
    // Without a worker, one would wait for ever.
    if (!await navigator.serviceWorker?.getRegistration()) return null;
    const { pushManager } = await navigator.serviceWorker.ready;
    const before = await pushManager?.getSubscription();
    if (before && keyOf(before) === applicationServerKey) return before;
    await before?.unsubscribe();
    return await pushManager?.subscribe({ userVisibleOnly: true, applicationServerKey });
  }) ?? null;
}

/**
 * Null where it fails, or takes too long.
 * @template T @param {() => Promise<T>} act @param {number} [patience] in milliseconds
 */
async function inTime(act, patience = PATIENCE_MS) {
  try {
    /** @type {Promise<never>} */
    const late = new Promise((_, reject) => setTimeout(() => reject(new Error('no answer')), patience));
    return await Promise.race([act(), late]);
  } catch (error) {
    complain(error);
    return null;
  }
}

/** Whether the server says that it can’t push to this browser. @param {unknown} error */
function isUndeliverable(error) {
  return error instanceof ApiError && (error.status === INVALID || UNDELIVERABLE.includes(error.code));
}

/** In Base64 for addresses, as the server says it. @param {PushSubscription} subscription */
function keyOf({ options: { applicationServerKey } }) {
  const bytes = new Uint8Array(applicationServerKey ?? []);
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** Browsers without a push service aren’t broken. @param {unknown} error */
function complain(error) {
  console.info('Tincan can’t ring here while it is closed:', error);
}

/** Leaves the worker what it says of a message that it can’t read. */
async function speak() {
  const cache = await globalThis.caches?.open(SPOKEN).catch(() => undefined);
  // Where there is no room for it, it says it in English.
  await cache?.put(NEW_MESSAGE, new Response(t('attention.newMessage'))).catch(() => {});
}
