// The log of what matters for the safety of accounts, newest first.

import { eventName } from '../account/events.js';
import { deviceName } from '../account/device-name.js';
import { reasonOf } from '../base/api.js';
import { Component, el, failure, nameOf, skeleton } from '../base/dom.js';
import { titleOf } from '../base/format.js';
import { timeOf } from '../base/times.js';
import { t, tn } from '../words/index.js';
import { auditLog, PAGE } from './audit.js';

/** @import {SecurityEvent} from './audit.js' */
/** @import {Client} from '../shell/client.js' */

export class AuditView extends Component {
  #api;
  #list = el('ul', { class: 'audit', 'aria-labelledby': 'security-log' });
  #rest = el('div', { class: 'list-rest', role: 'status' });

  /** @param {Client} client */
  constructor({ api }) {
    super();
    this.#api = api;
    this.append(el('div', { class: 'card' }, this.#list, this.#rest));
    this.#load();
  }

  /** @param {string} [before] the id of the last one that is there */
  async #load(before = '') {
    this.#rest.replaceChildren(skeleton());
    try {
      const page = await auditLog(this.#api, before);
      const rows = page.map(eventRow);
      this.#list.append(...rows);
      this.#rest.replaceChildren(...(page.length === PAGE
        ? [el('button', { class: 'button', click: () => this.#load(page.at(-1)?.id) }, t('admin.more'))] : []));
      // Where “More” was, there may be nothing now.
      if (before && rows[0]) {
        rows[0].tabIndex = -1;
        rows[0].focus();
      }
    } catch (error) {
      this.#rest.replaceChildren(failure(reasonOf(error), () => this.#load(before)));
    }
  }
}

/** @param {SecurityEvent} event */
function eventRow({ kind, actor, user, address, device, detail, count, createdAt }) {
  const whose = user ?? actor;
  const times = count > 1 ? ` × ${count}` : '';
  const by = actor && user && actor.id !== user.id ? tn('attention.by', { name: nameOf(titleOf(actor)) })
    : !actor && !address ? [t('admin.commandLine')] : [];
  const where = address ? (device ? tn('attention.from', { device: nameOf(deviceName(device)), address: nameOf(address) }) : [nameOf(address)]) : [];
  return el('li', { class: 'setting' },
    el('div', {},
      el('p', { class: 'strong' }, eventName(kind), ...(detail ? [': ', nameOf(detail)] : []), times),
      el('p', {}, whose ? nameOf(titleOf(whose)) : t('admin.unknownAccount')),
      by.length > 0 && el('p', { class: 'muted' }, ...by),
      where.length > 0 && el('p', { class: 'muted' }, ...where)),
    el('span', { class: 'muted' }, timeOf(createdAt)));
}

customElements.define('audit-view', AuditView);
