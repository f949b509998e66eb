// Tells the server that somebody sits in front of this device, so that their others stay silent. Of all tabs, the one that
// has the focus says so.

import { reasonOf } from '../base/api.js';

/** @import {Api} from '../base/api.js' */

/** Without any sign of somebody for so long, they have gone away. */
const IDLE_MS = 120_000;
/** How often it is said again: the server forgets it in twice the time. */
const AGAIN_MS = 40_000;
/** A tab that gets the focus waits so long, so that what the one before it says can’t come later. */
const SETTLE_MS = 1_000;
const SIGNS = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'];

/** @param {Api} api @param {AbortSignal} signal */
export function watchAttention(api, signal) {
  let lastSign = Date.now();
  let told = false;
  let next = 0;
  /** @param {boolean} attentive */
  const tell = (attentive) => {
    told = attentive;
    // What can’t be said now is said again, or forgotten by itself.
    api.send('PUT', '/api/attention', { attentive }).catch(reasonOf);
  };
  const isAttentive = () => !document.hidden && document.hasFocus() && Date.now() - lastSign < IDLE_MS;
  const look = () => {
    clearTimeout(next);
    next = 0;
    if (isAttentive()) {
      tell(true);
      next = setTimeout(look, AGAIN_MS);
    } else if (told) tell(false);
  };
  const sign = () => {
    lastSign = Date.now();
    if (!told) next ||= setTimeout(look, SETTLE_MS);
  };
  const leave = () => {
    clearTimeout(next);
    next = 0;
    if (told) tell(false);
  };
  for (const name of SIGNS) addEventListener(name, sign, { signal, passive: true, capture: true });
  addEventListener('focus', sign, { signal });
  addEventListener('blur', leave, { signal });
  addEventListener('pagehide', leave, { signal });
  addEventListener('visibilitychange', () => (document.hidden ? leave() : sign()), { signal });
  signal.addEventListener('abort', () => clearTimeout(next));
  sign();
}
