// The ways in: what the server is asked by somebody who isn't signed in, or is about to be somebody else.

import { ApiError } from '../base/api.js';
import { t } from '../words/index.js';
import { usePasskey } from './passkeys.js';

/** @import {Api} from '../base/api.js' */
/** @import {User} from '../base/types.js' */

/** What lets somebody create an account; with a setup token, `room` names the room for everyone. @typedef {{invite?: string, setupToken?: string, room?: string}} Grant */
/**
 * Who has got in, where somebody new begins, and whom an account has made administrators that somebody has back.
 * @typedef {{user: User, conversationId?: string, madeAdministrators?: User[]}} Welcome
 */
/** Somebody whom another service knows. @typedef {{provider: string, name: string, username: string, usernameTaken: boolean, needsInvite: boolean, needsCode: boolean}} Pending */

/** What is refused is an ApiError. */
export class Entry {
  #api;

  /** @param {Api} api */
  constructor(api) {
    this.#api = api;
  }

  /**
   * In development mode nobody has a password.
   * @param {string} username @param {string} [password] @param {string} [code] of the second step, where there is one
   */
  signIn(username, password, code) {
    return this.#enter('/api/login', { username, password, code });
  }

  /**
   * As whom the passkey is of.
   * @param {CredentialMediationRequirement} [mediation] @param {AbortSignal} [signal]
   */
  async withPasskey(mediation, signal) {
    const options = await this.#api.post('/api/login/passkey/options', undefined, signal);
    return this.#enter('/api/login/passkey', await usePasskey(options, mediation, signal));
  }

  /** @param {string} username @param {string} [password] @param {Grant} [grant] */
  createAccount(username, password, grant) {
    return this.#enter('/api/accounts', { username, password, ...grant });
  }

  /** @param {string} invite @returns {Promise<{invitedBy: string | null, rooms: string[], expiresAt: string}>} */
  checkInvitation(invite) {
    return this.#api.post('/api/invites/check', { invite });
  }

  /** For whom a link for a new password is. @param {string} token @returns {Promise<{username: string}>} */
  checkReset(token) {
    return this.#api.post('/api/reset/check', { token });
  }

  /** @param {string} token @param {string} password */
  resetPassword(token, password) {
    return this.#enter('/api/reset', { token, password });
  }

  /** Who has just come from another service, and has no account here yet. @returns {Promise<Pending>} */
  pending() {
    return this.#api.get('/api/oauth/pending');
  }

  /** @param {string} username @param {string} [invite] */
  join(username, invite) {
    return this.#enter('/api/oauth/complete', { username, invite });
  }

  /** For whom another service knows, and this server, too. @param {string} code */
  secondStep(code) {
    return this.#enter('/api/oauth/complete', { code });
  }

  async signOut() {
    await this.#api.post('/api/logout');
  }

  /** @param {string} path @param {object} body @returns {Promise<Welcome>} */
  async #enter(path, body) {
    const { authUser: user, conversationId, madeAdministrators } = await this.#api.post(path, body);
    const before = this.#api.userId;
    this.#api.userId = user.id;
    const { authUser } = await this.#api.config();
    if (authUser) return { user, conversationId, madeAdministrators };
    // The browser hasn’t taken the cookie. Without it, the next request would be nobody’s.
    this.#api.userId = before;
    throw new ApiError(0, t('account.noCookie'));
  }
}
