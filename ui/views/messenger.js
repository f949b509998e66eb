// The screen of a signed-in person: the conversations on one side, one of them (or something else) on the other.

import { addStyle, avatar, Component, el, failure, nameOf } from '../base/dom.js';
import { icon } from '../base/icons.js';
import { conversationPath } from '../base/router.js';
import { ConversationList } from './conversation-list.js';
import { ConversationView } from './conversation-view.js';
import { PeopleSearch } from './people-search.js';

/** @import {Clock} from '../base/clock.js' */
/** @import {Router} from '../base/router.js' */
/** @import {Client} from '../models/client.js' */
/** @import {Preferences} from '../models/preferences.js' */

/**
 * What the views of a signed-in person need.
 * @typedef {{client: Client, router: Router, preferences: Preferences, clock: Clock, signOut: () => Promise<void>}} Context
 */

export class Messenger extends Component {
  #context;
  #list;
  #search;
  #pane = el('section', { class: 'pane', 'aria-label': 'Conversation' });
  #notices = el('div', { class: 'notices' });
  #lost = el('p', { class: 'notice', role: 'status' });
  #title = '';
  /** The conversation that was open last. */
  #last = '';

  /** @param {Context} context */
  constructor(context) {
    super();
    this.#context = context;
    const { client, router, preferences } = context;
    const { user, conversations, stream } = client;
    this.#list = new ConversationList(context);
    this.#search = new PeopleSearch(conversations, router);
    const state = el('span', { class: 'state' });
    this.#notices.append(this.#lost);
    this.append(this.#notices, el('main', { class: 'panes' },
      el('nav', { class: 'sidebar', 'aria-label': 'Conversations' },
        el('header', { class: 'bar' },
          el('img', { src: '/icon.svg', alt: '', width: '32', height: '32' }), el('h1', {}, 'Tincan')),
        this.#search, this.#list,
        el('footer', { class: 'bar' },
          avatar(user), el('p', { class: 'name' }, nameOf(user.username), state),
          el('a', { class: 'tool', href: '/settings', 'aria-label': 'Settings' }, icon('settings')))),
      this.#pane));
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

  /** What nobody needs at the first look. */
  async #attend() {
    const { client, preferences, router } = this.#context;
    const [{ Attention }, { listenToShortcuts }] = await Promise.all([
      import('../attention.js'), import('../shortcuts.js'),
    ]);
    const { signal } = this;
    if (signal.aborted) return;
    const attention = new Attention(client, preferences, router, this.#notices);
    signal.addEventListener('abort', () => attention.stop());
    listenToShortcuts({
      search: () => this.#search.takeFocus(),
      previous: () => this.#step(-1),
      next: () => this.#step(1),
      newest: () => this.#view?.goToNewest(),
      help: async () => (await import('./keyboard-help.js')).showKeyboardHelp(),
    }, signal);
  }

  /** The server has another version of the page. */
  offerReload() {
    if (this.#notices.querySelector('.update')) return;
    this.#notices.append(el('p', { class: 'notice update', role: 'status' }, 'Tincan has been updated. ',
      el('button', { class: 'link', click: () => location.reload() }, 'Reload')));
  }

  get #view() {
    const view = this.#pane.firstElementChild;
    return view instanceof ConversationView ? view : null;
  }

  /** To the conversation above or below in the list. @param {-1 | 1} by */
  #step(by) {
    const { client, router } = this.#context;
    const ids = client.conversations.listed.map(({ id }) => id);
    const index = ids.indexOf(router.route.id);
    const id = index < 0 ? ids[0] : ids[index + by];
    if (id) router.go(conversationPath(id));
  }

  /** The focus goes where the eye does. */
  #follow() {
    this.#showRoute();
    if (this.#view) this.#view.takeFocus();
    else if (this.#pane.checkVisibility()) this.#pane.querySelector('h1')?.focus();
    else this.#list.focusOn(this.#last);
  }

  #showRoute() {
    const { name, id } = this.#context.router.route;
    this.dataset.route = name;
    this.#last = id || this.#last;
    this.#call({ home: '', conversation: '', settings: 'Settings', unknown: 'Not found' }[name]);
    if (name === 'conversation') {
      this.#pane.replaceChildren(new ConversationView(this.#context, id, (title) => this.#call(title)));
    } else if (name === 'settings') {
      this.#pane.replaceChildren();
      this.#showSettings().catch(() => this.#pane.replaceChildren(el('div', { class: 'centred' },
        failure('Tincan can’t be reached.', () => this.#showRoute()))));
    } else {
      this.#pane.replaceChildren(name === 'home' ? home() : notFound());
    }
  }

  async #showSettings() {
    const { client, preferences, router, signOut } = this.#context;
    const [{ SettingsView }] = await Promise.all([import('./settings-view.js'), addStyle('/settings.css')]);
    if (router.route.name !== 'settings') return;
    const settings = new SettingsView(client, preferences, signOut);
    this.#pane.replaceChildren(settings);
    settings.takeFocus();
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

customElements.define('tincan-messenger', Messenger);
