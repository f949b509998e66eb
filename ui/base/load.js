// Parts of the page that are loaded when somebody needs them, with their style sheets.

import { loadRest } from '../words/index.js';
import { unreachable } from './api.js';
import { el } from './dom.js';

/** By their addresses. @type {Map<string, Promise<unknown>>} */
const styles = new Map();

/**
 * For a module that is loaded later: adds the style sheet beside it, unless it is there.
 * @param {string} module its `import.meta.url` @param {string} path from there
 */
export function addStyle(module, path) {
  const { pathname } = new URL(path, module);
  if (styles.has(pathname)) return;
  styles.set(pathname, new Promise((done) => {
    document.head.append(el('link', { rel: 'stylesheet', href: pathname, load: done, error: done }));
  }));
}

/**
 * A module, once its words are there, and all style sheets apply that it and others have added.
 * @template T @param {Promise<T>} module
 */
export async function load(module) {
  const [loaded] = await Promise.all([module, loadRest()]).catch(unreachable);
  await Promise.all(styles.values());
  return loaded;
}
