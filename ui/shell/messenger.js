// The screen of a signed-in person: the conversations on one side, one of them (or something else) on the other.

import { reasonOf } from '../base/api.js';
import { Component, el, failure, nameOf, render } from '../base/dom.js';
import { titleOf } from '../base/format.js';
import { icon } from '../base/icons.js';
import { load, loadWhenever } from '../base/load.js';
import { ConversationView } from '../conversation/conversation-view.js';
import { ConversationList } from '../conversations/conversation-list.js';
import { avatar } from '../people/avatar.js';
import { t } from '../words/index.js';
import { INCOMPLETE, LOST, showNotice } from './notices.js';

/** @import {Route, Router} from '../base/router.js' */
/** @import {User} from '../base/types.js' */
/** @import {Client} from './client.js' */
/** @import {Notices} from './notices.js' */
/** @import {Preferences} from './preferences.js' */

/**
 * What the views of a signed-in person need. `leave` is called when they have signed out.
 * @typedef {{client: Client, router: Router, preferences: Preferences, clock: EventTarget, notices: Notices,
 *   leave: () => void}} Context
 */

/** An outage is known as one by then. */
const PATIENCE_MS = 2_000;

export class Messenger extends Component {
  #context;
  #list;
  // While its placeholder isn't shown, the style sheet hides the list of conversations.
  #field = el('input', {
    type: 'search', placeholder: t('shell.search'), 'aria-label': t('shell.searchAll'), autocomplete: 'off',
    autocapitalize: 'none', spellcheck: 'false',
  });
  #pane = el('section', { class: 'pane', 'aria-label': t('shell.conversation') });
  #bar = el('header', { class: 'bar' },
    el('img', { src: '/icon.svg', alt: '', width: '32', height: '32' }), el('h1', {}, 'Tincan'));
  #self = el('div', { class: 'self' });
  #title = '';
  /** The conversation that was open last. */
  #last = '';

  /** @param {Context} context */
  constructor(context) {
    super();
    this.#context = context;
    const { client, router, notices } = context;
    const { conversations, stream } = client;
    this.#list = new ConversationList(context);
    const bar = el('div', { class: 'notice', role: 'status' });
    this.append(bar, el('main', { class: 'panes' },
      el('nav', { class: 'sidebar', 'aria-label': t('shell.conversations') },
        this.#bar, el('search', { class: 'finder' }, this.#field), this.#list,
        el('footer', { class: 'bar' }, this.#self,
          el('a', { class: 'tool', href: '/settings', 'aria-label': t('shell.settings') }, icon('settings')))),
      this.#pane));
    this.watch(() => render(this.#self, selfView, { user: client.user }), client);
    this.watch(() => showNotice(bar, notices), notices);
    this.watch(() => this.#showTitle(), conversations);
    stream.addEventListener('change', () => notices.tell('lost', stream.lost && LOST), { signal: this.signal });
    // Where the server is there, and a part of the page still can’t be had, only a new one helps.
    addEventListener('incomplete', () => setTimeout(() => notices.tell('incomplete', !stream.lost && INCOMPLETE), PATIENCE_MS), { signal: this.signal });
    router.addEventListener('change', () => this.#follow(), { signal: this.signal });
    this.#showRoute();
    this.#attend();
  }

  /** What nobody needs at the first look. */
  async #attend() {
    const { signal } = this;
    const { stream } = this.#context.client;
    const { attend } = await loadWhenever(() => load(() => import('./aside.js')), stream, signal);
    if (!signal.aborted) attend(this.#context, { field: this.#field, bar: this.#bar, list: this.#list, view: () => this.#view, signal });
  }

  get #view() {
    const view = this.#pane.firstElementChild;
    return view instanceof ConversationView ? view : null;
  }

  /** The focus goes where the eye does. */
  async #follow() {
    await this.#showRoute();
    if (this.#view) this.#view.takeFocus(this.#context.router.route);
    else if (this.#pane.checkVisibility()) this.#focusPage();
    else this.#list.focusOn(this.#last);
  }

  async #showRoute() {
    const { route } = this.#context.router;
    const { name, id } = route;
    this.dataset.route = name;
    this.#last = id || this.#last;
    if (route.goal && this.#view?.route.id === id) return;
    this.#call('');
    if (name === 'conversation') {
      this.#pane.replaceChildren(new ConversationView(this.#context, route, (title) => this.#call(title)));
      return;
    }
    this.#pane.replaceChildren();
    const page = await this.#pageOf(name);
    if (route !== this.#context.router.route) return;
    this.#pane.replaceChildren(page);
    this.#call(page.dataset.title ?? '');
    if (name === 'page') this.#focusPage();
  }

  /** The address may name a part of it. */
  #focusPage() {
    (document.getElementById(location.hash.slice(1)) ?? this.#pane.querySelector('h1'))?.focus();
  }

  /** What stands there in place of a conversation. @param {Route['name']} name */
  async #pageOf(name) {
    try {
      const { pageOf } = await load(() => import('./pages.js'));
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
    const unread = this.#context.client.conversations.wanted;
    document.title = `${unread ? `(${unread}) ` : ''}${this.#title && `${this.#title} – `}Tincan`;
  }
}

/** Oneself. @param {{user: User}} props */
function selfView({ user }) {
  return [avatar(user), el('p', { class: 'name' }, nameOf(titleOf(user)))];
}

customElements.define('tincan-messenger', Messenger);
