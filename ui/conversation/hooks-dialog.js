// Addresses of a room, by which other programs post in it.

import { reasonOf } from '../base/api.js';
import { about } from '../base/cards.js';
import { openDialog } from '../base/dialog.js';
import { el, failure, nameOf, skeleton } from '../base/dom.js';
import { form, nameField } from '../base/fields.js';
import { addStyle } from '../base/load.js';
import { absolute, copyable, told } from '../base/secret.js';
import { timeOf } from '../base/times.js';
import { avatar } from '../people/avatar.js';
import { shellExample } from './hooks.js';

/** @import {Hook} from '../base/types.js' */
/** @import {Hooks} from './hooks.js' */

addStyle(import.meta.url, '../people/people.css');

/** @param {Hooks} hooks */
export function showHooks(hooks) {
  const list = el('ul', { 'aria-label': 'Webhooks of this room' });
  const rest = el('div', { class: 'list-rest' });
  const made = el('div', { class: 'form' });
  const load = async () => {
    rest.replaceChildren(skeleton());
    try {
      const all = await hooks.list();
      list.replaceChildren(...all.map(row));
      rest.replaceChildren(...(all.length === 0 ? [el('p', { class: 'muted' }, 'There is none yet.')] : []));
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
        await hooks.remove(id);
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
    const { url = '', bot } = await hooks.create(name.value.trim());
    load();
    name.input.value = '';
    const address = absolute(url);
    made.replaceChildren(
      told('Whoever knows this address posts here as ', el('strong', {}, nameOf(bot.username)), '. Copy it now: it isn’t '
        + 'shown again.'),
      copyable('Address', address), copyable('Try it in a shell', shellExample(address)));
    made.querySelector('p')?.focus();
  };
  openDialog('Webhooks', el('p', { class: 'muted' }, 'Each is an address by which another program posts in this room.'),
    list, rest, made, form([name], 'Make webhook', make));
  load();
}
