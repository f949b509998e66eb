// What others see of one, and whom one has blocked.

import { attempt } from '../base/attempt.js';
import { about, fill } from '../base/cards.js';
import { Component, el } from '../base/dom.js';
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

  load() {
    return fill(this.#list, async () => {
      const users = await blockedUsers(this.#api);
      return users.length > 0 ? users.map((user) => this.#row(user))
        : [el('li', { class: 'setting' }, el('p', { class: 'muted' }, t('account.noneBlocked')))];
    });
  }

  /** @param {User} user */
  #row(user) {
    const problem = el('p', { class: 'problem', role: 'alert' });
    const unblock = () => attempt(problem, async () => {
      await setBlocked(this.#api, user.id, false);
      await this.load();
      this.#list.tabIndex = -1;
      this.#list.focus();
    });
    return el('li', { class: 'setting' },
      el('div', { class: 'blocked' }, avatar(user), el('div', {}, ...namesOf(user), problem)),
      el('button', { class: 'button', click: unblock }, t('people.unblock'), about(titleOf(user))));
  }
}

customElements.define('blocked-list', BlockedList);
