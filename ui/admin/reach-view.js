// How people reach this server: its certificate, if it speaks TLS itself, and what is to be mended: https that it wasn’t
// told of, and names that it refuses. Nothing is shown without either.

import { card, explained, section, setting } from '../base/cards.js';
import { Component, el, nameOf } from '../base/dom.js';
import { timeOf } from '../base/times.js';
import { listAll } from '../people/all-names.js';
import { t, tn } from '../words/index.js';

/** @import {Addresses, Certificate} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */

/** With fewer days left, it’s time to renew a certificate. The server’s log warns at the same time. */
const WARN_AT_DAYS = 14;

export class ReachView extends Component {
  /** @param {Client} client */
  constructor(client) {
    super();
    this.#load(client);
  }

  /** @param {Client} client */
  async #load(client) {
    /** @type {Addresses | null} */
    const addresses = await client.api.get('/api/admin/addresses').catch(() => null);
    const rows = addresses ? [...certificateOf(addresses.certificate), ...adviceOn(addresses)] : [];
    if (rows.length > 0) this.replaceChildren(section('reach', t('admin.reach'), card(...rows)));
  }
}

/** @param {Certificate | null} certificate */
function certificateOf(certificate) {
  if (!certificate) return [];
  const { mode, names, issuer, daysLeft, loadedAt, failure } = certificate;
  // What the server renews by itself may be good for days only.
  const renewing = mode !== 'files' && failure === null;
  const { message = '', at = '' } = failure ?? {};
  return [
    daysLeft === null || loadedAt === null ? setting(explained(t('admin.certificate'), t('admin.certificateNone'))) : setting(
      el('div', {},
        el('p', { class: 'strong' }, t('admin.certificate')),
        el('p', { class: 'muted' }, listAll(names)),
        issuer !== null && el('p', { class: 'muted' }, ...tn('admin.certificateBy', { issuer: nameOf(issuer) })),
        el('p', { class: 'muted' }, ...tn('admin.certificateLoaded', { time: timeOf(loadedAt) }))),
      el('span', { class: daysLeft < (renewing ? 0 : WARN_AT_DAYS) && 'problem' },
        daysLeft < 0 ? t('admin.certificateExpired') : t('admin.certificateEnds', { count: daysLeft }))),
    failure && setting(el('p', { class: 'problem', role: 'status' },
      ...tn(mode === 'acme' ? 'admin.certificateNotRenewed' : 'admin.certificateFailed', { time: timeOf(at), message: nameOf(message) }))),
  ].filter((row) => row !== null);
}

/** @param {Addresses} addresses */
function adviceOn({ tlsWithoutPublicUrl, refusedNames }) {
  return [
    ...(tlsWithoutPublicUrl ? [setting(explained(t('admin.reachTls'), t('admin.reachTlsHelp')))] : []),
    ...(refusedNames.length > 0
      ? [setting(explained(t('admin.reachRefused', { names: listAll(refusedNames) }), t('admin.reachRefusedHelp')))] : []),
  ];
}

customElements.define('reach-view', ReachView);
