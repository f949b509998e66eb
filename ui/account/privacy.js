// What others see of one, and whom one has blocked.

import { reasonOf } from '../base/api.js';
import { about } from '../base/cards.js';
import { Component, el, failure, skeleton } from '../base/dom.js';
import { titleOf } from '../base/format.js';
import { addStyle } from '../base/load.js';
import { avatar } from '../people/avatar.js';
import { namesOf } from '../people/names.js';
import { blockedUsers, setBlocked } from '../people/profiles.js';
import { t } from '../words/index.js';

/** @import {User} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */

addStyle(import.meta.url, '../people/people.css');

export class BlockedList extends Component {
  #api;
  #list = el('ul', { class: 'card', 'aria-labelledby': 'blocked' });

  /** @param {Client} client */
  constructor({ api }) {
    super();
    this.#api = api;
    this.append(this.#list);
    this.load();
  }

  async load() {
    this.#list.replaceChildren(el('li', { class: 'setting' }, skeleton()));
    try {
      this.#show(await blockedUsers(this.#api));
    } catch (error) {
      this.#list.replaceChildren(el('li', { class: 'setting' }, failure(reasonOf(error), () => this.load())));
    }
  }

  /** @param {User[]} users */
  #show(users) {
    this.#list.replaceChildren(...(users.length > 0 ? users.map((user) => this.#row(user))
      : [el('li', { class: 'setting' }, el('p', { class: 'muted' }, t('account.noneBlocked')))]));
  }

  /** @param {User} user */
  #row(user) {
    const problem = el('p', { class: 'problem', role: 'alert' });
    const unblock = async () => {
      problem.textContent = '';
      try {
        await setBlocked(this.#api, user.id, false);
        await this.load();
        this.#list.tabIndex = -1;
        this.#list.focus();
      } catch (error) {
        problem.textContent = reasonOf(error);
      }
    };
    return el('li', { class: 'setting' },
      el('div', { class: 'blocked' }, avatar(user), el('div', {}, ...namesOf(user), problem)),
      el('button', { class: 'button', click: unblock }, t('people.unblock'), about(titleOf(user))));
  }
}

customElements.define('blocked-list', BlockedList);
