// Who somebody is.

import { openDialog } from '../base/dialog.js';
import { el, nameOf } from '../base/dom.js';
import { titleOf } from '../base/format.js';
import { avatar } from './avatar.js';

/** @import {User} from '../base/types.js' */
/** @import {Context} from '../shell/messenger.js' */

/** @param {Context} context @param {string} userId */
export async function openProfile({ client }, userId) {
  /** @type {{user: User}} */
  const { user } = await client.api.get(`/api/users/${userId}`);
  openDialog(titleOf(user), avatar(user), el('p', { class: 'muted' }, nameOf(`@${user.username}`)));
}
