// The settings of the server: who may invite people, which room they join, and how administrators sign in.

import { reasonOf } from '../base/api.js';
import { card, explained, setting } from '../base/cards.js';
import { Component, el, failure, skeleton } from '../base/dom.js';
import { selection } from '../base/fields.js';
import { Switch } from '../base/switch.js';
import { t } from '../words/index.js';
import { changeServerSettings, serverSettings } from './server-settings.js';

/** @import {ServerSettings} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */

export class ServerView extends Component {
  #client;
  #problem = el('p', { class: 'problem', role: 'alert' });

  /** @param {Client} client */
  constructor(client) {
    super();
    this.#client = client;
    this.#load();
  }

  async #load() {
    this.replaceChildren(card(setting(skeleton())));
    try {
      this.#show(await serverSettings(this.#client.api));
    } catch (error) {
      this.replaceChildren(card(setting(failure(reasonOf(error), () => this.#load()))));
    }
  }

  /** @param {ServerSettings} settings */
  #show({ membersMayInvite, defaultRoomId, adminsNeedSecondFactor }) {
    const invite = new Switch('members-may-invite', t('admin.membersMayInvite'), (on) => this.#change({ membersMayInvite: on }));
    invite.show(membersMayInvite, t('admin.membersMayInviteHelp'), true);
    const rooms = this.#client.conversations.listed.filter(({ kind }) => kind === 'room');
    const { input } = selection('default-room', '', [
      ['', t('admin.noDefaultRoom')],
      ...(defaultRoomId && !rooms.some(({ id }) => id === defaultRoomId)
        ? [/** @type {[string, string]} */ ([defaultRoomId, t('admin.otherRoom')])] : []),
      ...rooms.map(({ id, title }) => /** @type {[string, string]} */ ([id, title])),
    ], defaultRoomId ?? '');
    input.setAttribute('aria-labelledby', 'default-room');
    input.addEventListener('change', () => this.#change({ defaultRoomId: input.value || null }));
    const room = explained(t('admin.defaultRoom'), t('admin.defaultRoomHelp'));
    room.firstElementChild?.setAttribute('id', 'default-room');
    const twoStep = new Switch('admins-two-step', t('admin.adminsTwoStep'), (on) => this.#change({ adminsNeedSecondFactor: on }));
    twoStep.show(adminsNeedSecondFactor, t('admin.adminsTwoStepHelp'), true);
    this.replaceChildren(card(invite.element, setting(room, input), twoStep.element), this.#problem);
  }

  /** @param {Partial<ServerSettings>} change */
  async #change(change) {
    this.#problem.textContent = '';
    try {
      await changeServerSettings(this.#client.api, change);
    } catch (error) {
      await this.#load();
      this.#problem.textContent = reasonOf(error);
    }
  }
}

customElements.define('server-view', ServerView);
