// Asks whom something is for that was shared with this app. It then waits where one writes to them: nothing is sent before
// somebody presses Send there.

import { Component, el, nameOf } from '../base/dom.js';
import { icon } from '../base/icons.js';
import { addStyle } from '../base/load.js';
import { conversationPath } from '../base/router.js';
import { keep, kept } from '../base/storage.js';
import { emblem } from '../people/avatar.js';
import { findPeople, startWith } from '../people/find.js';
import { peopleField } from '../people/people-search.js';
import { t } from '../words/index.js';
import { trayBegins } from './attach.js';
import { factsOf } from './kinds.js';
import { forgetShared, sharedHere } from './shared-here.js';
import { trayOf } from './tray.js';

/** @import {Info} from '../conversations/conversations.js' */
/** @import {Context} from '../shell/messenger.js' */
/** @import {SharedHere} from './shared-here.js' */

addStyle(import.meta.url, 'share-view.css');

/** @param {Context} context */
export async function shareView(context) {
  const shared = await sharedHere();
  return shared ? new ShareView(context, shared) : el('div', { class: 'centred' },
    el('h1', { tabindex: '-1' }, t('files.notShared')),
    el('a', { class: 'button', href: '/' }, t('shell.toConversations')));
}

class ShareView extends Component {
  #context;
  #shared;
  #list = el('ul', { 'aria-label': t('shell.conversations') });

  /** @param {Context} context @param {SharedHere} shared */
  constructor(context, shared) {
    super();
    this.#context = context;
    this.#shared = shared;
    const { conversations } = context.client;
    const search = peopleField(t('files.whom'), (start) => findPeople(context.client, start), async (username) => {
      const { id } = await startWith(context.client, username);
      await this.#take(id);
    });
    search.addEventListener('input', () => this.#render());
    this.append(
      el('header', { class: 'bar' },
        el('a', { class: 'tool back', href: '/', 'aria-label': t('conversation.back') }, icon('back')),
        el('h1', { tabindex: '-1' }, t('files.sendTo')),
        el('button', { class: 'button', type: 'button', click: () => this.#cancel() }, t('base.cancel'))),
      el('div', { class: 'share' }, sharedView(shared), search, this.#list));
    this.watch(() => this.#render(), conversations);
  }

  /** While somebody is searched for, the conversations with them, and rooms. */
  #render() {
    const { listed, archived } = this.#context.client.conversations;
    const text = this.querySelector('input')?.value.trim().toLocaleLowerCase() ?? '';
    const known = [...listed, ...archived].filter(({ title }) => title.toLocaleLowerCase().includes(text));
    this.#list.replaceChildren(...known.map((info) => this.#row(info)));
  }

  /** @param {Info} info */
  #row(info) {
    return el('li', {}, el('button', { class: 'row', type: 'button', click: () => this.#take(info.id) },
      emblem(info), el('span', { class: 'row-name' }, nameOf(info.title))));
  }

  /** Behind what somebody has written or chosen there already. @param {string} id of the conversation */
  async #take(id) {
    const { client } = this.#context;
    const { text, files } = this.#shared;
    const draft = `draft:${client.user.id}:${id}`;
    if (text) keep(draft, [kept(draft), text].filter(Boolean).join('\n'));
    if (files.length > 0) {
      trayBegins(client, id);
      await trayOf(client, id).add(files);
    }
    await this.#leave(conversationPath(id));
  }

  async #cancel() {
    await this.#leave('/');
  }

  /** Whoever comes back finds nothing to share any more. @param {string} path */
  async #leave(path) {
    await forgetShared();
    history.replaceState(null, '', path);
    this.#context.router.go(path);
  }
}

/** @param {SharedHere} shared */
function sharedView({ text, files }) {
  return el('div', { class: 'shared' },
    text ? el('p', { dir: 'auto' }, text) : null,
    ...files.map((file) => el('p', {}, el('bdi', {}, file.name), ' ', el('span', { class: 'muted' }, ...factsOf(file)))));
}

customElements.define('share-view', ShareView);
