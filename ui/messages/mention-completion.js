// `@ja` becomes `@jane`: those who are in the conversation, by either name, or everybody.

import { ask } from '../base/dialog.js';
import { el, nameOf } from '../base/dom.js';
import { titleOf } from '../base/format.js';
import { drawing } from '../base/icons.js';
import { avatar } from '../people/avatar.js';
import { t } from '../words/index.js';
import { complete } from './completions.js';

/** @import {User} from '../base/types.js' */
/** @import {People} from '../conversation/people.js' */
/** @import {Client} from '../shell/client.js' */
/** @import {MessageComposer} from './message-composer.js' */

/** A name that is being typed before the caret; in addresses, an `@` is something else. */
const NAME = /(?:^|[^\p{L}\p{N}_.@/-])(@([^\s@]*))$/u;
/** As the server finds it: a name that nobody has, for all. */
const EVERYBODY = /(?:^|[^\p{L}\p{N}_.@/-])@all(?![\p{L}\p{N}_]|[.@-][\p{L}\p{N}])/iu;
/** In rooms of up to so many people, everybody may call all of them. */
const FEW = 50;
const CROWD = 'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c0-4 3-6 6.5-6s6.5 2 6.5 6M16 4.5a3.5 3.5 0 0 1 0 6.5'
  + 'M18 14.5c2 .8 3.5 2.6 3.5 5.5';

/** @param {HTMLFormElement} form with a text field @param {Client} client @param {People} people of the conversation */
export function completeMentions(form, client, people) {
  complete(form, {
    name: 'mention', label: t('messages.mention'), typed: NAME,
    find: ([, , typed = '']) => ({ offered: [...peopleCalled(people, client.user.id, typed), ...everybody(client, people, typed)] }),
    show: (/** @type {User | 'all'} */ whom) => (whom === 'all'
      ? [el('span', { class: 'crowd' }, drawing(CROWD)), t('messages.everybody'), el('span', {}, '@all')]
      : [avatar(whom), nameOf(titleOf(whom)), el('span', {}, nameOf(`@${whom.username}`))]),
    text: (whom) => (whom === 'all' ? '@all' : `@${whom.username}`),
  });
}

/** Others of whom a name, or a word of it, begins so. @param {People} people @param {string} self @param {string} typed */
function peopleCalled({ participants }, self, typed) {
  const wanted = plain(typed);
  const users = participants.map(({ user }) => user).filter(({ id, deleted }) => id !== self && !deleted);
  return users.filter(({ username, displayName = '' }) =>
    [username, displayName, ...displayName.split(/\s+/)].some((name) => plain(name).startsWith(wanted)));
}

/** @param {Client} client @param {People} people @param {string} typed @returns {'all'[]} */
function everybody(client, { id }, typed) {
  const isMeant = ['all', t('messages.everybody')].some((name) => plain(name).startsWith(plain(typed)));
  return isMeant && callsEverybody(client, id) ? ['all'] : [];
}

/** Whether everybody is called by `@all`. @param {Client} client @param {string} id of the conversation */
function callsEverybody(client, id) {
  const { kind, role, participantCount = 0 } = client.conversations.known(id) ?? {};
  return kind === 'room' && (role === 'owner' || participantCount <= FEW);
}

/** @param {string} text */
function plain(text) {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLocaleLowerCase();
}

/**
 * Asks before everybody is called by somebody who doesn’t own the room.
 * @param {MessageComposer} composer @param {Client} client @param {string} id of the conversation
 */
export function askForEverybody({ form }, client, id) {
  let isSure = false;
  form.addEventListener('submit', async (event) => {
    const { title, role, participantCount = 0 } = client.conversations.known(id) ?? {};
    const text = form.querySelector('textarea')?.value ?? '';
    if (isSure || role === 'owner' || !EVERYBODY.test(text) || !callsEverybody(client, id)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    isSure = await ask(t('messages.everybodyAsk', { count: participantCount - 1 }), t('messages.send'), {
      text: t('messages.everybodyHelp', { name: title ?? '' }),
    });
    if (isSure) form.requestSubmit();
    isSure = false;
  }, { capture: true });
}
