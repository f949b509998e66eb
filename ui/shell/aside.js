// What is made ready while nobody waits for it: the parts of the page that somebody may want next, so that they are there
// when the server isn’t.

import { doors, load } from '../base/load.js';
import { INCOMPLETE } from './notices.js';

/** @import {Context} from './messenger.js' */

/** An outage is known as one by then. */
const PATIENCE_MS = 2_000;

/** The doors that lead out of the first look. @type {(() => Promise<unknown>)[]} */
const DOORS = [
  () => import('./pages.js'), () => import('../account/settings-view.js'), () => import('../conversation/room-details.js'),
  () => import('../messages/message-menu.js'), () => import('../messages/message-editor.js'), () => import('./keyboard-help.js'),
];

/** @param {Context} context @param {AbortSignal} signal */
export function prepare({ client: { stream }, notices }, signal) {
  const open = () => {
    notices.tell('incomplete', null);
    idle(async () => {
      for (const door of DOORS) if (!signal.aborted && !stream.lost) await load(door).catch(() => {});
    });
  };
  open();
  stream.addEventListener('connected', open, { signal });
  // Where the server is there, and a part of the page still can’t be had, only a new one helps.
  doors.addEventListener('failed', () => setTimeout(() => {
    notices.tell('incomplete', !stream.lost && INCOMPLETE);
  }, PATIENCE_MS), { signal });
}

/** @param {() => void} task */
function idle(task) {
  // Safari has no idle callbacks.
  if ('requestIdleCallback' in globalThis) requestIdleCallback(task);
  else setTimeout(task, 1_000);
}
