// Requests to the server, what can go wrong with them, and which of two answers is the later one.

import { find, t } from '../words/index.js';
import { load } from './load.js';

/** @import {Config} from './types.js' */

const PATIENCE_MS = 20_000;
const CONFIG = '/api/config';

/** A request that was refused or, with status 0, never answered. The message is a sentence for a person. */
export class ApiError extends Error {
  /**
   * @param {number} status @param {string} message @param {Record<string, string>} [errors] by the field that isn’t right
   * @param {string} [code] says for programs what is wrong @param {number} [wait] for how many milliseconds it had better not be tried again
   */
  constructor(status, message, errors, code = '', wait = 0) {
    super(message);
    this.status = status;
    this.errors = errors;
    this.code = code;
    this.wait = wait;
  }
}

/** Fires `signed-out` when the session cookie is nobody's, or is that of somebody else meanwhile. */
export class Api extends EventTarget {
  /** For whom it speaks, once that is known. */
  userId = '';

  /** What this server is like, and who one is to it: that needs no session, so a 401 is somebody else’s. @returns {Promise<Config>} */
  config() {
    return this.#ask(CONFIG, {});
  }

  /** @param {string} path @returns {Promise<any>} */
  get(path) {
    return this.#ask(path, {});
  }

  /** @param {string} path @param {object} [body] @param {AbortSignal} [signal] @returns {Promise<any>} */
  post(path, body, signal) {
    return this.send('POST', path, body, signal);
  }

  /** Outlives the page. @param {string} path @returns {Promise<any>} */
  delete(path) {
    return this.send('DELETE', path);
  }

  /**
   * What puts something small in its place, or takes it away, outlives the page: it may be the last thing that one did here.
   * @param {string} method @param {string} path @param {object} [body] a Blob, or what becomes JSON @param {AbortSignal} [signal]
   * @returns {Promise<any>}
   */
  send(method, path, body, signal) {
    if (body instanceof Blob) return this.#ask(path, { method, signal, body });
    const json = body && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
    return this.#ask(path, { method, signal, keepalive: ['PUT', 'DELETE'].includes(method), ...json });
  }

  /** @param {string} path @param {RequestInit} request @returns {Promise<any>} */
  async #ask(path, request) {
    const headers = new Headers({ Accept: 'application/json', ...request.headers });
    if (this.userId) headers.set('Tincan-User', this.userId);
    const patience = AbortSignal.timeout(PATIENCE_MS);
    const signal = request.signal ? AbortSignal.any([request.signal, patience]) : patience;
    const response = await fetch(path, { ...request, headers, signal }).catch(unreachable);
    if ([202, 204].includes(response.status)) return null;
    const answer = await response.json().catch(() => null);
    if (response.ok && answer !== null) return answer;
    if (response.ok) throw new ApiError(0, t('error.intercepted'));
    // What lasts needs proof of who one is; whether somebody has given it.
    if (answer?.code === 'proof_required' && await (await load(() => import('../account/prove.js'))).prove(this)) return this.#ask(path, request);
    if (response.status === 401 && path !== CONFIG) this.dispatchEvent(new Event('signed-out'));
    const reason = answer?.message || t('error.status', { status: response.status });
    const wait = Number(response.headers.get('retry-after')) * 1_000;
    throw new ApiError(response.status, reason, answer?.errors, answer?.code, wait);
  }
}

/** @returns {never} */
export function unreachable() {
  throw new ApiError(0, t('error.offline'));
}

/**
 * Whether this is a later state of a thing than another one, or no earlier, whatever order they come in. What was kept
 * before there were versions is the oldest.
 * @param {{version: string}} state @param {{version: string} | undefined} other
 */
export function isCurrent(state, other) {
  return BigInt(state.version ?? 0) >= BigInt(other?.version ?? 0);
}

/** What to tell a person about an error. @param {unknown} error */
export function reasonOf(error) {
  // Anything else is a defect of this page, and belongs in the console.
  if (!(error instanceof ApiError)) throw error;
  return find(`error.${error.code}`) ?? error.message;
}
