// The list of conversations, newest message first.

import { arrange, avatar, Component, el, failure, fill, nameOf, skeleton } from './dom.js';
import { shortTime } from './format.js';
import { conversationPath } from './router.js';

/** @import {Conversations} from './conversations.js' */
/** @import {Router} from './router.js' */

export class ConversationList extends Component {
  #conversations;
  #router;
  #list = el('ul');
  #rest = el('div', { class: 'list-rest' });
  /** @type {Map<string, HTMLLIElement>} */
  #rows = new Map();

  /** @param {Conversations} conversations @param {Router} router */
  constructor(conversations, router) {
    super();
    this.#conversations = conversations;
    this.#router = router;
    this.append(this.#list, this.#rest);
    this.watch(() => this.#render(), conversations, router);
  }

  /** @param {string} id */
  focusOn(id) {
    (this.#rows.get(id) ?? this.#list).querySelector('a')?.focus();
  }

  #render() {
    const { listed, state, reason, hasMore } = this.#conversations;
    arrange(this.#list, listed.map((conversation) => this.#row(conversation)));
    const empty = listed.length === 0;
    fill(this.#rest, [state, reason, hasMore, empty], () => {
      if (state === 'loading') return [skeleton()];
      if (state === 'failed') return [failure(reason, () => this.#conversations.load())];
      if (empty) return [el('p', { class: 'muted' }, 'No conversations yet. Find somebody by name, and say hello.')];
      return [hasMore && el('button', { class: 'button', click: () => this.#conversations.loadMore() }, 'Show more')];
    });
  }

  /** @param {Conversations['listed'][number]} conversation */
  #row({ id, other, newest, unread }) {
    const row = this.#rows.get(id) ?? el('li');
    this.#rows.set(id, row);
    const current = this.#router.route.id === id;
    const time = shortTime(new Date(newest.createdAt));
    const focused = row.contains(document.activeElement);
    fill(row, [newest.id, unread, current, time], () => [
      el('a', { class: 'row', href: conversationPath(id), 'aria-current': current && 'page' },
        avatar(other),
        el('span', { class: 'row-name' }, nameOf(other.username)),
        el('time', { class: 'row-time', datetime: newest.createdAt }, time),
        el('span', { class: 'row-text', dir: 'auto' }, `${newest.mine ? 'You: ' : ''}${newest.content}`),
        unread > 0 && el('span', { class: 'badge' }, `${unread}`, el('span', { class: 'visually-hidden' }, ' unread'))),
    ]);
    if (focused) row.querySelector('a')?.focus({ preventScroll: true });
    return row;
  }
}

customElements.define('conversation-list', ConversationList);
