// Notifications through a server of the administrator’s, for phones that no push service reaches.

import { reasonOf } from '../base/api.js';
import { attempt } from '../base/attempt.js';
import { about, card, explained, section, setting } from '../base/cards.js';
import { openDialog } from '../base/dialog.js';
import { Component, el, nameOf } from '../base/dom.js';
import { Field, form } from '../base/fields.js';
import { copyable } from '../base/secret.js';
import { t, tn } from '../words/index.js';
import { trial } from './trial.js';

/** @import {Api} from '../base/api.js' */

/** `kind` is null where there is none, and `topic` where it isn’t ntfy, or hasn’t been asked for. @typedef {{kind: 'ntfy' | 'gotify' | null, server: string | null, on: boolean, topic: string | null}} Relay */

const PATH = '/api/push/relay';
const NAMES = { ntfy: 'ntfy', gotify: 'Gotify' };

/** Empty where there is no such server. */
export class RelaySettings extends Component {
  #api;
  #problem = el('p', { class: 'problem', role: 'alert' });

  /** @param {Api} api */
  constructor(api) {
    super();
    this.#api = api;
    this.#load();
  }

  async #load() {
    try {
      this.#show(await this.#api.get(PATH));
    } catch (error) {
      // Few have one, and nobody waits for it.
      reasonOf(error);
    }
  }

  /** @param {Relay} relay */
  #show(relay) {
    const { kind, server, on, topic } = relay;
    if (!kind || !server) return;
    const host = nameOf(new URL(server).host);
    const turn = on ? () => this.#turnOff(relay) : () => this.#turnOn(relay);
    this.replaceChildren(section('relay', t('account.relay'), card(
      setting(explained(NAMES[kind], ...on ? tn('account.relayOn', { server: host }) : tn('account.relayHelp', { server: host })),
        el('button', { class: 'button', click: () => attempt(this.#problem, turn) }, on ? t('account.turnOff') : t('account.turnOn'))),
      ...on ? [this.#address(relay, topic && `${server.replace(/\/$/, '')}/${topic}`), trial(() => this.#test())] : [],
      this.#problem)));
  }

  /** Null where there is none. @param {Relay} relay @param {string | null} address null where it isn’t known here */
  #address({ kind }, address) {
    if (address) return setting(el('div', {}, copyable(t('account.relayTopic'), address)));
    if (kind !== 'ntfy') return null;
    const show = () => attempt(this.#problem, async () => this.#show(await this.#api.get(`${PATH}/topic`)));
    return setting(explained(t('account.relayTopicShown'), t('account.relayTopicHelp')),
      el('button', { class: 'button', click: show }, t('account.show'), about(t('account.relayTopicShown'))));
  }

  async #test() {
    await this.#api.post(`${PATH}/test`);
    return t('account.relayTestSent');
  }

  /** @param {Relay} relay */
  async #turnOn({ kind }) {
    if (kind === 'ntfy') return this.#set({});
    const token = new Field('token', t('account.relayToken'), { required: true, autocomplete: 'off', spellcheck: 'false', dir: 'ltr' }, t('account.relayTokenHelp'));
    const set = async () => {
      await this.#set({ token: token.value });
      dialog?.close();
    };
    const dialog = openDialog(NAMES.gotify, form([token], t('account.turnOn'), set));
    token.input.focus();
  }

  /** @param {{token?: string}} change */
  async #set(change) {
    this.#show(await this.#api.send('PUT', PATH, change));
    this.querySelector('button')?.focus();
  }

  /** @param {Relay} relay */
  async #turnOff(relay) {
    await this.#api.delete(PATH);
    this.#show({ ...relay, on: false, topic: null });
    this.querySelector('button')?.focus();
  }
}

customElements.define('relay-settings', RelaySettings);
