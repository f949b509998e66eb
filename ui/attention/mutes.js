// What was muted in this browser before the server kept that: it is moved there, once.

import { ApiError, reasonOf } from '../base/api.js';
import { forget, kept, keysOf } from '../base/storage.js';

/** @import {Client} from '../shell/client.js' */

const PREFIX = 'preference:muted:';
const NOT_FOUND = 404;

/** @param {Client} client */
export async function moveMutes({ conversations }) {
  for (const key of keysOf(PREFIX)) {
    try {
      if (kept(key)) await conversations.set(key.slice(PREFIX.length), { notificationLevel: 'none' });
    } catch (error) {
      reasonOf(error);
      // Somebody else’s here, or one that isn’t there any more. What else fails is tried another time.
      if (!(error instanceof ApiError) || error.status !== NOT_FOUND) continue;
    }
    forget(key);
  }
}
