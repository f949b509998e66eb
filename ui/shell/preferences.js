// What somebody prefers in this browser, whoever is signed in to it.

import { forget, keep, kept } from '../base/storage.js';

/** @typedef {'system' | 'light' | 'dark'} Theme */

export const PREFIX = 'preference:';

/** The same in all tabs. Fires `change`. */
export class Preferences extends EventTarget {
  constructor() {
    super();
    // Without a key, everything is gone.
    addEventListener('storage', ({ key }) => (key ?? PREFIX).startsWith(PREFIX) && this.changed());
  }

  /** @returns {Theme} */
  get theme() {
    return this.get('theme') ?? 'system';
  }

  set theme(theme) {
    this.set('theme', theme !== 'system' && theme);
  }

  /** What else others keep here. @param {string} name */
  get(name) {
    return kept(PREFIX + name);
  }

  /** What is false isn't kept. @param {string} name @param {unknown} value */
  set(name, value) {
    if (value) keep(PREFIX + name, value);
    else forget(PREFIX + name);
    this.changed();
  }

  changed() {
    // theme.js, which was there before everything else, applies it.
    dispatchEvent(new CustomEvent('theme', { detail: this.theme }));
    this.dispatchEvent(new Event('change'));
  }
}
