// What day it is where one is.

import { followZone } from './format.js';

const CHECK_MS = 60_000;

/**
 * Fires `change` at the clock when the day or the time zone is another, as what stands on the page is called otherwise then.
 * @param {EventTarget} clock @param {AbortSignal} signal
 */
export function keepTime(clock, signal) {
  let known = today();
  let next = 0;
  const check = () => {
    clearTimeout(next);
    if (signal.aborted) return;
    // Timers stop while the machine sleeps, so a long one would be late: hence short ones, and none for nobody.
    const midnight = new Date().setHours(24, 0, 0, 0) - Date.now();
    if (!document.hidden) next = setTimeout(check, Math.min(CHECK_MS, midnight));
    if (today() === known) return;
    known = today();
    followZone();
    clock.dispatchEvent(new Event('change'));
  };
  for (const name of ['visibilitychange', 'pageshow', 'focus']) addEventListener(name, check, { signal });
  check();
}

function today() {
  return `${new Date().toDateString()} ${new Intl.DateTimeFormat().resolvedOptions().timeZone}`;
}
