// The list of conversations: the pinned ones, then the others, the newest message first; or those that are archived.

import { arrange, Component, el, failure, nameOf, render, skeleton } from '../base/dom.js';
import { shortTime, titleOf } from '../base/format.js';
import { icon } from '../base/icons.js';
import { conversationPath } from '../base/router.js';
import { kept } from '../base/storage.js';
import { emblem } from '../people/avatar.js';
import { t, textOf, tn } from '../words/index.js';

/** @import {Context} from '../shell/messenger.js' */
/** @import {Level, User} from '../base/types.js' */
/** @import {Conversations} from './conversations.js' */
/** @import {Doings} from './doings.js' */

/** One stop of the Tab key: from there, the arrows go on. */
export class ConversationList extends Component {
  #client;
  #conversations;
  #router;
  #list = el('ul', { 'aria-label': t('conversations.list') });
  #rest = el('div', { class: 'list-rest' });
  /** @type {Map<string, HTMLLIElement>} */
  #rows = new Map();
  /** Which one has had the focus. */
  #stop = '';
  /** @type {'listed' | 'archived'} */
  #shown = 'listed';
  /** What others do, once that is followed. @type {Doings | null} */
  #doings = null;

  /** @param {Context} context */
  constructor({ client, router, clock }) {
    super();
    this.#client = client;
    this.#conversations = client.conversations;
    this.#router = router;
    this.append(this.#list, this.#rest);
    this.#list.addEventListener('focusin', ({ target }) => {
      this.#stop = this.idOf(target) || this.#stop;
      this.#showStop();
    });
    this.watch(() => this.#render(), this.#conversations, router, clock);
    // Another tab writes.
    addEventListener('storage', ({ key }) => key?.startsWith('draft:') && this.#render(), { signal: this.signal });
  }

  /** Shows what others do, too. @param {Doings} doings */
  follow(doings) {
    this.#doings = doings;
    this.watch(() => this.#render(), doings);
  }

  /** @param {'listed' | 'archived'} shown which ones */
  show(shown) {
    this.#shown = shown;
    this.#render();
  }

  /** The list itself, whose rows have their conversations’ ids. */
  get list() {
    return this.#list;
  }

  /** @param {EventTarget | null} target */
  idOf(target) {
    return (target instanceof Element && target.closest('li')?.dataset.id) || '';
  }

  /** @param {string} id or '' */
  focusOn(id) {
    (this.#rows.get(id) ?? this.#list).querySelector('a')?.focus();
  }

  #render() {
    const { [this.#shown]: shown, state, reason, hasMore } = this.#conversations;
    arrange(this.#list, shown.map((conversation) => this.#row(conversation)));
    this.#showStop();
    render(this.#rest, restView, {
      conversations: this.#conversations, state, reason, hasMore, empty: shown.length === 0, whole: this.#shown === 'archived',
    });
  }

  #showStop() {
    const [first] = this.#list.children;
    const stop = [this.#stop, this.#router.route.id].map((id) => this.#rows.get(id)).find((row) => row?.isConnected) ?? first;
    for (const row of this.#list.children) row.querySelector('a')?.setAttribute('tabindex', row === stop ? '0' : '-1');
  }

  /** @param {Conversations['listed'][number]} conversation */
  #row({ id, title, other, avatarURL, newest, unread, pinned, markedUnread, level }) {
    const row = this.#rows.get(id) ?? el('li', { 'data-id': id });
    this.#rows.set(id, row);
    const { createdAt, mine, author, deletedAt } = newest;
    const gone = Boolean(deletedAt) || this.#client.removing.has(newest.id);
    const current = this.#router.route.id === id;
    render(row, rowView, {
      id, title, other, avatarURL, createdAt, gone, unread, pinned, markedUnread, current,
      content: gone ? '' : (this.#doings?.lineOf(newest) ?? textOf(newest)).slice(0, LONGEST), time: shortTime(new Date(createdAt)),
      from: mine ? t('conversations.you') : other ? '' : titleOf(author),
      draft: current ? '' : `${kept(`draft:${this.#client.user.id}:${id}`) || this.#doings?.draftOf(id) || ''}`.slice(0, LONGEST),
      doing: this.#doings?.doing(id) ?? '', online: this.#doings?.isOnline(other?.id) ?? false,
      signs: this.#doings?.signs(other, pinned, level) ?? '',
      level, called: this.#conversations.called(id) > 0,
    });
    return row;
  }
}

/** As much of a text as may fit in a line. */
const LONGEST = 200;

/**
 * What stands below the list.
 * @param {{conversations: Conversations, state: Conversations['state'], reason: string, hasMore: boolean, empty: boolean,
 *   whole: boolean}} props
 */
function restView({ conversations, state, reason, hasMore, empty, whole }) {
  if (whole) return [];
  if (state === 'failed') return [failure(reason, () => conversations.load())];
  if (empty && state === 'loading') return [skeleton()];
  return [
    state === 'loading' && skeleton(),
    empty && el('p', { class: 'muted' }, t('conversations.none')),
    hasMore && state !== 'loading' && el('button', { class: 'button', click: () => conversations.loadMore() }, t('conversations.more')),
  ];
}

/**
 * @typedef {{id: string, title: string, other: User | null, avatarURL: string | null, createdAt: string, time: string,
 *   from: string, content: string, gone: boolean, draft: string, doing: string, online: boolean, signs: string, unread: number, markedUnread: boolean,
 *    pinned: boolean, current: boolean, level: Level, called: boolean}} RowProps
 */

/** @param {RowProps} props */
function rowView(props) {
  const { id, title, createdAt, time, unread, markedUnread, pinned, online, signs, current, level, called } = props;
  const isUnread = unread > 0 || markedUnread;
  return [
    el('a', { class: 'row', href: conversationPath(id), 'aria-current': current && 'page' },
      el('span', { class: online ? 'stand online' : 'stand' }, emblem(props)),
      el('span', { class: 'row-name' }, nameOf(title)),
      el('time', { class: 'row-time', datetime: createdAt }, time),
      el('span', { class: 'row-line' },
        excerpt(props),
        el('span', { class: 'row-marks' },
          level === 'none' && icon('bell-off'),
          pinned && icon('pin'),
          called && el('span', { class: 'badge' }, '@', el('span', { class: 'visually-hidden' }, ` ${t('conversations.mentioned')}`)),
          isUnread && el('span', { class: level === 'all' ? 'badge' : 'badge quiet' },
            unread > 99 ? '99+' : unread ? `${unread}` : null, el('span', { class: 'visually-hidden' }, ` ${t('conversations.unread')}`)))),
      signs && el('span', { class: 'visually-hidden' }, signs)),
  ];
}

/** What somebody does, or what one has begun to write, or who said what last. @param {RowProps} props */
function excerpt({ from, content, gone, draft, doing }) {
  if (doing) return el('span', { class: 'row-text doing' }, doing);
  if (draft) return el('span', { class: 'row-text' }, ...tn('conversations.draft', { text: el('span', { dir: 'auto' }, draft) }));
  const text = gone ? el('i', {}, t('conversations.deleted')) : content;
  return el('span', { class: 'row-text', dir: 'auto', translate: 'no' },
    ...from ? tn('conversations.preview', { author: nameOf(from), text }) : [text]);
}

customElements.define('conversation-list', ConversationList);
