// Signing out.

import { forget, keysOf } from '../base/storage.js';
import { Entry } from './entry.js';

/** @import {Client} from '../shell/client.js' */

/**
 * What one has written and not sent outlives a session that ends by itself, but isn't left to who sits down here next.
 * @param {Client} client @param {() => void} leave
 */
export async function signOut({ api, user }, leave) {
  const unsent = keysOf(`outbox:${user.id}:`);
  if (unsent.length > 0 && !confirm('Not all of your messages have been sent. Sign out, and lose them?')) return;
  await new Entry(api).signOut();
  for (const key of [...unsent, ...keysOf(`draft:${user.id}:`)]) forget(key);
  leave();
}
