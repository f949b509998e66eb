// The list of conversations, newest message first.

import { arrange, Component, el, failure, nameOf, render, skeleton } from '../base/dom.js';
import { shortTime } from '../base/format.js';
import { icon } from '../base/icons.js';
import { conversationPath } from '../base/router.js';
import { emblem } from '../people/avatar.js';
import { t } from '../words/index.js';

/** @import {Context} from '../shell/messenger.js' */
/** @import {User} from '../base/types.js' */
/** @import {Conversations} from './conversations.js' */

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
    render(this.#rest, restView, { conversations: this.#conversations, state, reason, hasMore, empty: listed.length === 0 });
  }

  /** @param {Conversations['listed'][number]} conversation */
  #row({ id, title, other, newest, unread }) {
    const row = this.#rows.get(id) ?? el('li');
    this.#rows.set(id, row);
    const { createdAt, content, mine, author, deletedAt } = newest;
    const gone = Boolean(deletedAt) || this.#client.isRemoving(newest.id);
    render(row, rowView, {
      id, title, other, createdAt, gone, unread, content: gone ? '' : content, time: shortTime(new Date(createdAt)),
      from: mine ? t('conversations.you') : other ? '' : author?.username ?? '', current: this.#router.route.id === id,
      muted: this.#preferences.isMuted(id),
    });
    return row;
  }
}

/**
 * What stands below the list.
 * @param {{conversations: Conversations, state: Conversations['state'], reason: string, hasMore: boolean, empty: boolean}} props
 */
function restView({ conversations, state, reason, hasMore, empty }) {
  if (state === 'loading') return [skeleton()];
  if (state === 'failed') return [failure(reason, () => conversations.load())];
  if (empty) return [el('p', { class: 'muted' }, t('conversations.none'))];
  return [hasMore && el('button', { class: 'button', click: () => conversations.loadMore() }, t('conversations.more'))];
}

/**
 * @typedef {{id: string, title: string, other: User | null, createdAt: string, time: string, from: string,
 *   content: string, gone: boolean, unread: number, current: boolean, muted: boolean}} RowProps
 */

/** @param {RowProps} props */
function rowView(props) {
  const { id, title, other, createdAt, time, unread, current, muted } = props;
  return [
    el('a', { class: 'row', href: conversationPath(id), 'aria-current': current && 'page' },
      emblem({ id, title, other }),
      el('span', { class: 'row-name' }, nameOf(title)),
      el('time', { class: 'row-time', datetime: createdAt }, time),
      excerpt(props),
      muted && icon('bell-off'),
      unread > 0 && el('span', { class: muted ? 'badge quiet' : 'badge' },
        unread > 99 ? '99+' : `${unread}`, el('span', { class: 'visually-hidden' }, ` ${t('conversations.unread')}`))),
  ];
}

/** Who said what last. @param {RowProps} props */
function excerpt({ from, content, gone }) {
  return el('span', { class: 'row-text', dir: from ? 'ltr' : 'auto' },
    ...from ? [nameOf(from), ': '] : [], gone ? el('i', {}, t('conversations.deleted')) : nameOf(content));
}

customElements.define('conversation-list', ConversationList);
