// Where somebody is signed in, and signing out there.

import { reasonOf } from '../base/api.js';
import { attempt } from '../base/attempt.js';
import { about, fill } from '../base/cards.js';
import { Component, el } from '../base/dom.js';
import { seenAt, timeOf } from '../base/times.js';
import { t, tn } from '../words/index.js';
import { deviceName } from './device-name.js';

/** @import {Session} from '../base/types.js' */
/** @import {Sessions} from './sessions.js' */

export class DeviceList extends Component {
  #sessions;
  #list;

  /** @param {Sessions} sessions @param {string} labelledBy the id of what it is called */
  constructor(sessions, labelledBy) {
    super();
    this.#sessions = sessions;
    this.#list = el('ul', { class: 'card', 'aria-labelledby': labelledBy });
    this.append(this.#list);
    this.load();
  }

  load() {
    return fill(this.#list, async () => this.#rows(await this.#sessions.list()));
  }

  /** @param {Session[]} sessions */
  #rows(sessions) {
    const sorted = sessions.toSorted((a, b) => Number(b.current) - Number(a.current));
    const others = sessions.filter(({ current }) => !current).length;
    const isOwn = others < sessions.length;
    return [
      ...sorted.map((session) => this.#row(session)),
      ...(sessions.length > 0 ? []
        : [el('li', { class: 'setting' }, el('p', { class: 'muted' }, t('account.notSignedIn')))]),
      ...(others > 1 ? [this.#all(isOwn ? t('account.signOutOthers') : t('account.signOutAll'))] : []),
    ];
  }

  /** @param {Session} session */
  #row({ id, device, createdAt, lastSeenAt, current }) {
    const name = deviceName(device);
    const problem = el('p', { class: 'problem', role: 'alert' });
    const button = el('button', { class: 'button', click: () => this.#signOut(id, row, button, problem) },
      t('account.signOut'), about(name));
    const row = el('li', { class: 'setting', ...(!current && { 'data-other': true }) },
      el('div', {},
        el('p', { class: 'strong', title: device }, name),
        current ? null : el('p', { class: 'muted' }, ...tn('account.lastActive', { time: seenAt(lastSeenAt) })),
        el('p', { class: 'muted' }, ...tn('account.signedIn', { time: timeOf(createdAt) })),
        problem),
      current ? el('p', { class: 'tag' }, t('account.thisDevice')) : button);
    return row;
  }

  /** @param {string} action */
  #all(action) {
    const problem = el('p', { class: 'problem', role: 'alert' });
    const click = () => attempt(problem, async () => {
      await this.#sessions.endAll();
      await this.load();
      this.#list.tabIndex = -1;
      this.#list.focus();
    });
    return el('li', { class: 'setting all' }, problem, el('button', { class: 'button danger wide', click }, action));
  }

  /** @param {string} id @param {HTMLElement} row @param {HTMLButtonElement} button @param {HTMLElement} problem */
  async #signOut(id, row, button, problem) {
    button.disabled = true;
    problem.textContent = '';
    try {
      await this.#sessions.end(id);
      const next = row.nextElementSibling ?? row.previousElementSibling;
      row.remove();
      if (this.#list.querySelectorAll('[data-other]').length < 2) this.#list.querySelector('.all')?.remove();
      next?.querySelector('button')?.focus();
    } catch (error) {
      problem.textContent = reasonOf(error);
      button.disabled = false;
      button.focus();
    }
  }
}

customElements.define('device-list', DeviceList);
