// The screen of a signed-in person: who and what there is on one side, one conversation on the other.

import { reasonOf } from './api.js';
import { ConversationList } from './conversation-list.js';
import { ConversationView } from './conversation-view.js';
import { avatar, batched, Component, el, nameOf } from './dom.js';
import { PeopleSearch } from './people-search.js';

/** @import {Client} from './client.js' */
/** @import {Router} from './router.js' */

/** The style sheet shows both panes from this width on. */
const TWO_PANES = matchMedia('(min-width: 46rem)');

export class Messenger extends Component {
  #client;
  #router;
  #signOut;
  #list;
  #pane = el('section', { class: 'pane' });
  #notice = el('p', { class: 'notice', role: 'status' });
  #problem = el('p', { class: 'problem', role: 'alert' });
  #paneTitle = '';
  /** The id of the conversation that is or was open. */
  #opened = '';

  /**
   * @param {Client} client
   * @param {Router} router
   * @param {() => Promise<void>} signOut
   */
  constructor(client, router, signOut) {
    super();
    this.#client = client;
    this.#router = router;
    this.#signOut = signOut;
    this.#list = new ConversationList(client.conversations, router);
  }

  /** @param {AbortSignal} signal */
  start(signal) {
    this.replaceChildren(el('main', { class: 'panes' }, this.#sidebar(), this.#pane), this.#notice);
    const { conversations, feed } = this.#client;
    conversations.addEventListener('change', batched(() => this.#showTitle()), { signal });
    feed.addEventListener('change', () => this.#showConnection(), { signal });
    this.#client.addEventListener('reset', () => this.#showRoute(), { signal });
    this.#router.addEventListener('change', () => this.#follow(), { signal });
    this.#showRoute();
  }

  #sidebar() {
    const { user, conversations } = this.#client;
    return el('nav', { class: 'sidebar', 'aria-label': 'Conversations' },
      el('header', { class: 'bar' },
        el('img', { src: '/icon.svg', alt: '', width: '32', height: '32' }),
        el('h1', {}, 'Tincan')),
      new PeopleSearch(conversations, this.#router),
      this.#list,
      this.#problem,
      el('footer', { class: 'bar' },
        avatar(user),
        el('span', { class: 'name' }, nameOf(user.username)),
        el('button', { type: 'button', class: 'button', click: () => this.#leave() }, 'Sign out')));
  }

  async #leave() {
    this.#problem.textContent = '';
    await this.#signOut().catch((error) => {
      this.#problem.textContent = `Not signed out. ${reasonOf(error)}`;
    });
  }

  #follow() {
    this.#showRoute();
    const view = this.#pane.firstElementChild;
    if (view instanceof ConversationView) view.takeFocus();
    else if (TWO_PANES.matches) this.#pane.querySelector('h2')?.focus();
    else this.#list.focusOn(this.#opened);
  }

  #showRoute() {
    const { route } = this.#router;
    this.dataset.route = route.name;
    if (route.name === 'conversation') {
      this.#opened = route.id;
      this.#showPane('', new ConversationView(this.#client, route.id, (title) => this.#titled(title)));
    } else if (route.name === 'home') {
      this.#showPane('', placeholder('Who would you like to talk to?', 'Pick a conversation, or find somebody by name.'));
    } else {
      this.#showPane('Not found', placeholder('There is nothing here.', 'The address may have a slip in it.',
        el('a', { class: 'button', href: '/' }, 'To the conversations')));
    }
  }

  /**
   * @param {string} title
   * @param {Element} content
   */
  #showPane(title, content) {
    this.#titled(title);
    this.#pane.replaceChildren(content);
  }

  /** @param {string} title */
  #titled(title) {
    this.#paneTitle = title;
    this.#showTitle();
  }

  #showTitle() {
    const unread = this.#client.conversations.totalUnread;
    document.title = `${unread ? `(${unread}) ` : ''}${this.#paneTitle ? `${this.#paneTitle} – ` : ''}Tincan`;
  }

  #showConnection() {
    this.#notice.textContent = this.#client.feed.lost ? 'Connection lost. Trying again …' : '';
  }
}

/**
 * @param {string} heading
 * @param {string} text
 * @param {...Element} more
 */
function placeholder(heading, text, ...more) {
  return el('div', { class: 'centred placeholder' },
    el('h2', { tabindex: '-1' }, heading), el('p', { class: 'muted' }, text), ...more);
}

customElements.define('tincan-messenger', Messenger);
