// What somebody has written in this browser and the server doesn’t have yet.

import { keysOf } from '../base/storage.js';

/**
 * Where it stands: messages that wait, that are being written, what they answer, those that are being changed, and files that have been chosen.
 * @param {string} userId
 */
export function unsentOf(userId) {
  return ['outbox', 'draft', 'quote', 'edit', 'tray'].flatMap((kind) => keysOf(`${kind}:${userId}:`));
}
