// What stands beside the list where no conversation does.

import { unreachable } from '../base/api.js';
import { addStyle, el } from '../base/dom.js';

/** @import {Route} from '../base/router.js' */
/** @import {Context} from './messenger.js' */

/** @param {Route['name']} name @param {Context} context @returns {Promise<HTMLElement>} */
export async function pageOf(name, context) {
  return name === 'home' ? home() : name === 'settings' ? settings(context) : notFound();
}

/** @param {Context} context */
async function settings({ client, preferences, leave }) {
  const [{ SettingsView }] = await Promise.all([
    import('./settings-view.js').catch(unreachable), addStyle('/settings.css'), addStyle('/later.css'),
  ]);
  return new SettingsView(client, preferences, leave);
}

function home() {
  return el('div', { class: 'centred' },
    el('img', { src: '/icon.svg', alt: '', width: '96', height: '96' }),
    el('h1', { tabindex: '-1' }, 'Who would you like to talk to?'),
    el('p', { class: 'muted' }, 'Pick a conversation, or find somebody by name.'));
}

function notFound() {
  return el('div', { class: 'centred' },
    el('h1', { tabindex: '-1' }, 'There is nothing at this address'),
    el('a', { class: 'button', href: '/' }, 'To the conversations'));
}
