// What an administrator may do with somebody's account.

import { DeviceList } from '../account/device-list.js';
import { Sessions } from '../account/sessions.js';
import { ask, openDialog, refusalOf } from '../base/dialog.js';
import { Component, el } from '../base/dom.js';
import { form, nameField } from '../base/fields.js';
import { absolute, copyable, told } from '../base/secret.js';
import { switchInput } from '../base/switch.js';
import { dateOf, timeOf } from '../base/times.js';
import { titleOf } from '../base/format.js';
import { listAll } from '../people/all-names.js';
import { avatar } from '../people/avatar.js';
import { listNames, namesOf } from '../people/names.js';
import { t, tn } from '../words/index.js';
import { Accounts } from './accounts.js';

/** @import {Account} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */

/** @param {Client} client @param {Account} account @param {(account: Account) => void} changed */
export function openAccount(client, account, changed) {
  openDialog(t('admin.account'), new AccountDetails(client, account, changed));
}

class AccountDetails extends Component {
  #accounts;
  #client;
  #account;
  #changed;
  #summary = el('div', { class: 'person-row' });
  #admin = switchInput({ change: () => this.#try(() => this.#change({ admin: this.#admin.checked })) });
  #link = el('div', { class: 'form' });
  #access = el('div');
  #written = el('div', { class: 'form' });
  #problem = el('p', { class: 'problem', role: 'alert' });

  /** @param {Client} client @param {Account} account @param {(account: Account) => void} changed */
  constructor(client, account, changed) {
    super();
    this.#accounts = new Accounts(client.api);
    this.#client = client;
    this.#account = account;
    this.#changed = changed;
    const { bot, id, username } = account;
    const name = nameField('username', t('account.username'));
    name.input.value = username;
    const renaming = form([name], t('admin.rename'), () => this.#change({ username: name.value }), { 409: name });
    renaming.classList.add('beside');
    this.append(
      this.#summary,
      renaming,
      ...(bot ? [] : [el('label', { class: 'choice' }, t('admin.administrator'), this.#admin)]),
      this.#problem,
      ...(bot ? [] : [
        el('section', {}, el('h3', {}, t('account.password')), this.#link),
        el('section', {}, el('h3', { id: 'account-devices' }, t('account.devices')),
          new DeviceList(new Sessions(client.api, id), 'account-devices')),
      ]),
      el('section', {}, el('h3', {}, t('admin.written')), this.#written),
      el('section', {}, el('h3', {}, t('admin.access')), this.#access));
    this.#showLinkOffer();
    this.#showPurgeOffer();
    this.#render();
  }

  #render() {
    const { bot, admin, disabled, hasPassword, providers, createdAt } = this.#account;
    const ways = [...(hasPassword ? [t('account.password')] : []), ...providers];
    this.#summary.replaceChildren(avatar(this.#account), el('div', { class: 'person-name' },
      el('span', { class: 'strong' }, ...namesOf(this.#account)),
      el('span', { class: 'muted' }, ...tn('admin.joined', { time: timeOf(createdAt) })),
      el('span', { class: 'muted' },
        bot ? t('people.bot') : ways.length > 0 ? t('admin.ways', { ways: listNames(ways) }) : t('admin.noWays'))));
    if (disabled) this.#summary.append(el('span', { class: 'tag danger' }, t('admin.disabled')));
    this.#admin.checked = admin;
    this.#showAccess();
  }

  #showLinkOffer() {
    this.#link.replaceChildren(
      el('p', { class: 'muted' }, t('admin.resetHelp')),
      el('button', { class: 'button', click: () => this.#try(() => this.#createLink()) }, t('admin.createLink')));
  }

  async #createLink() {
    const { link, expiresAt, madeAdministrators } = await this.#accounts.createResetLink(this.#account.id);
    const names = listAll(madeAdministrators.map(titleOf));
    this.#link.replaceChildren(
      told(...tn('admin.resetLink', { time: dateOf(expiresAt) })),
      copyable(t('admin.link'), absolute(link)),
      ...(names ? [el('p', {}, t('account.madeAdmins', { names }))] : []));
    this.#link.querySelector('p')?.focus();
  }

  #showPurgeOffer() {
    this.#written.replaceChildren(
      el('p', { class: 'muted' }, t('admin.purgeHelp')),
      el('button', { class: 'button danger', click: () => this.#try(() => this.#purge()) }, t('admin.purge')));
  }

  async #purge() {
    const name = titleOf(this.#account);
    if (!await ask(t('admin.purgeTitle', { name }), t('admin.purge'), { text: t('admin.purgeSure'), isDanger: true })) return;
    await this.#accounts.purge(this.#account.id);
    this.#written.replaceChildren(told(t('admin.purging')));
    this.#written.querySelector('p')?.focus();
  }

  #showAccess() {
    const { disabled } = this.#account;
    this.#access.replaceChildren(el('button', {
      class: disabled ? 'button' : 'button danger', click: () => this.#try(() => this.#toggle()),
    }, disabled ? t('admin.enable') : t('admin.disable')));
  }

  async #toggle() {
    const { disabled, bot, id } = this.#account;
    const name = titleOf(this.#account);
    const isSure = disabled || await ask(t('admin.disableTitle', { name }), t('admin.disable'), {
      text: bot ? t('admin.disableBotHelp') : id === this.#client.user.id ? t('admin.disableSelfHelp') : t('admin.disableHelp'), isDanger: true,
    });
    if (isSure) await this.#change({ disabled: !disabled });
    this.#access.querySelector('button')?.focus();
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
