// The screen of a signed-in person: the conversations on one side, one of them (or something else) on the other.

import { reasonOf } from '../base/api.js';
import { Component, el, failure, nameOf } from '../base/dom.js';
import { titleOf } from '../base/format.js';
import { icon } from '../base/icons.js';
import { load } from '../base/load.js';
import { conversationPath } from '../base/router.js';
import { ConversationView } from '../conversation/conversation-view.js';
import { ConversationList } from '../conversations/conversation-list.js';
import { avatar } from '../people/avatar.js';

/** @import {Route, Router} from '../base/router.js' */
/** @import {Client} from './client.js' */
/** @import {Preferences} from './preferences.js' */

/**
 * What the views of a signed-in person need. `leave` is called when they have signed out.
 * @typedef {{client: Client, router: Router, preferences: Preferences, clock: EventTarget, leave: () => void}} Context
 */

export class Messenger extends Component {
  #context;
  #list;
  // While its placeholder isn't shown, the style sheet hides the list of conversations.
  #field = el('input', {
    type: 'search', placeholder: 'Find people', 'aria-label': 'Find people by name', autocomplete: 'off',
    autocapitalize: 'none', spellcheck: 'false',
  });
  #pane = el('section', { class: 'pane', 'aria-label': 'Conversation' });
  #notices = el('div', { class: 'notices' });
  #lost = el('p', { class: 'notice', role: 'status' });
  #bar = el('header', { class: 'bar' },
    el('img', { src: '/icon.svg', alt: '', width: '32', height: '32' }), el('h1', {}, 'Tincan'));
  #title = '';
  /** The conversation that was open last. */
  #last = '';

  /** @param {Context} context */
  constructor(context) {
    super();
    this.#context = context;
    const { client, client: { conversations, stream }, router, preferences } = context;
    this.#list = new ConversationList(context);
    const search = document.createElement('people-search');
    search.setAttribute('role', 'search');
    search.append(this.#field);
    const state = el('span', { class: 'state' });
    const face = el('span', { class: 'self' });
    const name = el('span');
    this.#notices.append(this.#lost);
    this.append(this.#notices, el('main', { class: 'panes' },
      el('nav', { class: 'sidebar', 'aria-label': 'Conversations' },
        this.#bar, search, this.#list,
        el('footer', { class: 'bar' },
          face, el('p', { class: 'name' }, name, state),
          el('a', { class: 'tool', href: '/settings', 'aria-label': 'Settings' }, icon('settings')))),
      this.#pane));
    const showSelf = () => {
      face.replaceChildren(avatar(client.user));
      name.replaceChildren(nameOf(titleOf(client.user)));
    };
    showSelf();
    this.watch(showSelf, client);
    this.watch(() => this.#showTitle(), conversations, preferences);
    this.watch(() => {
      this.#lost.textContent = stream.lost ? 'Connection lost. Trying again …' : '';
      state.textContent = stream.lost ? 'Offline' : 'Connected';
      state.classList.toggle('lost', stream.lost);
    }, stream);
    router.addEventListener('change', () => this.#follow(), { signal: this.signal });
    this.#showRoute();
    this.#attend();
  }

  /** What nobody needs at the first look: finding people, making rooms, keys, midnight, being called back. */
  async #attend() {
    const [{ PeopleSearch }, { newRoomButton }, { listenToShortcuts }, { keepTime }, { Attention }] = await Promise.all([
      load(import('../people/people-search.js')), load(import('../conversations/room-dialog.js')),
      load(import('./shortcuts.js')), load(import('../base/clock.js')), load(import('../attention/attention.js')),
      // By the time that it is needed, the server doesn't have it any more.
      load(import('./update.js')),
    ]);
    const { signal } = this;
    if (signal.aborted) return;
    const { client, router, preferences, clock } = this.#context;
    new PeopleSearch(this.#field, (start) => client.conversations.findPeople(start), async (username) => {
      const { id } = await client.conversations.startWith(username);
      router.go(conversationPath(id));
    });
    this.#bar.append(newRoomButton(this.#context));
    listenToShortcuts(this.#context, this.#field, () => this.#view, signal);
    keepTime(clock, signal);
    const attention = new Attention(client, preferences, router, this.#notices);
    signal.addEventListener('abort', () => attention.stop());
  }

  /** The server has another version of the page. */
  async offerReload() {
    const { offerReload } = await load(import('./update.js'));
    offerReload(this.#notices);
  }

  get #view() {
    const view = this.#pane.firstElementChild;
    return view instanceof ConversationView ? view : null;
  }

  /** The focus goes where the eye does. */
  async #follow() {
    await this.#showRoute();
    if (this.#view) this.#view.takeFocus();
    else if (this.#pane.checkVisibility()) this.#pane.querySelector('h1')?.focus();
    else this.#list.focusOn(this.#last);
  }

  async #showRoute() {
    const { route } = this.#context.router;
    const { name, id } = route;
    this.dataset.route = name;
    this.#last = id || this.#last;
    this.#call('');
    if (name === 'conversation') {
      this.#pane.replaceChildren(new ConversationView(this.#context, id, (title) => this.#call(title)));
      return;
    }
    this.#pane.replaceChildren();
    const page = await this.#pageOf(name);
    if (route !== this.#context.router.route) return;
    this.#pane.replaceChildren(page);
    this.#call(page.dataset.title ?? '');
    if (name === 'page') page.querySelector('h1')?.focus();
  }

  /** What stands there in place of a conversation. @param {Route['name']} name */
  async #pageOf(name) {
    try {
      const { pageOf } = await load(import('./pages.js'));
      return await pageOf(name, this.#context);
    } catch (error) {
      return el('div', { class: 'centred' }, failure(reasonOf(error), () => this.#follow()));
    }
  }

  /** @param {string} title */
  #call(title) {
    this.#title = title;
    this.#showTitle();
  }

  #showTitle() {
    const { client, preferences } = this.#context;
    const unread = client.conversations.unreadExcept((id) => preferences.isMuted(id));
    document.title = `${unread ? `(${unread}) ` : ''}${this.#title && `${this.#title} – `}Tincan`;
  }
}

customElements.define('tincan-messenger', Messenger);
