// What stands beside the list where no conversation does: a door to each folder that has a page.

import { el } from '../base/dom.js';
import { load } from '../base/load.js';
import { t } from '../words/index.js';

/** @import {Route} from '../base/router.js' */
/** @import {Context} from './messenger.js' */

/**
 * Says in `data-title` what it is called.
 * @param {Route['name']} name @param {Context} context @returns {Promise<HTMLElement>}
 */
export async function pageOf(name, context) {
  return name === 'home' ? home() : PAGES[location.pathname]?.(context) ?? notFound();
}

/** @type {Record<string, (context: Context) => Promise<HTMLElement>>} */
const PAGES = {
  '/settings': settings, '/admin': admin, '/invite-people': invite, '/reset': reset, '/sign-in': alreadyIn, '/setup': alreadyIn, '/invite': alreadyIn,
  '/join': alreadyIn, '/share': share, '/saved': saved,
};

/** @param {Context} context */
async function settings({ client, preferences, leave }) {
  const { SettingsView } = await load(() => import('../account/settings-view.js'));
  return titled(t('account.settings'), new SettingsView(client, preferences, leave));
}

/** @param {Context} context */
async function admin({ client }) {
  const { AdminView } = await load(() => import('../admin/admin-view.js'));
  return titled(t('admin.title'), new AdminView(client));
}

/** @param {Context} context */
async function invite({ client }) {
  const { InviteView } = await load(() => import('../invitations/invite-view.js'));
  return titled(t('invitations.title'), new InviteView(client));
}

/** @param {Context} context */
async function reset(context) {
  const { resetHere } = await load(() => import('../account/already-in.js'));
  return titled(t('account.resetTitle'), resetHere(context));
}

/** @param {Context} context */
async function alreadyIn(context) {
  const views = await load(() => import('../account/already-in.js'));
  return titled(t('account.alreadyIn'), views.alreadyIn(context));
}

/** @param {Context} context */
async function share(context) {
  const { shareView } = await load(() => import('../files/share-view.js'));
  return titled(t('files.sendTo'), await shareView(context));
}

/** @param {Context} context */
async function saved({ client }) {
  const { SavedView } = await load(() => import('../saved/saved-view.js'));
  return titled(t('saved.title'), new SavedView(client));
}

function home() {
  return el('div', { class: 'centred' },
    el('img', { src: '/icon.svg', alt: '', width: '96', height: '96' }),
    el('h1', { tabindex: '-1' }, t('shell.home')),
    el('p', { class: 'muted' }, t('shell.homeMore')));
}

function notFound() {
  return titled(t('shell.notFound'), el('div', { class: 'centred' },
    el('h1', { tabindex: '-1' }, t('shell.notFound')),
    el('a', { class: 'button', href: '/' }, t('shell.toConversations'))));
}

/** @param {string} title @param {HTMLElement} page */
function titled(title, page) {
  page.dataset.title = title;
  return page;
}
