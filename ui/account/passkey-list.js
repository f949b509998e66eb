// The passkeys by which one may sign in.

import { reasonOf } from '../base/api.js';
import { attempt } from '../base/attempt.js';
import { about, fill } from '../base/cards.js';
import { ask, openDialog } from '../base/dialog.js';
import { Component, el, nameOf } from '../base/dom.js';
import { Field, form } from '../base/fields.js';
import { timeOf } from '../base/times.js';
import { t, tn } from '../words/index.js';
import { deviceName } from './device-name.js';
import { obstacle, Passkeys, relyingParty } from './passkeys.js';

/** @import {Config} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */
/** @import {Passkey} from './passkeys.js' */

const LONGEST_NAME = 64;

export class PasskeyList extends Component {
  #config;
  #passkeys;
  #list = el('ul', { class: 'card', 'aria-labelledby': 'passkeys' });
  #problem = el('p', { class: 'problem', role: 'alert' });

  /** @param {Client} client @param {() => Promise<Config>} config what this server is like */
  constructor({ api }, config) {
    super();
    this.#config = config;
    this.#passkeys = new Passkeys(api);
    this.append(this.#list);
    this.#load();
  }

  #load() {
    return fill(this.#list, async () => {
      const [passkeys, config] = await Promise.all([this.#passkeys.list(), this.#config()]);
      return [...passkeys.map((passkey) => this.#row(passkey, relyingParty(config))), this.#last(obstacle(config))];
    });
  }

  /** @param {string} obstacle */
  #last(obstacle) {
    this.#problem.textContent = '';
    return el('li', { class: 'setting' },
      el('div', {}, el('p', { class: 'muted' }, obstacle || t('account.passkeysHelp')), this.#problem),
      obstacle ? null : el('button', { class: 'button', click: ({ currentTarget }) => this.#add(currentTarget) }, t('account.addPasskey')));
  }

  /** @param {Passkey} passkey @param {string} party the name of this server */
  #row({ id, name, createdAt, lastUsedAt, rpId }, party) {
    const problem = el('p', { class: 'problem', role: 'alert' });
    const remove = async () => {
      const isSure = await ask(t('account.removePasskeyTitle', { name }), t('account.removePasskey'),
        { text: t('account.removePasskeyHelp'), isDanger: true });
      if (isSure) await attempt(problem, async () => {
        await this.#passkeys.remove(id);
        await this.#load();
        this.#list.querySelector('button')?.focus();
      });
    };
    return el('li', { class: 'setting' },
      el('div', {},
        el('p', { class: 'strong' }, nameOf(name)),
        el('p', { class: 'muted' }, ...(lastUsedAt ? tn('account.lastUsed', { time: timeOf(lastUsedAt) }) : [t('account.neverUsed')])),
        el('p', { class: 'muted' }, ...tn('account.passkeyAdded', { time: timeOf(createdAt) })),
        rpId && rpId !== party ? el('p', { class: 'problem' }, t('account.passkeyElsewhere', { name: rpId })) : null,
        problem),
      el('div', { class: 'buttons' },
        el('button', { class: 'button', click: () => this.#rename(id, name) }, t('account.renamePasskey'), about(name)),
        el('button', { class: 'button', click: remove }, t('account.removePasskey'), about(name))));
  }

  /** @param {HTMLButtonElement} button */
  async #add(button) {
    button.disabled = true;
    this.#problem.textContent = '';
    try {
      await this.#passkeys.add(deviceName(navigator.userAgent));
      await this.#load();
      /** @type {HTMLElement | null} */ (this.#list.querySelector('li:last-child button'))?.focus();
    } catch (error) {
      button.disabled = false;
      button.focus();
      this.#problem.textContent = reasonOf(error);
    }
  }

  /** @param {string} id @param {string} former */
  #rename(id, former) {
    const name = new Field('name', t('account.passkeyName'),
      { required: true, autocomplete: 'off', maxlength: `${LONGEST_NAME}`, value: former }, t('account.passkeyNameHelp'));
    const dialog = openDialog(t('account.renamePasskey'), form([name], t('account.save'), async () => {
      await this.#passkeys.rename(id, name.value);
      dialog?.close();
      await this.#load();
    }));
    name.input.select();
  }
}

customElements.define('passkey-list', PasskeyList);
