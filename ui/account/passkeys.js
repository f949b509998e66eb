// Passkeys: what the server keeps of them, and what the browser asks its authenticators for.

import { ApiError } from '../base/api.js';
import { t } from '../words/index.js';

/** @import {Api} from '../base/api.js' */
/** @import {Config} from '../base/types.js' */

/** @typedef {{id: string, name: string, createdAt: string, lastUsedAt: string | null, backedUp: boolean, rpId: string | null}} Passkey */

const PATH = '/api/passkeys';

/** Why there are no passkeys here, or ''. @param {Config} config */
export function obstacle({ passkeys, publicURL }) {
  // They are bound to the name that people are to use, and this may be another.
  if (!passkeys || (publicURL && publicURL !== location.origin)) return t('error.passkeys_unavailable');
  const isKnown = 'PublicKeyCredential' in globalThis && 'parseRequestOptionsFromJSON' in PublicKeyCredential;
  return isKnown ? '' : t('account.passkeysUnknown');
}

/** The name that passkeys are for here. @param {Config} config */
export function relyingParty({ publicURL }) {
  return new URL(publicURL || location.href).hostname;
}

export class Passkeys {
  #api;

  /** @param {Api} api */
  constructor(api) {
    this.#api = api;
  }

  /** @returns {Promise<Passkey[]>} */
  list() {
    return this.#api.get(PATH);
  }

  /** Has the browser create one. @param {string} name @returns {Promise<Passkey>} */
  async add(name) {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(await this.#api.post(`${PATH}/options`));
    const credential = await asked(navigator.credentials.create({ publicKey }));
    return this.#api.post(PATH, { name, credential });
  }

  /** @param {string} id @param {string} name @returns {Promise<Passkey>} */
  rename(id, name) {
    return this.#api.send('PATCH', `${PATH}/${id}`, { name });
  }

  /** @param {string} id */
  async remove(id) {
    await this.#api.delete(`${PATH}/${id}`);
  }
}

/**
 * Has the browser ask for one, and returns what its authenticator says.
 * @param {PublicKeyCredentialRequestOptionsJSON} options of the server
 * @param {CredentialMediationRequirement} [mediation] `conditional` where it is only to be offered beside what was typed before
 * @param {AbortSignal} [signal]
 */
export function usePasskey(options, mediation, signal) {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return asked(navigator.credentials.get({ publicKey, mediation, signal }));
}

/** @param {Promise<Credential | null>} answer */
async function asked(answer) {
  const credential = await answer.catch((error) => {
    // Somebody else gives up by a signal, and knows.
    if (['AbortError', 'TimeoutError'].includes(error.name)) throw error;
    throw new ApiError(0, error.name === 'InvalidStateError' ? t('account.passkeyThere') : t('account.passkeyFailed'));
  });
  return /** @type {PublicKeyCredential} */ (credential).toJSON();
}
