// Addresses of a room, by which other programs post in it.

import { reasonOf } from '../base/api.js';
import { avatar, el, failure, nameOf, skeleton } from '../base/dom.js';
import { shellExample } from '../models/links.js';
import { about } from './cards.js';
import { timeOf } from './device-list.js';
import { openDialog } from './dialog.js';
import { form, nameField } from './fields.js';
import { absolute, copyable, told } from './secret.js';

/** @import {Api} from '../base/api.js' */
/** @import {Hook} from '../base/types.js' */

/** @param {Api} api @param {string} conversationId */
export async function showHooks(api, conversationId) {
  const path = `/api/conversations/${conversationId}/hooks`;
  const list = el('ul', { 'aria-label': 'Webhooks of this room' });
  const rest = el('div', { class: 'list-rest' });
  const made = el('div', { class: 'form' });
  const load = async () => {
    rest.replaceChildren(skeleton());
    try {
      /** @type {Hook[]} */
      const hooks = await api.get(path);
      list.replaceChildren(...hooks.map(row));
      rest.replaceChildren(...(hooks.length === 0 ? [el('p', { class: 'muted' }, 'There is none yet.')] : []));
    } catch (error) {
      rest.replaceChildren(failure(reasonOf(error), load));
    }
  };
  const row = (/** @type {Hook} */ { id, bot, createdBy, createdAt }) => {
    const problem = el('p', { class: 'problem', role: 'alert' });
    const remove = async () => {
      if (!confirm(`Remove it? What posts as ${bot.username} by its address can’t any more.`)) return;
      problem.textContent = '';
      try {
        await api.delete(`${path}/${id}`);
        await load();
        name.input.focus();
      } catch (error) {
        problem.textContent = reasonOf(error);
      }
    };
    return el('li', { class: 'person-row' },
      avatar(bot),
      el('div', { class: 'person-name' }, nameOf(bot.username),
        el('span', { class: 'muted' }, ...(createdBy ? ['By ', nameOf(createdBy.username), ', '] : []), timeOf(createdAt)),
        problem),
      el('button', { class: 'button danger', click: remove }, 'Remove', about(bot.username)));
  };
  const name = nameField('bot', 'Post as', 'The name of a bot, such as “doorbell”. One that isn’t there yet is made.');
  const make = async () => {
    /** @type {Hook} */
    const { url = '', bot } = await api.post(path, { bot: name.value.trim() });
    load();
    name.input.value = '';
    const address = absolute(url);
    made.replaceChildren(
      told('Whoever knows this address posts here as ', el('strong', {}, nameOf(bot.username)), '. Copy it now: it isn’t '
        + 'shown again.'),
      copyable('Address', address), copyable('Try it in a shell', shellExample(address)));
    made.querySelector('p')?.focus();
  };
  await openDialog('Webhooks', el('p', { class: 'muted' }, 'Each is an address by which another program posts in this room.'),
    list, rest, made, form([name], 'Make webhook', make));
  load();
}
