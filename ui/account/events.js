// What has happened to accounts, in words: for whom it happened to, and for administrators.

import { t } from '../words/index.js';

/** @import {Key} from '../words/index.js' */

/** @type {Record<string, Key>} */
const EVENTS = {
  wrong_password: 'security.wrongPassword',
  wrong_code: 'security.wrongCode',
  throttled: 'security.throttled',
  signed_in: 'security.signedIn',
  signed_out: 'security.signedOut',
  session_ended: 'security.sessionEnded',
  account_created: 'security.accountCreated',
  account_deleted: 'security.accountDeleted',
  renamed: 'security.renamed',
  password_changed: 'security.passwordChanged',
  reset_created: 'security.resetCreated',
  password_reset: 'security.passwordReset',
  second_factor_on: 'security.secondFactorOn',
  second_factor_off: 'security.secondFactorOff',
  recovery_code_used: 'security.recoveryCodeUsed',
  recovery_codes_created: 'security.recoveryCodesCreated',
  passkey_added: 'security.passkeyAdded',
  passkey_removed: 'security.passkeyRemoved',
  passkey_cloned: 'security.passkeyCloned',
  linked: 'security.linked',
  unlinked: 'security.unlinked',
  invite_created: 'security.inviteCreated',
  invite_revoked: 'security.inviteRevoked',
  token_created: 'security.tokenCreated',
  token_revoked: 'security.tokenRevoked',
  hook_created: 'security.hookCreated',
  hook_revoked: 'security.hookRevoked',
  promoted: 'security.promoted',
  demoted: 'security.demoted',
  disabled: 'security.disabled',
  enabled: 'security.enabled',
  purged: 'security.purged',
  settings_changed: 'security.settingsChanged',
};

/** A newer server may know of others. @param {string} kind */
export function eventName(kind) {
  const key = EVENTS[kind];
  return key ? t(key) : kind;
}
