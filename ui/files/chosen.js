// Files that were chosen for a conversation and aren’t sent yet, kept in this browser as drafts are: the same in all tabs,
// and over a reload. Which they are stands in localStorage, where other tabs hear of it; their bytes are with those of the
// outbox.

import { forget, keep, kept, keysOf } from '../base/storage.js';
import { Parts } from './parts.js';

/** What is known of a file beside its bytes. @typedef {{id: string, name: string, type: string, alt: string}} ChosenFile */
/** `original` says that pictures are wanted as they are. @typedef {{files: ChosenFile[], original: boolean}} Choice */

/** Where something is, in all tabs, before it is named; and for as long nobody sweeps it. */
const KEEPING_MS = 60 * 60 * 1_000;

/** @param {string} userId @param {string} conversationId */
export function keyOf(userId, conversationId) {
  return `tray:${userId}:${conversationId}`;
}

/** For a file that is chosen now. */
export function newId() {
  return `${Date.now()}:${crypto.getRandomValues(new Uint32Array(1))}`;
}

/** Whether bytes under this id belong to a file that was chosen, or may yet. @param {string} userId @param {string} id */
export function isChosen(userId, id) {
  const [begun] = id.split(':');
  if (Date.now() - Number(begun) < KEEPING_MS) return true;
  return keysOf(`tray:${userId}:`).some((key) => choiceAt(key).files.some((file) => file.id === id));
}

/** @param {string} key @returns {Choice} */
function choiceAt(key) {
  return kept(key) ?? { files: [], original: false };
}

/** Those of one conversation. */
export class Chosen {
  #userId;
  #parts = new Parts();

  /** @param {string} userId @param {string} conversationId */
  constructor(userId, conversationId) {
    this.#userId = userId;
    this.key = keyOf(userId, conversationId);
  }

  get choice() {
    return choiceAt(this.key);
  }

  /** Their bytes are kept before. @param {Choice} choice */
  set choice(choice) {
    if (choice.files.length > 0) keep(this.key, choice);
    else forget(this.key);
  }

  /** Rejects where the browser keeps nothing, or has no room. @param {string} id @param {Blob} file */
  async keep(id, file) {
    await this.#parts.keep([this.#userId, id, 0, 'body'], file);
  }

  /** Rejects where it isn’t here any more. @param {ChosenFile} file */
  async read({ id, name, type }) {
    const blob = await this.#parts.readAll([this.#userId, id, 0, 'body']);
    if (!blob) throw new DOMException(name, 'NotFoundError');
    return new File([blob], name, { type });
  }

  /** @param {string} id */
  async forget(id) {
    await this.#parts.forget(this.#userId, id).catch(() => {});
  }
}
