// Signing out.

import { forgetNotify } from '../attention/permission.js';
import { unsubscribe } from '../attention/push.js';
import { ask } from '../base/dialog.js';
import { forget, keysOf } from '../base/storage.js';
import { Parts } from '../files/parts.js';
import { forgetShared } from '../files/shared-here.js';
import { t } from '../words/index.js';
import { Entry } from './entry.js';
import { unsentOf } from './unsent.js';

/** @import {Client} from '../shell/client.js' */

/** So long a browser may take to forget what the server, which pushes no more, doesn’t need. */
const PATIENCE_MS = 2_000;

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
  await forgetOwn(user.id);
  await unsubscribe(PATIENCE_MS);
  leave();
}

/** Texts and files, and that one wanted to be notified here. @param {string} userId */
export async function forgetOwn(userId) {
  forgetNotify();
  for (const key of unsentOf(userId)) forget(key);
  // Where nothing can be kept, nothing is.
  await Promise.all([new Parts().forgetAll(userId).catch(() => {}), forgetShared()]);
}
