// How others see one: the picture and the names, and changing them.

import { reasonOf } from '../base/api.js';
import { card, explained, setting } from '../base/cards.js';
import { openDialog } from '../base/dialog.js';
import { Component, el, nameOf, render } from '../base/dom.js';
import { Field, form, usernameField } from '../base/fields.js';
import { titleOf } from '../base/format.js';
import { avatar } from '../people/avatar.js';
import { handleOf } from '../people/names.js';
import { t } from '../words/index.js';
import { pictureInput } from './picture-input.js';
import { changeNames, changePicture } from './settings.js';

/** @import {User} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */

export class OwnProfile extends Component {
  #client;
  #card = el('div');
  #problem = el('p', { class: 'problem', role: 'alert' });
  #file = pictureInput({
    title: t('account.picture'), kind: 'person', save: (picture) => this.#save(picture),
    tell: (problem) => this.#problem.replaceChildren(problem),
  });
  #edit = () => editNames(this.#client);
  #open = () => this.#file.click();
  #remove = () => this.#save(null).catch((error) => this.#problem.replaceChildren(reasonOf(error)));

  /** @param {Client} client */
  constructor(client) {
    super();
    this.#client = client;
    this.append(this.#card, this.#problem, this.#file);
    const show = () => render(this.#card, ownProfileView,
      { user: client.user, edit: this.#edit, choose: this.#open, remove: this.#remove });
    show();
    this.watch(show, client);
  }

  /** @param {Blob | null} picture */
  async #save(picture) {
    this.#problem.textContent = '';
    this.#client.takeUser(await changePicture(this.#client.api, picture));
  }
}

/** @param {{user: User, edit: () => void, choose: () => void, remove: () => void}} props */
function ownProfileView({ user, edit, choose, remove }) {
  const { avatarURL } = user;
  return [card(
    el('div', { class: 'setting own' },
      avatar(user),
      el('div', {},
        el('p', { class: 'own-name' }, nameOf(titleOf(user))),
        el('p', { class: 'muted' }, handleOf(user))),
      el('button', { class: 'button', click: edit }, t('account.editNames'))),
    setting(explained(t('account.picture'), t('account.pictureHelp')),
      el('div', { class: 'buttons' },
        avatarURL ? el('button', { class: 'button', click: remove }, t('account.removePicture')) : null,
        el('button', { class: 'button', click: choose }, avatarURL ? t('account.changePicture') : t('account.choosePicture')))))];
}

/** @param {Client} client */
function editNames(client) {
  const { user, api } = client;
  const displayName = new Field('displayName', t('account.displayName'),
    { value: user.displayName ?? '', autocomplete: 'name', dir: 'auto' }, t('account.displayNameHelp'));
  const username = usernameField(t('account.username'), user.username, t('account.usernameHelp'));
  const save = async () => {
    const name = displayName.value.trim();
    client.takeUser(await changeNames(api, {
      ...(name !== (user.displayName ?? '') && { displayName: name || null }),
      ...(username.value.trim() !== user.username && { username: username.value.trim() }),
    }));
    dialog?.close();
  };
  const dialog = openDialog(t('account.editProfile'), form([displayName, username], t('account.save'), save, { 409: username }));
  displayName.input.focus();
}

customElements.define('own-profile', OwnProfile);
