// Invitations that are still good, and making another.

import { reasonOf } from '../base/api.js';
import { about } from '../base/cards.js';
import { openDialog } from '../base/dialog.js';
import { Component, el, failure, nameOf, skeleton } from '../base/dom.js';
import { Field, form } from '../base/fields.js';
import { absolute, copyable, picture, told } from '../base/secret.js';
import { dateOf } from '../base/times.js';
import { Invites } from './invites.js';

/** @import {Api} from '../base/api.js' */
/** @import {Invite} from '../base/types.js' */

const USES = 1;
const DAYS = 7;

export class InviteList extends Component {
  #invites;
  #list = el('ul', { class: 'card', 'aria-labelledby': 'invitations' });

  /** @param {Api} api */
  constructor(api) {
    super();
    this.#invites = new Invites(api);
    this.append(this.#list);
    this.#load();
  }

  async #load() {
    this.#list.replaceChildren(el('li', { class: 'setting' }, skeleton()));
    try {
      const invites = await this.#invites.list();
      this.#list.replaceChildren(...invites.map((invite) => this.#row(invite)), this.#last(invites.length));
    } catch (error) {
      this.#list.replaceChildren(el('li', { class: 'setting' }, failure(reasonOf(error), () => this.#load())));
    }
  }

  /** @param {number} count */
  #last(count) {
    return el('li', { class: 'setting' },
      el('p', { class: 'muted' }, count > 0
        ? 'A link by which somebody makes an account.' : 'None is open. Somebody new needs one to make an account.'),
      el('button', { class: 'button', click: () => this.#make() }, 'New invitation'));
  }

  /** @param {Invite} invite */
  #row({ id, uses, usesLeft, createdBy, expiresAt }) {
    const problem = el('p', { class: 'problem', role: 'alert' });
    const title = uses === 1 ? 'For one person' : `For ${usesLeft} of ${uses} people`;
    const revoke = async () => {
      if (!confirm('Take this invitation back? Its link is no good then.')) return;
      problem.textContent = '';
      try {
        await this.#invites.revoke(id);
        await this.#load();
        this.#list.querySelector('button')?.focus();
      } catch (error) {
        problem.textContent = reasonOf(error);
      }
    };
    return el('li', { class: 'setting' },
      el('div', {},
        el('p', { class: 'strong' }, title),
        el('p', { class: 'muted' }, 'Until ', dateOf(expiresAt), ...(createdBy ? [', by ', nameOf(createdBy.username)] : [])),
        problem),
      el('button', { class: 'button', click: revoke }, 'Revoke', about(`the invitation: ${title}`)));
  }

  #make() {
    const uses = new Field('uses', 'For how many people', numeric(USES, 100));
    const days = new Field('days', 'Good for how many days', numeric(DAYS, 90));
    const body = el('div', { class: 'form' });
    const make = async () => {
      const { link = '', qr = '', expiresAt, usesLeft } = await this.#invites.create({
        uses: Number(uses.value), days: Number(days.value),
      });
      this.#load();
      body.replaceChildren(
        told(usesLeft === 1 ? 'One person' : `Up to ${usesLeft} people`, ' can make an account with this link, until ',
          dateOf(expiresAt), '. It isn’t shown again.'),
        copyable('Link', absolute(link)),
        picture(qr, 'The link as a code, for the camera of a phone'),
        el('button', { class: 'button primary', click: () => dialog?.close() }, 'Done'));
      body.querySelector('p')?.focus();
    };
    body.append(form([uses, days], 'Make invitation', make));
    const dialog = openDialog('New invitation', body);
    uses.input.focus();
    uses.input.select();
  }
}

/** @param {number} value @param {number} max */
function numeric(value, max) {
  return { type: 'number', inputmode: 'numeric', min: '1', max: `${max}`, required: true, value: `${value}` };
}

customElements.define('invite-list', InviteList);
