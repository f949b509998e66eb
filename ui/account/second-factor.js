// Signing in in two steps: a password, and the code that an app shows.

/** @import {Api} from '../base/api.js' */

/** What the server says of it. @typedef {{on: boolean, recoveryCodes: number}} State */
/** What an app needs, shown once. @typedef {{secret: string, uri: string, qr: string}} Setup */

const PATH = '/api/second_factor';

export class SecondFactor {
  #api;

  /** @param {Api} api */
  constructor(api) {
    this.#api = api;
  }

  /** @returns {Promise<State>} */
  state() {
    return this.#api.get(PATH);
  }

  /** @returns {Promise<Setup>} */
  begin() {
    return this.#api.post(PATH);
  }

  /** What works without the app, once each. @param {string} code @returns {Promise<string[]>} */
  async confirm(code) {
    const { recoveryCodes } = await this.#api.post(`${PATH}/confirm`, { code });
    return recoveryCodes;
  }

  /** In place of those that there were. @returns {Promise<string[]>} */
  async newRecoveryCodes() {
    const { recoveryCodes } = await this.#api.post(`${PATH}/recovery_codes`);
    return recoveryCodes;
  }

  async turnOff() {
    await this.#api.delete(PATH);
  }
}
