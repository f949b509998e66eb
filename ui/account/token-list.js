// Tokens, by which programs of one's own act for one or for a bot.

import { attempt } from '../base/attempt.js';
import { about, fill } from '../base/cards.js';
import { actions, ask, openDialog } from '../base/dialog.js';
import { Component, el, nameOf } from '../base/dom.js';
import { choice, Field, form, nameField } from '../base/fields.js';
import { copyable, told } from '../base/secret.js';
import { dayOf, seenAt } from '../base/times.js';
import { t, tn } from '../words/index.js';
import { Tokens } from './tokens.js';

/** @import {Token} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */

const DAYS = 90;

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

  #load() {
    return fill(this.#list, async () => {
      const tokens = await this.#tokens.list();
      return [...tokens.map((token) => this.#row(token)), this.#last(tokens.length)];
    });
  }

  /** @param {number} count */
  #last(count) {
    return el('li', { class: 'setting' },
      el('p', { class: 'muted' }, count > 0 ? t('account.tokensHelp') : t('account.noTokens')),
      el('button', { class: 'button', click: () => this.#make() }, t('account.newToken')));
  }

  /** @param {Token} token */
  #row({ id, name, scope, user, lastSeenAt, expiresAt }) {
    const problem = el('p', { class: 'problem', role: 'alert' });
    const revoke = async () => {
      const isSure = await ask(t('account.revokeTitle', { name }), t('account.revoke'), { text: t('account.revokeHelp'), isDanger: true });
      if (isSure) await attempt(problem, async () => {
        await this.#tokens.revoke(id);
        await this.#load();
        this.#list.querySelector('button')?.focus();
      });
    };
    return el('li', { class: 'setting' },
      el('div', {},
        el('p', { class: 'strong' }, nameOf(name)),
        el('p', { class: 'muted' }, scope === 'read' ? t('account.scopeRead') : t('account.scopeSend')),
        user.id === this.#user.id ? null : el('p', { class: 'muted' }, ...tn('account.tokenBot', { name: nameOf(user.username) })),
        el('p', { class: 'muted' }, ...(lastSeenAt ? tn('account.lastUsed', { time: seenAt(lastSeenAt) }) : [t('account.neverUsed')])),
        el('p', { class: 'muted' }, ...tn('account.expires', { time: dayOf(expiresAt) })),
        problem),
      el('button', { class: 'button', click: revoke }, t('account.revoke'), about(name)));
  }

  #make() {
    const name = new Field('name', t('account.tokenName'), { required: true, autocomplete: 'off' }, t('account.tokenNameHelp'));
    const scope = choice('scope', t('account.scope'),
      [['read', t('account.scopeRead')], ['send', t('account.scopeSend')]]);
    const days = new Field('days', t('account.expiresInDays'), {
      type: 'number', inputmode: 'numeric', min: '1', max: '365', required: true, value: `${DAYS}`,
    });
    const bot = nameField('bot', t('account.bot'), t('account.botHelp'));
    bot.input.required = false;
    const body = el('div', { class: 'form' });
    const make = async () => {
      const { token = '' } = await this.#tokens.create({
        name: name.value, scope: scope.value, days: Number(days.value), ...(bot.value.trim() && { bot: bot.value.trim() }),
      });
      this.#load();
      body.replaceChildren(told(t('account.tokenOnce')),
        copyable(t('account.token'), token), actions(el('button', { class: 'button primary', click: () => dialog?.close() }, t('base.done'))));
      body.querySelector('p')?.focus();
    };
    body.append(form([name, scope.element, days, bot], t('account.createToken'), make));
    const dialog = openDialog(t('account.newToken'), body);
    name.input.focus();
  }
}

customElements.define('token-list', TokenList);
