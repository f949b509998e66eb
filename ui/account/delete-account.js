// Deleting one’s own account, and what stays of it.

import { openDialog } from '../base/dialog.js';
import { el } from '../base/dom.js';
import { Field, form, ownerOf, passwordField } from '../base/fields.js';
import { t } from '../words/index.js';
import { deleteAccount } from './settings.js';
import { forgetOwn } from './sign-out.js';

/** @import {Client} from '../shell/client.js' */

/** @param {Client} client @param {boolean} hasPassword @param {() => void} leave */
export function openDeletion({ api, user }, hasPassword, leave) {
  const proof = hasPassword ? passwordField('password', t('account.password'), 'current-password')
    : new Field('username', t('account.typeUsername'), { required: true, autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false' });
  const act = async () => {
    await deleteAccount(api, hasPassword ? { password: proof.value } : { username: proof.value });
    await forgetOwn(user.id);
    dialog?.close();
    leave();
  };
  const parts = [
    el('ul', { class: 'points' }, el('li', {}, t('account.deleteGoes')), el('li', {}, t('account.deleteStays')), el('li', {}, t('account.deleteFinal'))),
    ...(hasPassword ? [ownerOf(user.username)] : []), proof,
  ];
  const dialog = openDialog(t('account.deleteTitle'), form(parts, t('account.delete'), act, { 403: proof }, true));
}
