// Where one is signed in, and signing out there.

import { reasonOf } from '../base/api.js';
import { Component, el, failure, skeleton } from '../base/dom.js';
import { clockTime, dayName, fullTime } from '../base/format.js';

/** @import {Api} from '../base/api.js' */

/** @typedef {{id: string, device: string, createdAt: string, lastSeenAt: string, current: boolean}} Session */

/** What a User-Agent may say, and what to call that. The first counts, as many browsers claim to be others too. */
const BROWSERS = {
  Edg: 'Edge', OPR: 'Opera', SamsungBrowser: 'Samsung Internet', Firefox: 'Firefox', FxiOS: 'Firefox', Chrome: 'Chrome',
  CriOS: 'Chrome', Safari: 'Safari',
};
const SYSTEMS = {
  iPhone: 'iPhone', iPad: 'iPad', Android: 'Android', Windows: 'Windows', 'Mac OS X': 'Mac', CrOS: 'ChromeOS',
  Linux: 'Linux',
};

export class DeviceList extends Component {
  #api;
  #list = el('ul', { class: 'card', 'aria-labelledby': 'devices' });

  /** @param {Api} api */
  constructor(api) {
    super();
    this.#api = api;
    this.append(this.#list);
    this.#load();
  }

  async #load() {
    this.#list.replaceChildren(el('li', { class: 'setting' }, skeleton()));
    try {
      /** @type {Session[]} */
      const sessions = await this.#api.get('/api/sessions');
      sessions.sort((a, b) => Number(b.current) - Number(a.current));
      this.#list.replaceChildren(...sessions.map((session) => this.#row(session)));
    } catch (error) {
      this.#list.replaceChildren(el('li', { class: 'setting' }, failure(reasonOf(error), () => this.#load())));
    }
  }

  /** @param {Session} session */
  #row({ id, device, createdAt, lastSeenAt, current }) {
    const name = deviceName(device);
    const problem = el('p', { class: 'problem', role: 'alert' });
    const button = el('button', { class: 'button', click: () => this.#signOut(id, row, button, problem) },
      'Sign out', el('span', { class: 'visually-hidden' }, ` ${name}`));
    const row = el('li', { class: 'setting' },
      el('div', {},
        el('p', { class: 'strong', title: device }, name),
        el('p', { class: 'muted' }, current ? 'Signed in: ' : 'Last seen: ', timeOf(current ? createdAt : lastSeenAt)),
        problem),
      current ? el('p', { class: 'tag' }, 'This browser') : button);
    return row;
  }

  /** @param {string} id @param {HTMLElement} row @param {HTMLButtonElement} button @param {HTMLElement} problem */
  async #signOut(id, row, button, problem) {
    button.disabled = true;
    problem.textContent = '';
    try {
      await this.#api.delete(`/api/sessions/${id}`);
      const next = row.nextElementSibling ?? row.previousElementSibling;
      row.remove();
      next?.querySelector('button')?.focus();
    } catch (error) {
      problem.textContent = reasonOf(error);
      button.disabled = false;
      button.focus();
    }
  }
}

/** @param {string} iso */
function timeOf(iso) {
  const time = new Date(iso);
  return el('time', { datetime: iso, title: fullTime(time) }, `${dayName(time)}, ${clockTime(time)}`);
}

/** @param {string} userAgent */
function deviceName(userAgent) {
  const find = (/** @type {Record<string, string>} */ names) =>
    Object.entries(names).find(([sign]) => userAgent.includes(sign))?.[1];
  // Other programs begin with their name, as in curl/8.5.0.
  const program = find(BROWSERS) ?? (userAgent.split('/', 1)[0] || 'Something unknown');
  const system = find(SYSTEMS);
  return system ? `${program} on ${system}` : program;
}

customElements.define('device-list', DeviceList);
