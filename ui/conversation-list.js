// The list of conversations, newest message first.

import { arrange, avatar, batched, Component, el, failure, nameOf, skeleton } from './dom.js';
import { shortTime } from './format.js';
import { conversationPath } from './router.js';

/** @import {Conversations} from './conversations.js' */
/** @import {Router} from './router.js' */
/** @import {Conversation} from './types.js' */

export class ConversationList extends Component {
  #conversations;
  #router;
  #list = el('ul', { class: 'rows' });
  #rest = el('div', { class: 'list-rest' });
  #shownRest = '';
  /** @type {Map<string, HTMLLIElement>} */
  #rows = new Map();

  /**
   * @param {Conversations} conversations
   * @param {Router} router
   */
  constructor(conversations, router) {
    super();
    this.#conversations = conversations;
    this.#router = router;
  }

  /** @param {AbortSignal} signal */
  start(signal) {
    this.replaceChildren(this.#list, this.#rest);
    const render = batched(() => this.#render());
    this.#conversations.addEventListener('change', render, { signal });
    this.#router.addEventListener('change', render, { signal });
    // "Yesterday" comes by itself.
    document.addEventListener('visibilitychange', render, { signal });
    this.#render();
  }

  /** @param {string} id */
  focusOn(id) {
    const link = this.#rows.get(id)?.querySelector('a') ?? this.#list.querySelector('a');
    link?.focus();
  }

  #render() {
    arrange(this.#list, this.#conversations.listed.map((conversation) => this.#row(conversation)));
    this.#renderRest();
  }

  /** @param {Conversation} conversation */
  #row(conversation) {
    const row = this.#rows.get(conversation.id) ?? el('li');
    this.#rows.set(conversation.id, row);
    const { route } = this.#router;
    const newest = this.#conversations.newest(conversation.id);
    const unread = this.#conversations.unread(conversation.id);
    const current = route.name === 'conversation' && route.id === conversation.id;
    const time = newest && new Date(newest.createdAt);
    const shownTime = time ? shortTime(time) : '';
    // Rebuilding a row would take its focus away, so only one that changed is.
    const signature = [newest?.id, unread, current, shownTime].join();
    if (row.dataset.signature === signature || !conversation.otherParticipant) return row;
    row.dataset.signature = signature;

    const focused = row.contains(document.activeElement);
    const link = el('a', {
      class: 'row',
      href: conversationPath(conversation.id),
      'aria-current': current && 'page',
    },
    avatar(conversation.otherParticipant),
    el('span', { class: 'row-name' }, nameOf(conversation.otherParticipant.username)),
    time ? el('time', { class: 'row-time', datetime: newest.createdAt }, shownTime) : null,
    el('span', { class: 'row-text', dir: 'auto' }, newest?.mine ? `You: ${newest.content}` : newest?.content ?? ''),
    unread > 0 && el('span', { class: 'badge' }, `${unread}`, el('span', { class: 'visually-hidden' }, ' unread')));
    row.replaceChildren(link);
    if (focused) link.focus({ preventScroll: true });
    return row;
  }

  /** What follows the list: that it is loading, why it failed, that there is more or nothing. */
  #renderRest() {
    const { state, reason, hasMore, listed } = this.#conversations;
    const more = state === 'ready' && hasMore;
    const empty = state === 'ready' && listed.length === 0;
    const shown = [state, reason, more, empty].join();
    if (shown === this.#shownRest) return;
    this.#shownRest = shown;
    const load = () => void this.#conversations.load();
    if (state === 'loading') this.#rest.replaceChildren(skeleton(3, 'Loading conversations'));
    else if (state === 'failed') this.#rest.replaceChildren(failure(reason, load));
    else if (more) this.#rest.replaceChildren(el('button', { type: 'button', class: 'button', click: load }, 'Show more'));
    else if (empty) this.#rest.replaceChildren(el('p', { class: 'muted' }, 'No conversations yet. Find somebody by name, and say hello.'));
    else this.#rest.replaceChildren();
  }
}

customElements.define('conversation-list', ConversationList);
