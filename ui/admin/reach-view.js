// How people reach this server, as far as something about it is to be mended: https that it wasn’t told of, and names that
// it refuses. Nothing is shown as long as all is well.

import { card, explained, section, setting } from '../base/cards.js';
import { Component } from '../base/dom.js';
import { listAll } from '../people/all-names.js';
import { t } from '../words/index.js';

/** @import {Addresses} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */

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
    const advice = addresses ? adviceOn(addresses) : [];
    if (advice.length > 0) this.replaceChildren(section('reach', t('admin.reach'), card(...advice)));
  }
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
