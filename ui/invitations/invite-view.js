// Inviting people: a link at once where there is none yet, another one with what somebody chooses, and those that are open.

import { settings } from '../account/settings.js';
import { reasonOf } from '../base/api.js';
import { section } from '../base/cards.js';
import { Component, el, failure, nameOf, skeleton } from '../base/dom.js';
import { Field, form, selection } from '../base/fields.js';
import { icon } from '../base/icons.js';
import { addStyle } from '../base/load.js';
import { t } from '../words/index.js';
import { InviteLink } from './invite-link.js';
import { InviteList } from './invite-list.js';
import { Invites } from './invites.js';

/** @import {Conversations} from '../conversations/conversations.js' */
/** @import {NewInvite} from './invites.js' */
/** @import {Client} from '../shell/client.js' */

addStyle(import.meta.url, 'invitations.css');

/** What a link is for where nobody has chosen. @type {NewInvite} */
const USUAL = { uses: 10, days: 7 };
/** So many people, if an administrator invites them and if somebody else does. */
const MOST = { admin: 100, member: 10 };
const DAYS = [1, 7, 30, 90];

export class InviteView extends Component {
  #client;
  #invites;
  #list;
  #body = el('div', { class: 'settings' });
  #current = el('div', { class: 'invite card' });

  /** @param {Client} client */
  constructor(client) {
    super();
    this.#client = client;
    this.#invites = new Invites(client.api);
    this.#list = new InviteList(this.#invites, 'open-invitations');
    this.append(
      el('header', { class: 'bar' },
        el('a', { class: 'tool back', href: '/', 'aria-label': t('invitations.back') }, icon('back')),
        el('h1', { tabindex: '-1' }, t('invitations.title'))),
      this.#body);
    this.#load();
  }

  async #load() {
    this.#body.replaceChildren(skeleton());
    try {
      const [{ mayInvite, admin }, open] = await Promise.all([settings(this.#client.api), this.#invites.list()]);
      if (!mayInvite) {
        this.#body.replaceChildren(el('p', { role: 'status' }, t('invitations.notAllowed')));
        return;
      }
      this.#body.replaceChildren(
        section('invite', t('invitations.new'), this.#current),
        section('open-invitations', t('invitations.open'), this.#list));
      // Whoever hasn’t invited anybody yet has come for a link.
      if (open.length === 0) this.#create(USUAL, admin);
      else this.#choose(admin);
    } catch (error) {
      this.#body.replaceChildren(failure(reasonOf(error), () => this.#load()));
    }
  }

  /** @param {NewInvite} wanted @param {boolean} isAdmin */
  #create(wanted, isAdmin) {
    const link = new InviteLink(this.#invites, wanted, isAdmin, () => this.#list.load());
    const another = el('button', { class: 'button', click: () => this.#choose(isAdmin) }, t('invitations.another'));
    this.#current.replaceChildren(link, another);
  }

  /** @param {boolean} isAdmin */
  #choose(isAdmin) {
    const uses = new Field('uses', t('invitations.people'), {
      type: 'number', inputmode: 'numeric', min: '1', max: `${isAdmin ? MOST.admin : MOST.member}`, required: true, value: '1',
    });
    const days = selection('days', t('invitations.expiresIn'),
      DAYS.map((count) => [`${count}`, t('invitations.days', { count })]), `${USUAL.days}`);
    const rooms = roomChoice(this.#client.conversations);
    this.#current.replaceChildren(form([uses, days.element, rooms.element], t('invitations.create'), async () => {
      this.#create({ uses: Number(uses.value), days: Number(days.input.value), rooms: rooms.ids }, isAdmin);
    }));
  }
}

/** Which rooms new people join. @param {Conversations} conversations */
function roomChoice(conversations) {
  const rooms = conversations.listed.filter(({ kind }) => kind === 'room');
  const boxes = rooms.map(({ id, title }) => ({ id, title, input: el('input', { type: 'checkbox' }) }));
  const which = selection('rooms', t('invitations.rooms'), [
    ['default', t('invitations.defaultRoom')], ['none', t('invitations.noRoom')],
    ...(rooms.length > 0 ? [/** @type {[string, string]} */ (['chosen', t('invitations.chosenRooms')])] : []),
  ]);
  const list = el('fieldset', { class: 'options', hidden: true, 'aria-label': t('invitations.rooms') },
    ...boxes.map(({ title, input }) => el('label', { class: 'option' }, input, nameOf(title))));
  which.input.addEventListener('change', () => {
    list.hidden = which.input.value !== 'chosen';
  });
  return {
    element: el('div', {}, which.element, list),
    /** Their ids, or undefined for the default room. */
    get ids() {
      const isChosen = which.input.value === 'chosen';
      return which.input.value === 'default' ? undefined
        : boxes.filter(({ input }) => isChosen && input.checked).map(({ id }) => id);
    },
  };
}

customElements.define('invite-view', InviteView);
