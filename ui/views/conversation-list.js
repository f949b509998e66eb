// The list of conversations, newest message first.

import { arrange, Component, el, emblem, failure, fill, nameOf, skeleton } from '../base/dom.js';
import { shortTime } from '../base/format.js';
import { icon } from '../base/icons.js';
import { conversationPath } from '../base/router.js';

/** @import {Conversations} from '../models/conversations.js' */
/** @import {Context} from './messenger.js' */

export class ConversationList extends Component {
  #client;
  #conversations;
  #router;
  #preferences;
  #list = el('ul');
  #rest = el('div', { class: 'list-rest' });
  /** @type {Map<string, HTMLLIElement>} */
  #rows = new Map();

  /** @param {Context} context */
  constructor({ client, router, preferences, clock }) {
    super();
    this.#client = client;
    this.#conversations = client.conversations;
    this.#router = router;
    this.#preferences = preferences;
    this.append(this.#list, this.#rest);
    this.watch(() => this.#render(), this.#conversations, router, preferences, clock);
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
  #row(conversation) {
    const { id, title, newest, unread } = conversation;
    const row = this.#rows.get(id) ?? el('li');
    this.#rows.set(id, row);
    const current = this.#router.route.id === id;
    const time = shortTime(new Date(newest.createdAt));
    const muted = this.#preferences.isMuted(id);
    const gone = Boolean(newest.deletedAt) || this.#client.isRemoving(newest.id);
    fill(row, [title, newest.id, newest.version, gone, unread, current, time, muted], () => [
      el('a', { class: 'row', href: conversationPath(id), 'aria-current': current && 'page' },
        emblem(conversation),
        el('span', { class: 'row-name' }, nameOf(title)),
        el('time', { class: 'row-time', datetime: newest.createdAt }, time),
        excerpt(conversation, gone),
        muted && icon('bell-off'),
        unread > 0 && el('span', { class: muted ? 'badge quiet' : 'badge' },
          unread > 99 ? '99+' : `${unread}`, el('span', { class: 'visually-hidden' }, ' unread'))),
    ]);
    return row;
  }
}

/** Who said what last. @param {Conversations['listed'][number]} conversation @param {boolean} gone */
function excerpt({ other, newest: { mine, author, content } }, gone) {
  const from = mine ? 'You' : other ? '' : author?.username;
  return el('span', { class: 'row-text', dir: from ? 'ltr' : 'auto' },
    ...from ? [nameOf(from), ': '] : [], gone ? el('i', {}, 'Message deleted') : nameOf(content));
}

customElements.define('conversation-list', ConversationList);
