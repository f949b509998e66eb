// What an administrator may do with somebody's account.

import { DeviceList } from '../account/device-list.js';
import { Sessions } from '../account/sessions.js';
import { about } from '../base/cards.js';
import { openDialog, refusalOf } from '../base/dialog.js';
import { Component, el, nameOf } from '../base/dom.js';
import { form, nameField } from '../base/fields.js';
import { absolute, copyable, told } from '../base/secret.js';
import { switchInput } from '../base/switch.js';
import { dateOf, timeOf } from '../base/times.js';
import { avatar } from '../people/avatar.js';
import { Accounts } from './accounts.js';

/** @import {Account} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */

/** @param {Client} client @param {Account} account @param {(account: Account) => void} changed */
export function openAccount(client, account, changed) {
  openDialog('Account', new AccountDetails(client, account, changed));
}

class AccountDetails extends Component {
  #accounts;
  #client;
  #account;
  #changed;
  #summary = el('div', { class: 'person-row' });
  #admin = switchInput({ change: () => this.#try(() => this.#change({ admin: this.#admin.checked })) });
  #link = el('div', { class: 'form' });
  #access = el('div', { class: 'form' });
  #problem = el('p', { class: 'problem', role: 'alert' });

  /** @param {Client} client @param {Account} account @param {(account: Account) => void} changed */
  constructor(client, account, changed) {
    super();
    this.#accounts = new Accounts(client.api);
    this.#client = client;
    this.#account = account;
    this.#changed = changed;
    const { bot, id, username } = account;
    const name = nameField('username', 'Username');
    name.input.value = username;
    const renaming = form([name], 'Rename', () => this.#change({ username: name.value }), { 409: name });
    renaming.classList.add('beside');
    this.append(
      this.#summary,
      renaming,
      ...(bot ? [] : [el('label', { class: 'choice' }, 'Administrator', this.#admin)]),
      this.#problem,
      ...(bot ? [] : [
        el('section', {}, el('h3', {}, 'Password'), this.#link),
        el('section', {}, el('h3', { id: 'account-devices' }, 'Devices'),
          new DeviceList(new Sessions(client.api, id), 'account-devices')),
      ]),
      el('section', {}, el('h3', {}, 'Access'), this.#access));
    this.#showLinkOffer();
    this.#render();
  }

  #render() {
    const { username, bot, admin, disabled, hasPassword, providers, createdAt } = this.#account;
    const ways = [...(hasPassword ? ['password'] : []), ...providers];
    this.#summary.replaceChildren(avatar(this.#account), el('div', { class: 'person-name' },
      el('span', { class: 'strong' }, nameOf(username)),
      el('span', { class: 'muted' }, 'Here since ', timeOf(createdAt)),
      el('span', { class: 'muted' },
        bot ? 'A bot' : ways.length > 0 ? `Signs in by ${ways.join(', ')}` : 'Can’t sign in yet')));
    if (disabled) this.#summary.append(el('span', { class: 'tag danger' }, 'Disabled'));
    this.#admin.checked = admin;
    this.#showAccess();
  }

  #showLinkOffer() {
    this.#link.replaceChildren(
      el('p', { class: 'muted' }, 'A link lets them choose a new one, once, within a day. The old one works until then.'),
      el('button', { class: 'button', click: () => this.#try(() => this.#makeLink()) }, 'Make a link'));
  }

  async #makeLink() {
    const { link, expiresAt } = await this.#accounts.createResetLink(this.#account.id);
    this.#link.replaceChildren(
      told('Send them this link. It is good until ', dateOf(expiresAt), ', and isn’t shown again.'),
      copyable('Link', absolute(link)));
    this.#link.querySelector('p')?.focus();
  }

  /** @param {boolean} [asks] whether somebody is sure */
  #showAccess(asks = false) {
    const { username, disabled, id, bot } = this.#account;
    const action = disabled ? 'Enable' : 'Disable';
    const act = () => this.#try(() => this.#change({ disabled: !disabled }));
    const self = id === this.#client.user.id ? ' That is you.' : '';
    if (!asks) {
      this.#access.replaceChildren(el('button', {
        class: disabled ? 'button' : 'button danger', click: () => this.#showAccess(true),
      }, `${action} this account`, about(username)));
      return;
    }
    const question = disabled ? ' can sign in again then.'
      : bot ? ' can’t post anything then, until it is enabled again.'
      : ' is signed out everywhere at once, and can’t sign in until the account is enabled again. Messages stay.';
    const cancel = () => {
      this.#showAccess();
      this.#access.querySelector('button')?.focus();
    };
    this.#access.replaceChildren(
      told(nameOf(username), question, self),
      el('div', { class: 'pair-of-buttons' },
        el('button', { class: 'button', click: cancel }, 'Cancel'),
        el('button', { class: disabled ? 'button primary' : 'button danger', click: act }, action)));
    this.#access.querySelector('p')?.focus();
  }

  /** @param {{username?: string, admin?: boolean, disabled?: boolean}} change */
  async #change(change) {
    this.#account = await this.#accounts.change(this.#account.id, change);
    this.#render();
    this.#changed(this.#account);
  }

  /** Says why, where something is refused. @param {() => Promise<unknown>} action */
  async #try(action) {
    this.#problem.textContent = '';
    try {
      await action();
    } catch (error) {
      this.#problem.textContent = refusalOf(error);
      // Where that was refused, it is as it was.
      this.#render();
      this.#problem.scrollIntoView({ block: 'nearest' });
    }
  }
}

customElements.define('account-details', AccountDetails);
