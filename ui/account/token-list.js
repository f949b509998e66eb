// Tokens, by which programs of one's own act for one or for a bot.

import { reasonOf } from '../base/api.js';
import { about } from '../base/cards.js';
import { openDialog } from '../base/dialog.js';
import { Component, el, failure, nameOf, skeleton } from '../base/dom.js';
import { choice, Field, form, nameField } from '../base/fields.js';
import { copyable, told } from '../base/secret.js';
import { dayOf, timeOf } from '../base/times.js';
import { Tokens } from './tokens.js';

/** @import {Token} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */

const DAYS = 90;
const SCOPES = { read: 'Reads', send: 'Reads and sends' };

export class TokenList extends Component {
  #tokens;
  #user;
  #list = el('ul', { class: 'card', 'aria-labelledby': 'api-tokens' });

  /** @param {Client} client */
  constructor({ api, user }) {
    super();
    this.#tokens = new Tokens(api);
    this.#user = user;
    this.append(this.#list);
    this.#load();
  }

  async #load() {
    this.#list.replaceChildren(el('li', { class: 'setting' }, skeleton()));
    try {
      const tokens = await this.#tokens.list();
      this.#list.replaceChildren(...tokens.map((token) => this.#row(token)), this.#last(tokens.length));
    } catch (error) {
      this.#list.replaceChildren(el('li', { class: 'setting' }, failure(reasonOf(error), () => this.#load())));
    }
  }

  /** @param {number} count */
  #last(count) {
    return el('li', { class: 'setting' },
      el('p', { class: 'muted' }, count > 0 ? 'For programs of your own.' : 'None. Programs of your own sign in with them.'),
      el('button', { class: 'button', click: () => this.#make() }, 'New token'));
  }

  /** @param {Token} token */
  #row({ id, name, scope, user, lastSeenAt, expiresAt }) {
    const problem = el('p', { class: 'problem', role: 'alert' });
    const revoke = async () => {
      if (!confirm(`Revoke “${name}”? What uses it is signed out at once.`)) return;
      problem.textContent = '';
      try {
        await this.#tokens.revoke(id);
        await this.#load();
        this.#list.querySelector('button')?.focus();
      } catch (error) {
        problem.textContent = reasonOf(error);
      }
    };
    return el('li', { class: 'setting' },
      el('div', {},
        el('p', { class: 'strong' }, nameOf(name)),
        el('p', { class: 'muted' }, SCOPES[scope], ...(user.id === this.#user.id ? [] : [', as ', nameOf(user.username)])),
        el('p', { class: 'muted' },
          ...(lastSeenAt ? ['Last used: ', timeOf(lastSeenAt)] : ['Never used']), ' · good until ', dayOf(expiresAt)),
        problem),
      el('button', { class: 'button', click: revoke }, 'Revoke', about(name)));
  }

  #make() {
    const name = new Field('name', 'Name', { required: true, autocomplete: 'off' },
      'What it is for, such as “backup script”.');
    const scope = choice('scope', 'It may',
      [['read', 'Read what you can read'], ['send', 'Read, and do what you can in conversations']]);
    const days = new Field('days', 'Good for how many days', {
      type: 'number', inputmode: 'numeric', min: '1', max: '365', required: true, value: `${DAYS}`,
    });
    const bot = nameField('bot', 'Act as a bot',
      'Leave it empty for a token that acts as yourself. A bot that isn’t there yet is made.');
    bot.input.required = false;
    const body = el('div', { class: 'form' });
    const make = async () => {
      const { token = '' } = await this.#tokens.create({
        name: name.value, scope: scope.value, days: Number(days.value), ...(bot.value.trim() && { bot: bot.value.trim() }),
      });
      this.#load();
      body.replaceChildren(told('Copy it now: it isn’t shown again.'),
        copyable('Token', token), el('button', { class: 'button primary', click: () => dialog?.close() }, 'Done'));
      body.querySelector('p')?.focus();
    };
    body.append(form([name, scope.element, days, bot], 'Make token', make));
    const dialog = openDialog('New token', body);
    name.input.focus();
  }
}

customElements.define('token-list', TokenList);
