// What links that let somebody in lead to for whoever is in already.

import { reasonOf } from '../base/api.js';
import { el, failure, nameOf, skeleton } from '../base/dom.js';
import { titleOf } from '../base/format.js';
import { addStyle } from '../base/load.js';
import { t, tn } from '../words/index.js';
import { openDoor } from './doors.js';
import { Entry } from './entry.js';
import { problemIn, takeToken } from './links.js';
import { signOut } from './sign-out.js';

/** @import {Context} from '../shell/messenger.js' */

addStyle(import.meta.url, 'entry.css');

/** What a link is for, where that is for somebody else. @param {string} path */
function purposeOf(path) {
  return path === '/invite' ? t('account.inviteForOthers') : path === '/setup' ? t('account.setupDone') : '';
}

/** @param {Context} context */
export function alreadyIn({ client, leave }) {
  const path = location.pathname;
  const trouble = path === '/sign-in' && problemIn(location.search);
  if (trouble) history.replaceState(history.state, '', path);
  const problem = el('p', { class: 'problem', role: 'alert' }, trouble || null);
  const click = () => signOut(client, leave).catch((error) => problem.replaceChildren(reasonOf(error)));
  if (path === '/invite') takeToken('invite');
  return el('div', { class: 'centred' },
    el('h1', { tabindex: '-1' }, ...tn('account.signedInAs', { name: nameOf(titleOf(client.user)) })),
    purposeOf(path) && el('p', {}, purposeOf(path)),
    problem,
    trouble ? el('a', { class: 'button', href: '/settings' }, t('account.goToSettings')) : null,
    el('a', { class: 'button primary', href: '/' }, t('account.goToConversations')),
    path === '/invite' ? el('button', { class: 'button', click }, t('account.signOutAndJoin')) : null);
}

/** A link for a new password, perhaps somebody else's. @param {Context} context */
export function resetHere({ client: { api, user } }) {
  const heading = el('h1', { tabindex: '-1' });
  const body = el('div', { class: 'sign-in-body' });
  const load = async () => {
    body.replaceChildren(skeleton());
    try {
      const config = await api.config();
      openDoor({
        entry: new Entry(api), config,
        call: (title) => heading.replaceChildren(title),
        show: (...content) => body.replaceChildren(
          el('p', { class: 'muted' }, ...tn('account.signedInAs', { name: nameOf(titleOf(user)) })), ...content),
        // The cookie may be somebody else's now.
        enter: () => location.replace('/'),
      });
    } catch (error) {
      body.replaceChildren(failure(reasonOf(error), load));
    }
  };
  load();
  return el('div', { class: 'centred' }, heading, body);
}
