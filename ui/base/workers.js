// What tabs and workers need for each other: their addresses, and the channel between them. Where Trusted Types are, a
// script's address must come from a policy; this one knows no others.

const ADDRESSES = {
  // It is for the whole origin, so it stands above everything.
  service: '/service-worker.js',
  stream: new URL('../stream/worker.js', import.meta.url).pathname,
};

const known = Object.values(ADDRESSES);
const rules = { createScriptURL: (/** @type {string} */ address) => known.find((each) => each === address) ?? '' };
/** @type {typeof rules | undefined} */
let policy;

/** Said to be a string, as type checkers know no better. @param {keyof typeof ADDRESSES} name */
export function workerUrl(name) {
  const trusted = /** @type {{createPolicy(name: string, from: typeof rules): typeof rules} | undefined} */ (
    Reflect.get(globalThis, 'trustedTypes'));
  // A policy can be made once.
  policy ??= trusted?.createPolicy('tincan', rules) ?? rules;
  return policy.createScriptURL(ADDRESSES[name]);
}

/** @typedef {Pick<BroadcastChannel, 'postMessage' | 'close' | 'onmessage'>} Channel */

/** The ends of channels within this page, by name. @type {Map<string, Set<Channel>>} */
const ends = new Map();

/**
 * A channel to all others of this name, wherever they are; or in this page alone, where the browser keeps tabs apart, as
 * with blocked cookies.
 * @param {string} name @returns {Channel}
 */
export function openChannel(name) {
  try {
    return new BroadcastChannel(name);
  } catch {
    return new PageChannel(name);
  }
}

class PageChannel {
  /** @type {Channel['onmessage']} */
  onmessage = null;
  #others;

  /** @param {string} name */
  constructor(name) {
    this.#others = ends.get(name) ?? new Set();
    ends.set(name, this.#others);
    this.#others.add(this);
  }

  /** @param {unknown} data */
  postMessage(data) {
    const event = new MessageEvent('message', { data });
    for (const other of this.#others) {
      if (other !== this) queueMicrotask(() => other.onmessage?.call(/** @type {BroadcastChannel} */ (other), event));
    }
  }

  close() {
    this.onmessage = null;
    this.#others.delete(this);
  }
}
