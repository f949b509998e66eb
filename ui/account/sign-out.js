// Signing out.

import { ask } from '../base/dialog.js';
import { forget, keysOf } from '../base/storage.js';
import { t } from '../words/index.js';
import { Entry } from './entry.js';

/** @import {Client} from '../shell/client.js' */

/**
 * What one has written and not sent outlives a session that ends by itself, but isn't left to who sits down here next.
 * @param {Client} client @param {() => void} leave
 */
export async function signOut({ api, user }, leave) {
  const unsent = keysOf(`outbox:${user.id}:`);
  if (unsent.length > 0) {
    const isSure = await ask(t('account.loseUnsent'), t('account.signOut'), { text: t('account.loseUnsentHelp'), isDanger: true });
    if (!isSure) return;
  }
  await new Entry(api).signOut();
  forgetUnsent(user.id);
  leave();
}

/** @param {string} userId */
export function forgetUnsent(userId) {
  for (const key of [...keysOf(`outbox:${userId}:`), ...keysOf(`draft:${userId}:`)]) forget(key);
}
