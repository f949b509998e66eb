// The log of what matters for the safety of accounts, newest first.

import { deviceName } from '../account/device-name.js';
import { eventName } from '../account/events.js';
import { Component, el, nameOf } from '../base/dom.js';
import { titleOf } from '../base/format.js';
import { loadPage } from '../base/paged-list.js';
import { timeOf } from '../base/times.js';
import { t, tn } from '../words/index.js';
import { auditLog, PAGE } from './audit.js';

/** @import {SecurityEvent} from './audit.js' */
/** @import {Client} from '../shell/client.js' */

export class AuditView extends Component {
  /** @param {Client} client */
  constructor({ api }) {
    super();
    const list = el('ul', { class: 'audit', 'aria-labelledby': 'security-log' });
    const rest = el('div', { class: 'list-rest', role: 'status' });
    this.append(el('div', { class: 'card' }, list, rest));
    loadPage({ list, rest, size: PAGE, fetch: (before) => auditLog(api, before), row: eventRow });
  }
}

/** @param {SecurityEvent} event */
function eventRow({ kind, actor, user, address, device, detail, count, createdAt }) {
  const whose = user ?? actor;
  const times = count > 1 ? ` × ${count}` : '';
  const by = actor && user && actor.id !== user.id ? tn('attention.by', { name: nameOf(titleOf(actor)) })
    : !actor && !address ? [t('admin.commandLine')] : [];
  const where = address ? (device ? tn('attention.from', { device: nameOf(deviceName(device)), address: nameOf(address) }) : [nameOf(address)]) : [];
  return el('li', { class: 'setting', tabindex: '-1' },
    el('div', {},
      el('p', { class: 'strong' }, eventName(kind), ...(detail ? [': ', nameOf(detail)] : []), times),
      el('p', {}, whose ? nameOf(titleOf(whose)) : t('admin.unknownAccount')),
      by.length > 0 && el('p', { class: 'muted' }, ...by),
      where.length > 0 && el('p', { class: 'muted' }, ...where)),
    el('span', { class: 'muted' }, timeOf(createdAt)));
}

customElements.define('audit-view', AuditView);
