// For administrators: the people of this server, and invitations for more of them.

import { settings } from '../account/settings.js';
import { reasonOf } from '../base/api.js';
import { section } from '../base/cards.js';
import { Component, el, failure, skeleton } from '../base/dom.js';
import { icon } from '../base/icons.js';
import { addStyle } from '../base/load.js';
import { AccountList } from './account-list.js';
import { InviteList } from './invite-list.js';

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
        el('a', { class: 'tool back', href: '/settings', 'aria-label': 'Back to the settings' }, icon('back')),
        el('h1', { tabindex: '-1' }, 'Administration')),
      this.#body);
    this.#load();
  }

  async #load() {
    this.#body.replaceChildren(skeleton());
    try {
      const { admin } = await settings(this.#client.api);
      this.#body.replaceChildren(...(admin ? this.#sections() : [el('section', { role: 'status' },
        el('p', {}, 'This is for administrators, and you aren’t one. Whoever is can make you one.'))]));
    } catch (error) {
      this.#body.replaceChildren(failure(reasonOf(error), () => this.#load()));
    }
  }

  #sections() {
    return [
      section('Invitations', new InviteList(this.#client.api)), section('People', new AccountList(this.#client)),
    ];
  }
}

customElements.define('admin-view', AdminView);
