// Everybody who has an account here, as administrators see them.

import { reasonOf } from '../base/api.js';
import { actions, openDialog } from '../base/dialog.js';
import { Component, el, failure, nameOf, skeleton } from '../base/dom.js';
import { form, nameField } from '../base/fields.js';
import { drawing } from '../base/icons.js';
import { absolute, copyable, told } from '../base/secret.js';
import { switchInput } from '../base/switch.js';
import { dateOf, seenAt } from '../base/times.js';
import { avatar } from '../people/avatar.js';
import { namesOf } from '../people/names.js';
import { t, tn } from '../words/index.js';
import { openAccount } from './account-dialog.js';
import { Accounts, PAGE } from './accounts.js';

/** @import {Account} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */

const PAUSE_MS = 200;
const ONWARD = 'M9 6l6 6-6 6';

export class AccountList extends Component {
  #client;
  #accounts;
  #pause = 0;
  /** How often it has begun to load; the answer to an earlier time isn't asked for any more. */
  #turns = 0;
  #search = el('input', {
    type: 'search', 'aria-label': t('admin.findPeople'), placeholder: t('admin.findPeople'), autocomplete: 'off', autocapitalize: 'none',
    spellcheck: 'false', input: () => this.#typed(),
  });
  #list = el('ul', { 'aria-labelledby': 'people' });
  #rest = el('div', { class: 'list-rest', role: 'status' });

  /** @param {Client} client */
  constructor(client) {
    super();
    this.#client = client;
    this.#accounts = new Accounts(client.api);
    this.append(
      el('div', { class: 'finding' },
        this.#search, el('button', { class: 'button', click: () => this.#add() }, t('admin.addPerson'))),
      el('div', { class: 'card' }, this.#list, this.#rest));
    this.#load();
  }

  #typed() {
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => this.#load(), PAUSE_MS);
  }

  /** @param {string} [after] the id of the last one that is there */
  async #load(after = '') {
    this.#turns += 1;
    const turn = this.#turns;
    const search = this.#search.value.trim();
    if (!after) this.#list.replaceChildren();
    this.#rest.replaceChildren(skeleton());
    try {
      const page = await this.#accounts.list(search, after);
      if (turn !== this.#turns) return;
      const rows = page.map((account) => this.#row(account));
      this.#list.append(...rows);
      this.#rest.replaceChildren(...(page.length === PAGE
        ? [el('button', { class: 'button', click: () => this.#load(page.at(-1)?.id) }, t('admin.more'))]
        : this.#list.children.length === 0 ? [el('p', { class: 'muted' }, search ? t('admin.noResults') : t('admin.nobody'))] : []));
      // Where “More” was, there may be nothing now.
      if (after) rows[0]?.querySelector('button')?.focus();
    } catch (error) {
      if (turn === this.#turns) this.#rest.replaceChildren(failure(reasonOf(error), () => this.#load(after)));
    }
  }

  /** @param {Account} account */
  #row(account) {
    let known = account;
    // It stays, so that the focus comes back to it when the dialog is closed.
    const button = el('button', {
      class: 'account', click: () => openAccount(this.#client, known, (next) => show(next)),
    });
    /** @param {Account} next */
    const show = (next) => {
      known = next;
      const { id, admin, bot, disabled, lastSeenAt } = next;
      const seen = bot ? [t('people.bot')] : lastSeenAt ? tn('admin.lastSeen', { time: seenAt(lastSeenAt) }) : [t('admin.neverSeen')];
      const tag = disabled ? t('admin.disabled') : admin && t('admin.administrator');
      button.replaceChildren(
        avatar(next),
        el('span', { class: 'person-name' },
          el('span', { class: 'strong' }, ...namesOf(next)), id === this.#client.user.id ? ` (${t('admin.you')})` : '',
          el('span', { class: 'muted' }, ...seen)),
        ...(tag ? [el('span', { class: disabled ? 'tag danger' : 'tag' }, tag)] : []),
        drawing(ONWARD));
    };
    show(account);
    return el('li', {}, button);
  }

  #add() {
    const username = nameField('username', t('account.username'));
    const admin = switchInput();
    const body = el('div', { class: 'form' });
    const add = async () => {
      const { user, link, expiresAt } = await this.#accounts.create(username.value, admin.checked);
      this.#load();
      body.replaceChildren(
        told(...tn('admin.added', { name: el('strong', {}, nameOf(user.username)), time: dateOf(expiresAt) })),
        copyable(t('admin.link'), absolute(link)),
        actions(el('button', { class: 'button primary', click: () => dialog?.close() }, t('base.done'))));
      body.querySelector('p')?.focus();
    };
    body.append(form([username, el('label', { class: 'choice' }, t('admin.administrator'), admin)], t('admin.add'), add, { 409: username }));
    const dialog = openDialog(t('admin.addPerson'), body);
    username.input.focus();
  }
}

customElements.define('account-list', AccountList);
