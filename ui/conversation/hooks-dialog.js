// Addresses of a room, by which other programs post in it.

import { reasonOf } from '../base/api.js';
import { attempt } from '../base/attempt.js';
import { about } from '../base/cards.js';
import { ask, openDialog } from '../base/dialog.js';
import { el, failure, nameOf, skeleton } from '../base/dom.js';
import { form, nameField } from '../base/fields.js';
import { titleOf } from '../base/format.js';
import { addStyle } from '../base/load.js';
import { absolute, copyable, told } from '../base/secret.js';
import { timeOf } from '../base/times.js';
import { avatar } from '../people/avatar.js';
import { t, tn } from '../words/index.js';
import { shellExample } from './hooks.js';

/** @import {Hook} from '../base/types.js' */
/** @import {Hooks} from './hooks.js' */

addStyle(import.meta.url, '../people/people.css');

/** @param {Hooks} hooks */
export function showHooks(hooks) {
  const list = el('ul', { 'aria-label': t('conversation.webhooks') });
  const rest = el('div', { class: 'list-rest' });
  const made = el('div', { class: 'form' });
  const load = async () => {
    rest.replaceChildren(skeleton());
    try {
      const all = await hooks.list();
      list.replaceChildren(...all.map(row));
      rest.replaceChildren(...(all.length === 0 ? [el('p', { class: 'muted' }, t('conversation.noWebhooks'))] : []));
    } catch (error) {
      rest.replaceChildren(failure(reasonOf(error), load));
    }
  };
  const row = (/** @type {Hook} */ { id, bot, createdBy, createdAt }) => {
    const problem = el('p', { class: 'problem', role: 'alert' });
    const remove = async () => {
      const text = t('conversation.deleteWebhookHelp', { name: titleOf(bot) });
      if (!await ask(t('conversation.deleteWebhookAsk'), t('conversation.delete'), { text, isDanger: true })) return;
      await attempt(problem, async () => {
        await hooks.remove(id);
        await load();
        name.input.focus();
      });
    };
    return el('li', { class: 'person-row' },
      avatar(bot),
      el('div', { class: 'person-name' }, nameOf(titleOf(bot)),
        el('span', { class: 'muted' }, ...(createdBy
          ? tn('conversation.createdBy', { name: nameOf(titleOf(createdBy)), time: timeOf(createdAt) }) : [timeOf(createdAt)])),
        problem),
      el('button', { class: 'button danger', click: remove }, t('conversation.delete'), about(titleOf(bot))));
  };
  const name = nameField('bot', t('conversation.postAs'), t('conversation.postAsHelp'));
  const make = async () => {
    const { url = '', bot } = await hooks.create(name.value.trim());
    load();
    name.input.value = '';
    const address = absolute(url);
    made.replaceChildren(
      told(...tn('conversation.webhookMade', { name: el('strong', {}, nameOf(titleOf(bot))) })),
      copyable(t('conversation.address'), address), copyable(t('conversation.inShell'), shellExample(address)));
    made.querySelector('p')?.focus();
  };
  openDialog(t('conversation.webhooks'), el('p', { class: 'muted' }, t('conversation.webhooksHelp')),
    list, rest, made, form([name], t('conversation.createWebhook'), make));
  load();
}
