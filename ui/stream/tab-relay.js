// A tab that relays to the others, where no worker does.

import { Relay } from './feed.js';

/**
 * Until it ends. A browser has few connections to a server, and hidden tabs that relay to nobody mustn’t use them up.
 * @param {string} name the channel’s @param {() => string} cursor where to go on from @param {boolean} isAlone
 * @param {AbortSignal} signal
 */
export function relayHere(name, cursor, isAlone, signal) {
  return new Promise((ended) => {
    const life = new AbortController();
    /** @type {Relay | null} */
    let relay = null;
    const end = () => {
      life.abort();
      ended(undefined);
    };
    const turn = () => {
      const before = relay;
      relay = null;
      before?.end();
      if (signal.aborted || isAlone && document.hidden) return;
      const next = new Relay(name, cursor(), () => relay === next && end());
      relay = next;
    };
    if (isAlone) document.addEventListener('visibilitychange', turn, { signal: life.signal });
    signal.addEventListener('abort', () => {
      turn();
      end();
    }, { signal: life.signal });
    turn();
  });
}
