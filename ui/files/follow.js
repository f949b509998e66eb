// Sees to files in messages, once there are any: what shows them, and what sends them, is loaded then.

import { load, loadWhenever } from '../base/load.js';

/** @import {Item} from '../messages/message-row.js' */
/** @import {Context} from '../shell/messenger.js' */

/** Gives back what shows those of a message in its row. @param {Context} context @param {AbortSignal} signal @returns {(row: HTMLLIElement, item: Item) => void} */
export function followFiles({ client, clock, notices }, signal) {
  const { outbox, stream } = client;
  let isBegun = false;
  const begin = async () => {
    if (isBegun) return;
    isBegun = true;
    const parts = () => Promise.all([load(() => import('./message-files.js')), load(() => import('./uploads.js'))]);
    const [{ showFiles }, { uploadsOf }] = await loadWhenever(parts, stream, signal);
    const uploads = uploadsOf(client);
    const tell = () => notices.tell('unkept', uploads.isUnkept && {
      text: 'files.notKept', actions: [['shell.dismiss', () => notices.tell('unkept', null)]],
    });
    uploads.addEventListener('change', tell, { signal });
    if (uploads.isUnkept) tell();
    signal.addEventListener('abort', () => uploads.stop());
    if (signal.aborted) uploads.stop();
    show = (row, item) => showFiles(row, item, client);
    clock.dispatchEvent(new Event('change'));
  };
  let show = (/** @type {HTMLLIElement} */ _, /** @type {Item} */ item) => {
    if (item.files) begin();
  };
  // Some may wait from an earlier time.
  if (outbox.entries.some((entry) => entry.files)) begin();
  return (row, item) => show(row, item);
}
