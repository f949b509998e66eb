// Parts of the page that are loaded when somebody needs them, with their style sheets.

import { addWords } from '../words/index.js';
import { reasonOf, unreachable } from './api.js';
import { el } from './dom.js';

/** Nothing in place of one that couldn’t be had, by their addresses. @type {Map<string, Promise<unknown>>} */
const styles = new Map();

/**
 * For a module that is loaded later: adds the style sheet beside it, unless it is there.
 * @param {string} module its `import.meta.url` @param {string} path from there
 */
export function addStyle(module, path) {
  const { pathname } = new URL(path, module);
  if (!styles.has(pathname)) askFor(pathname);
}

/** @param {string} href */
function askFor(href) {
  const style = new Promise((load) => {
    document.head.append(el('link', { rel: 'stylesheet', href, load, error: () => load(null) }));
  });
  styles.set(href, style);
  return style;
}

/** Modules that couldn’t be had, by their addresses, and how often. @type {Map<string, number>} */
const failures = new Map();

/**
 * A module, once its words are there, and all style sheets apply that it and others have added; without one, where that
 * can’t be had.
 * @template T @param {(() => Promise<T>) | Promise<T>} door imports it
 */
export async function load(door) {
  addStyle(import.meta.url, 'later.css');
  const [loaded, words] = await Promise.all([open(door), open(() => import('../words/en-rest.js'))]).catch(unreachable);
  addWords(words.default);
  for (const [href, style] of styles) await style || await askFor(href) || tell();
  return loaded;
}

/**
 * The same, as soon as it can be had: whenever the stream is connected, it is tried again.
 * @template T @param {() => Promise<T>} parts loads them @param {EventTarget} stream @param {AbortSignal} signal
 * @returns {Promise<T>}
 */
export async function loadWhenever(parts, stream, signal) {
  for (;;) {
    try {
      return await parts();
    } catch (error) {
      reasonOf(error);
      await new Promise((done) => stream.addEventListener('connected', done, { once: true, signal }));
    }
  }
}

/** @template T @param {(() => Promise<T>) | Promise<T>} door @returns {Promise<T>} */
async function open(door) {
  try {
    return await (door instanceof Promise ? door : door());
  } catch (error) {
    // Firefox remembers, as long as the page lives, that it couldn’t have what has this address: by another one, it asks.
    const [address = ''] = /https?:\S+?\.js/.exec(`${error}`) ?? [];
    const tries = failures.get(address) ?? 0;
    failures.set(address, tries + 1);
    if (address && tries > 0) return import(`${address}?${tries}`).catch(fail);
    return fail(error);
  }
}

/** @param {unknown} error @returns {never} */
function fail(error) {
  tell();
  throw error;
}

/** A part of the page can’t be had, and somebody may want to know that. */
function tell() {
  dispatchEvent(new Event('incomplete'));
}
