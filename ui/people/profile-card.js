// Who somebody is: the face, the names, the rooms in common, and what one can do about them.

import { reasonOf } from '../base/api.js';
import { attempt } from '../base/attempt.js';
import { actions, ask, openDialog } from '../base/dialog.js';
import { Component, el, failure, nameOf, skeleton } from '../base/dom.js';
import { titleOf } from '../base/format.js';
import { addStyle, load } from '../base/load.js';
import { conversationPath } from '../base/router.js';
import { searchHere } from '../shell/search-here.js';
import { t, tn } from '../words/index.js';
import { avatar, emblem } from './avatar.js';
import { startWith } from './find.js';
import { handleOf } from './names.js';
import { profileOf, setBlocked } from './profiles.js';

/** @import {Profile} from '../base/types.js' */
/** @import {Context} from '../shell/messenger.js' */

addStyle(import.meta.url, 'people.css');

/** In place of a dialog that is open. @param {Context} context @param {string} userId */
export function openProfile(context, userId) {
  document.querySelector('dialog')?.close();
  const card = new ProfileCard(context, userId);
  const dialog = openDialog(t('people.profile'), card);
  // A link in it leads away from it.
  card.addEventListener('click', ({ target }) => target instanceof Element && target.closest('a') && dialog?.close());
}

class ProfileCard extends Component {
  #context;
  #userId;

  /** @param {Context} context @param {string} userId */
  constructor(context, userId) {
    super();
    this.#context = context;
    this.#userId = userId;
    this.#load();
  }

  async #load() {
    this.replaceChildren(skeleton());
    try {
      this.#show(await profileOf(this.#context.client.api, this.#userId));
    } catch (error) {
      this.replaceChildren(failure(reasonOf(error), () => this.#load()));
    }
  }

  /** @param {Profile} profile */
  #show(profile) {
    const { user, bot, maker, rooms } = profile;
    const name = titleOf(user);
    this.replaceChildren(
      el('div', { class: 'profile-face' }, avatar(user),
        el('p', { class: 'profile-name' }, nameOf(name)),
        user.deleted ? el('p', { class: 'muted' }, t('people.deletedHelp')) : el('p', { class: 'muted' }, handleOf(user)),
        bot && el('p', { class: 'muted' }, ...(maker ? tn('people.botOf', { name: nameOf(titleOf(maker)) }) : [t('people.bot')]))),
      ...(rooms.length > 0 ? [el('section', {},
        el('h3', { id: 'rooms-in-common' }, t('people.roomsInCommon')),
        el('ul', { 'aria-labelledby': 'rooms-in-common' }, ...rooms.map((room) => el('li', {},
          el('a', { class: 'person-row', href: conversationPath(room.id) },
            emblem({ ...room, title: room.name, other: null }), el('span', { class: 'person-name' }, nameOf(room.name)))))))] : []),
      ...this.#tools(profile));
  }

  /** @param {Profile} profile */
  #tools(profile) {
    const { user, blocked } = profile;
    const { client, router } = this.#context;
    if (user.id === client.user.id) {
      return [actions(el('a', { class: 'button primary', href: '/settings' }, t('people.editProfile')))];
    }
    const problem = el('p', { class: 'problem', role: 'alert' });
    const message = async () => {
      const id = profile.conversationId ?? (await startWith(client, user.username)).id;
      this.closest('dialog')?.close();
      router.go(conversationPath(id));
    };
    const search = () => {
      this.closest('dialog')?.close();
      if (profile.conversationId) searchHere(this.#context, profile.conversationId);
    };
    const gallery = async () => {
      const { openGallery } = await load(() => import('../files/gallery.js'));
      this.closest('dialog')?.close();
      if (profile.conversationId) openGallery(client, profile.conversationId);
    };
    return [
      blocked && el('p', { class: 'muted', role: 'status' }, ...tn('people.isBlocked', { name: nameOf(titleOf(user)) })),
      problem,
      profile.conversationId !== null && el('button', { class: 'button', click: search }, t('search.here')),
      profile.conversationId !== null && el('button', { class: 'button', click: () => attempt(problem, gallery) }, t('files.gallery')),
      actions(
        (!user.deleted || blocked) && el('button', { class: blocked ? 'button' : 'button danger', click: () => attempt(problem, () => this.#block(profile)) },
          blocked ? t('people.unblock') : t('people.block')),
        !(user.deleted && !profile.conversationId) && el('button', { class: 'button primary', click: () => attempt(problem, message) }, t('people.message'))),
    ].filter((part) => part !== false && part !== null);
  }

  /** @param {Profile} profile */
  async #block(profile) {
    const { user, blocked } = profile;
    const isSure = blocked || await ask(t('people.blockTitle', { name: titleOf(user) }), t('people.block'),
      { text: t('people.blockHelp'), isDanger: true });
    if (!isSure) return;
    await setBlocked(this.#context.client.api, user.id, !blocked);
    this.#show({ ...profile, blocked: !blocked });
    this.querySelector('button')?.focus();
  }
}

customElements.define('profile-card', ProfileCard);
