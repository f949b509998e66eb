// The screen of a signed-in person: the conversations on one side, one of them on the other.

import { reasonOf } from './api.js';
import { ConversationList } from './conversation-list.js';
import { ConversationView } from './conversation-view.js';
import { avatar, Component, el, nameOf } from './dom.js';
import { PeopleSearch } from './people-search.js';

/** @import {Client} from './client.js' */
/** @import {Router} from './router.js' */

export class Messenger extends Component {
  #client;
  #router;
  #list;
  #pane = el('section', { class: 'pane', 'aria-label': 'Conversation' });
  #title = '';
  /** The conversation that was open last. */
  #last = '';

  /** @param {Client} client @param {Router} router @param {() => Promise<void>} signOut */
  constructor(client, router, signOut) {
    super();
    this.#client = client;
    this.#router = router;
    const { user, conversations, feed } = client;
    this.#list = new ConversationList(conversations, router);
    const notice = el('p', { class: 'notice', role: 'status' });
    const problem = el('p', { class: 'problem', role: 'alert' });
    const leave = () => signOut().catch((error) => problem.replaceChildren(reasonOf(error)));
    this.append(el('main', { class: 'panes' },
      el('nav', { class: 'sidebar', 'aria-label': 'Conversations' },
        el('header', { class: 'bar' },
          el('img', { src: '/icon.svg', alt: '', width: '32', height: '32' }), el('h1', {}, 'Tincan')),
        new PeopleSearch(conversations, router), this.#list, problem,
        el('footer', { class: 'bar' },
          avatar(user), el('span', { class: 'name' }, nameOf(user.username)),
          el('button', { class: 'button', click: leave }, 'Sign out'))),
      this.#pane), notice);
    this.watch(() => this.#showTitle(), conversations);
    this.watch(() => notice.replaceChildren(feed.lost ? 'Connection lost. Trying again …' : ''), feed);
    router.addEventListener('change', () => this.#follow(), { signal: this.signal });
    this.#showRoute();
  }

  /** The focus goes where the eye does. */
  #follow() {
    this.#showRoute();
    const view = this.#pane.firstElementChild;
    if (view instanceof ConversationView) view.takeFocus();
    else if (this.#pane.checkVisibility()) this.#pane.querySelector('h1')?.focus();
    else this.#list.focusOn(this.#last);
  }

  #showRoute() {
    const { name, id } = this.#router.route;
    this.dataset.route = name;
    this.#call('');
    this.#last = id || this.#last;
    if (id) this.#pane.replaceChildren(new ConversationView(this.#client, id, (title) => this.#call(title)));
    else this.#pane.replaceChildren(name === 'home' ? home() : notFound());
  }

  /** @param {string} title */
  #call(title) {
    this.#title = title;
    this.#showTitle();
  }

  #showTitle() {
    const unread = this.#client.conversations.totalUnread;
    document.title = `${unread ? `(${unread}) ` : ''}${this.#title && `${this.#title} – `}Tincan`;
  }
}

function home() {
  return el('div', { class: 'centred' },
    el('h1', { tabindex: '-1' }, 'Who would you like to talk to?'),
    el('p', { class: 'muted' }, 'Pick a conversation, or find somebody by name.'));
}

function notFound() {
  return el('div', { class: 'centred' },
    el('h1', { tabindex: '-1' }, 'There is nothing at this address'),
    el('a', { class: 'button', href: '/' }, 'To the conversations'));
}

customElements.define('tincan-messenger', Messenger);
