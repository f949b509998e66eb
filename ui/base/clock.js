// What day it is where one is.

import { followZone } from './format.js';

const CHECK_MS = 60_000;

/** Fires `change` when the day or the time zone is another, as what stands on the page is called otherwise then. */
export class Clock extends EventTarget {
  #today = today();
  #next = 0;

  constructor() {
    super();
    for (const name of ['visibilitychange', 'pageshow', 'focus']) addEventListener(name, () => this.#check());
    this.#check();
  }

  /** Timers stop while the machine sleeps, so a long one would be late: hence short ones, and none for nobody. */
  #check() {
    clearTimeout(this.#next);
    const midnight = new Date().setHours(24, 0, 0, 0) - Date.now();
    if (!document.hidden) this.#next = setTimeout(() => this.#check(), Math.min(CHECK_MS, midnight));
    if (today() === this.#today) return;
    this.#today = today();
    followZone();
    this.dispatchEvent(new Event('change'));
  }
}

function today() {
  return `${new Date().toDateString()} ${new Intl.DateTimeFormat().resolvedOptions().timeZone}`;
}
