// The invitations that are open, and revoking them.

import { attempt } from '../base/attempt.js';
import { about, fill } from '../base/cards.js';
import { ask } from '../base/dialog.js';
import { Component, el, nameOf } from '../base/dom.js';
import { titleOf } from '../base/format.js';
import { dateOf } from '../base/times.js';
import { listNames } from '../people/names.js';
import { t, tn } from '../words/index.js';

/** @import {Invite} from '../base/types.js' */
/** @import {Invites} from './invites.js' */

export class InviteList extends Component {
  #invites;
  #list;

  /** @param {Invites} invites @param {string} labelledBy the id of what it is called */
  constructor(invites, labelledBy) {
    super();
    this.#invites = invites;
    this.#list = el('ul', { class: 'card', 'aria-labelledby': labelledBy });
    this.append(this.#list);
    this.load();
  }

  load() {
    return fill(this.#list, async () => {
      const invites = await this.#invites.list();
      return invites.length > 0 ? invites.map((invite) => this.#row(invite))
        : [el('li', { class: 'setting' }, el('p', { class: 'muted' }, t('invitations.none')))];
    });
  }

  /** @param {Invite} invite */
  #row({ id, uses, usesLeft, createdBy, expiresAt, rooms }) {
    const problem = el('p', { class: 'problem', role: 'alert' });
    const title = t('invitations.left', { count: usesLeft, all: uses });
    const revoke = async () => {
      if (!await ask(t('invitations.revokeTitle'), t('invitations.revoke'), { text: t('invitations.revokeHelp'), isDanger: true })) return;
      await attempt(problem, async () => {
        await this.#invites.revoke(id);
        await this.load();
        this.#list.tabIndex = -1;
        this.#list.focus();
      });
    };
    return el('li', { class: 'setting' },
      el('div', {},
        el('p', { class: 'strong' }, title),
        rooms.length > 0 && el('p', { class: 'muted' }, ...tn('invitations.toRooms', { rooms: listNames(rooms.map(({ name }) => name)) })),
        el('p', { class: 'muted' }, ...tn('invitations.expires', { time: dateOf(expiresAt) })),
        createdBy && el('p', { class: 'muted' }, ...tn('invitations.by', { name: nameOf(titleOf(createdBy)) })),
        problem),
      el('button', { class: 'button', click: revoke }, t('invitations.revoke'), about(title)));
  }
}

customElements.define('invite-list', InviteList);
