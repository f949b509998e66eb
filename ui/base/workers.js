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
  /** @type {((event: any) => void) | null} */
  onmessage = null;
  #name;

  /** @param {string} name */
  constructor(name) {
    this.#name = name;
    addEventListener(name, this);
  }

  /** @param {any} event */
  handleEvent({ detail: { from, data } }) {
    if (from !== this) this.onmessage?.({ data });
  }

  /** @param {unknown} data */
  postMessage(data) {
    queueMicrotask(() => dispatchEvent(new CustomEvent(this.#name, { detail: { from: this, data } })));
  }

  close() {
    removeEventListener(this.#name, this);
  }
}
