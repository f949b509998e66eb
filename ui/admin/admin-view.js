// For administrators: the people of this server, invitations for more of them, what is stored, the settings for
// everybody, and what happened that matters for their safety.

import { settings } from '../account/settings.js';
import { reasonOf } from '../base/api.js';
import { card, explained, section, setting } from '../base/cards.js';
import { Component, el, failure, skeleton } from '../base/dom.js';
import { icon } from '../base/icons.js';
import { addStyle } from '../base/load.js';
import { InviteList } from '../invitations/invite-list.js';
import { Invites } from '../invitations/invites.js';
import { t } from '../words/index.js';
import { AccountList } from './account-list.js';
import { AuditView } from './audit-view.js';
import { ReachView } from './reach-view.js';
import { ReportList } from './report-list.js';
import { ServerView } from './server-view.js';
import { StorageView } from './storage-view.js';

/** @import {Client} from '../shell/client.js' */

addStyle(import.meta.url, 'admin.css');
addStyle(import.meta.url, '../people/people.css');

export class AdminView extends Component {
  #client;
  #body = el('div', { class: 'settings' });

  /** @param {Client} client */
  constructor(client) {
    super();
    this.#client = client;
    this.append(
      el('header', { class: 'bar' },
        el('a', { class: 'tool back', href: '/settings', 'aria-label': t('admin.backToSettings') }, icon('back')),
        el('h1', { tabindex: '-1' }, t('admin.title'))),
      this.#body);
    this.#load();
  }

  async #load() {
    this.#body.replaceChildren(skeleton());
    try {
      const { admin, needsSecondFactor } = await settings(this.#client.api);
      this.#body.replaceChildren(...(needsSecondFactor ? [el('section', { role: 'status' },
        el('p', {}, t('admin.turnOnTwoStep')),
        el('a', { class: 'button', href: '/settings#two-step' }, t('admin.toTwoStep')))] : admin ? this.#sections() : [el('section', { role: 'status' },
        el('p', {}, t('admin.notAdmin')))]));
    } catch (error) {
      this.#body.replaceChildren(failure(reasonOf(error), () => this.#load()));
    }
  }

  #sections() {
    return [
      new ReachView(this.#client),
      section('people', t('admin.people'), new AccountList(this.#client)),
      section('invitations', t('admin.invitations'),
        card(setting(explained(t('account.invite'), t('account.inviteHelp')),
          el('a', { class: 'button', href: '/invite-people' }, t('account.inviteOpen')))),
        new InviteList(new Invites(this.#client.api), 'invitations')),
      section('reports', t('admin.reports'), new ReportList(this.#client)),
      new StorageView(this.#client),
      section('server', t('admin.server'), new ServerView(this.#client)),
      section('security-log', t('admin.securityLog'), new AuditView(this.#client)),
    ];
  }
}

customElements.define('admin-view', AdminView);
