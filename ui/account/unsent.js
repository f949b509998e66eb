// What somebody has written in this browser and the server doesn’t have yet.

import { keysOf } from '../base/storage.js';

/**
 * Where it stands: messages that wait, that are being written, and that are being changed, and files that have been chosen.
 * @param {string} userId
 */
export function unsentOf(userId) {
  return ['outbox', 'draft', 'edit', 'tray'].flatMap((kind) => keysOf(`${kind}:${userId}:`));
}
