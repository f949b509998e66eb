// Signing in in two steps: turning it on and off, and the codes for whoever has lost their phone.

import { reasonOf } from '../base/api.js';
import { attempt } from '../base/attempt.js';
import { card, explained, setting } from '../base/cards.js';
import { actions, ask, openDialog } from '../base/dialog.js';
import { Component, el, failure, skeleton } from '../base/dom.js';
import { codeField, form, withCode } from '../base/fields.js';
import { addStyle } from '../base/load.js';
import { copyable, picture, told } from '../base/secret.js';
import { t, tn } from '../words/index.js';
import { SecondFactor } from './second-factor.js';

/** @import {Client} from '../shell/client.js' */
/** @import {State} from './second-factor.js' */

addStyle(import.meta.url, 'second-factor.css');

/** So many recovery codes are few. */
const FEW = 3;

export class SecondFactorView extends Component {
  #factor;
  #problem = el('p', { class: 'problem', role: 'alert' });

  /** @param {Client} client */
  constructor({ api }) {
    super();
    this.#factor = new SecondFactor(api);
    this.#load();
  }

  async #load() {
    this.replaceChildren(card(setting(skeleton())));
    try {
      this.#show(await this.#factor.state());
    } catch (error) {
      this.replaceChildren(card(setting(failure(reasonOf(error), () => this.#load()))));
    }
  }

  /** @param {State} state */
  #show({ on, recoveryCodes }) {
    const button = (/** @type {string} */ text, /** @type {() => Promise<void>} */ act) =>
      el('button', { class: 'button', click: () => attempt(this.#problem, act) }, text);
    const left = el('p', { class: recoveryCodes < FEW ? 'problem' : 'muted' }, ...tn('account.recoveryLeft', { count: recoveryCodes }));
    this.replaceChildren(
      on ? card(
        setting(explained(t('account.twoStep'), t('account.twoStepOn')), button(t('account.turnOff'), () => this.#turnOff())),
        setting(el('div', {}, el('p', { class: 'strong' }, t('account.recoveryCodes')), left),
          button(t('account.newRecoveryCodes'), () => this.#renew())))
        : card(setting(explained(t('account.twoStep'), t('account.twoStepHelp')), button(t('account.turnOn'), () => this.#turnOn()))),
      this.#problem);
  }

  async #turnOn() {
    const { secret, uri, qr } = await this.#factor.begin();
    const code = codeField('');
    const body = el('div', { class: 'form two-step' },
      el('p', {}, t('account.scan')),
      el('a', { href: uri, target: '_self', 'aria-label': t('account.openApp') }, picture(qr, t('account.qr'))),
      copyable(t('account.secret'), secret.replace(/(.{4})(?=.)/g, '$1 ')));
    body.append(form([code], t('account.turnOn'), async () => {
      const codes = await withCode(this.#factor.confirm(code.value));
      this.#load();
      showCodes(body, codes, () => dialog?.close());
    }));
    const dialog = openDialog(t('account.twoStep'), body);
    code.input.focus({ preventScroll: true });
  }

  async #renew() {
    if (!await ask(t('account.newRecoveryTitle'), t('account.newRecoveryCodes'), { text: t('account.newRecoveryHelp') })) return;
    const codes = await this.#factor.newRecoveryCodes();
    this.#load();
    const body = el('div', { class: 'form two-step' });
    const dialog = openDialog(t('account.recoveryCodes'), body);
    showCodes(body, codes, () => dialog?.close());
  }

  async #turnOff() {
    if (!await ask(t('account.turnOffTitle'), t('account.turnOff'), { text: t('account.turnOffHelp'), isDanger: true })) return;
    await this.#factor.turnOff();
    await this.#load();
    this.querySelector('button')?.focus();
  }
}

/** @param {HTMLElement} body @param {string[]} codes @param {() => void} close */
function showCodes(body, codes, close) {
  body.replaceChildren(
    told(t('account.recoveryOnce')),
    el('ul', { class: 'recovery', translate: 'no', dir: 'ltr' }, ...codes.map((code) => el('li', {}, code))),
    copyable(t('account.recoveryCodes'), codes.join(' ')),
    actions(el('button', { class: 'button primary', type: 'button', click: close }, t('base.done'))));
  body.querySelector('p')?.focus();
}

customElements.define('second-factor', SecondFactorView);
