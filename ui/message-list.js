// The messages on the screen: what is rendered, where one is in it, and what counts as read.

import { arrange, avatar, Component, el, failure, fill, nameOf, skeleton } from './dom.js';
import { showMessage } from './message-row.js';

/** @import {Client} from './client.js' */
/** @import {Item} from './message-row.js' */
/** @import {Entry} from './outbox.js' */
/** @import {Message, User} from './types.js' */

/** So near to the end, one is taken to be at the end. */
const SLACK_PX = 80;
/** Older messages are loaded when there are fewer screens of them above. */
const EARLY_SCREENS = 1.5;
/** How far down the screen the first unread message is at first. */
const CONTEXT_SCREENS = 0.25;
/** A row counts as seen when this much of it is. */
const SEEN_PX = 16;
/** How long a screen reader is kept from reading out history as if it were news. */
const QUIET_MS = 1_000;

export class MessageList extends Component {
  #client;
  #id;
  #other;
  #edit;
  #timeline;
  #history = el('div', { class: 'history' });
  #list = el('ol');
  #log;
  #newest = el('button', { class: 'button newest', hidden: true, click: () => this.#goToNewest() });
  /** @type {Map<string, HTMLLIElement>} */
  #rows = new Map();
  #oldest = '';
  #quiet = 0;
  /** Whether one is at the end, and stays there whatever comes. */
  #stuck = true;
  /** How far down one could scroll when last looked at. */
  #end = 0;
  #opened = false;
  /** Messages after this number are marked as new; null where none are. @type {number | null} */
  #freshAfter = null;
  #hadUnread = false;

  /**
   * `edit` is given what couldn't be sent, to write it anew.
   * @param {Client} client @param {string} id @param {User} other @param {(entry: Entry) => void} edit
   */
  constructor(client, id, other, edit) {
    super();
    this.#client = client;
    this.#id = id;
    this.#other = other;
    this.#edit = edit;
    this.#timeline = client.timeline(id);
    const label = `Messages with ${other.username}`;
    this.#log = el('div', {
      class: 'log', role: 'log', tabindex: '0', 'aria-label': label, scroll: () => this.#scrolled(),
    }, this.#history, this.#list);
    this.append(this.#log, this.#newest);

    const { signal } = this;
    addEventListener('focus', () => this.#lookAround(), { signal });
    document.addEventListener('visibilitychange', () => this.#lookAround(), { signal });
    // The composer or a row may grow, or a keyboard appear.
    const resized = new ResizeObserver(() => this.#stay());
    resized.observe(this.#log);
    resized.observe(this.#list);
    signal.addEventListener('abort', () => resized.disconnect());
    this.watch(() => this.#render(), this.#timeline, client.outbox, client.conversations);
  }

  /** Whoever sends is at the end from then on, and has seen what was new. */
  stickToNewest() {
    this.#freshAfter = null;
    this.#scrollToEnd();
  }

  #goToNewest() {
    this.#scrollToEnd();
    this.#log.focus();
  }

  #render() {
    // Before anything changes: what is to stay where it is, if it isn't the end.
    const anchor = this.#stuck ? undefined : this.#rowAt(this.#log.getBoundingClientRect().top);
    const top = anchor?.getBoundingClientRect().top ?? 0;
    this.#renderMessages();
    this.#renderHistory();
    if (this.#timeline.loaded && !this.#opened) this.#open();
    else if (anchor?.isConnected) this.#log.scrollTop += anchor.getBoundingClientRect().top - top;
    this.#stay();
  }

  #renderMessages() {
    const { conversations } = this.#client;
    const unread = conversations.unread(this.#id) > 0;
    const reading = this.#opened && this.#stuck && isAttentive();
    if (unread && !this.#hadUnread && !reading) this.#freshAfter = conversations.lastRead(this.#id);
    this.#hadUnread = unread;
    const items = this.#items();
    this.#hush(items[0]?.key ?? '');
    this.#rows = new Map(items.map((item, index) => {
      const row = this.#rows.get(item.key) ?? el('li');
      row.dataset.number = `${item.number ?? ''}`;
      showMessage(row, item, items[index - 1], item.number !== null && item.number - 1 === this.#freshAfter);
      return [item.key, row];
    }));
    arrange(this.#list, [...this.#rows.values()]);
  }

  /** Oldest first: what the server has, then what is on its way there. */
  #items() {
    const { ahead, messages } = this.#timeline;
    // One's own words stay while a hole before them is being filled.
    const sent = [...messages, ...ahead.filter(({ mine }) => mine)].map(sentItem);
    const keys = new Set(sent.map(({ key }) => key));
    const waiting = this.#client.outbox.of(this.#id).map((entry) => this.#waitingItem(entry));
    return [...sent, ...waiting.filter(({ key }) => !keys.has(key))];
  }

  /** @param {Entry} entry @returns {Item} */
  #waitingItem(entry) {
    const { clientId, content, createdAt, reason } = entry;
    const retry = () => this.#client.outbox.retry(clientId);
    const failure = reason ? { reason, retry, edit: () => this.#edit(entry) } : null;
    return { key: keyOf(clientId), number: null, content, createdAt, mine: true, from: 'You', failure };
  }

  /** Older messages that come in above are no news to a screen reader. @param {string} oldest */
  #hush(oldest) {
    if (oldest === this.#oldest) return;
    this.#oldest = oldest;
    this.#log.setAttribute('aria-live', 'off');
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.#log.removeAttribute('aria-live'), QUIET_MS);
  }

  /** What stands above the messages. */
  #renderHistory() {
    const { state, loaded, hasOlder, reason } = this.#timeline;
    const empty = this.#rows.size === 0;
    const name = nameOf(this.#other.username);
    fill(this.#history, [state, loaded, hasOlder, reason, empty], () => {
      if (state === 'failed') return [failure(reason, () => this.#timeline.load())];
      if (!loaded) return [skeleton()];
      if (hasOlder) return ['Loading older messages …'];
      if (empty) return [el('div', { class: 'hello' }, avatar(this.#other), el('p', {}, 'Say hello to ', name))];
      return ['Your conversation with ', name, ' begins here.'];
    });
  }

  /** At first, one is where the unread messages begin (or as near as what is loaded goes), else at the end. */
  #open() {
    this.#log.scrollTop = this.#log.scrollHeight;
    if (this.#freshAfter !== null) {
      const { top, height } = this.#log.getBoundingClientRect();
      const unread = this.#list.querySelector('.fresh') ?? this.#list;
      this.#log.scrollTop += unread.getBoundingClientRect().top - top - height * CONTEXT_SCREENS;
    }
    this.#opened = true;
    this.#scrolled();
  }

  #scrollToEnd() {
    this.#log.scrollTop = this.#log.scrollHeight;
    this.#scrolled();
  }

  #scrolled() {
    this.#end = this.#log.scrollHeight - this.#log.clientHeight;
    this.#stuck = this.#end - this.#log.scrollTop < SLACK_PX;
    this.#lookAround();
  }

  /** When the end has moved, follows it if that is where one is. */
  #stay() {
    const end = this.#log.scrollHeight - this.#log.clientHeight;
    if (this.#stuck && end !== this.#end) this.#log.scrollTop = end;
    this.#end = end;
    this.#lookAround();
  }

  /** Sees to what follows from where one is. */
  #lookAround() {
    const unread = this.#client.conversations.unread(this.#id);
    this.#newest.hidden = this.#stuck;
    this.#newest.textContent = unread ? `Newest (${unread} new)` : 'Newest';
    if (!this.#opened) return;
    const early = this.#log.scrollTop < this.#log.clientHeight * EARLY_SCREENS;
    if (early && this.#timeline.hasOlder && this.#timeline.state === 'ready') this.#timeline.load();
    if (isAttentive()) this.#markSeen();
  }

  #markSeen() {
    const edge = this.#log.getBoundingClientRect().bottom - SEEN_PX;
    // What is on its way to the server has no number.
    const rows = [...this.#rows.values()].filter((row) => row.dataset.number);
    const seen = rows.findLast((row) => row.getBoundingClientRect().top < edge);
    if (seen) this.#client.conversations.markRead(this.#id, Number(seen.dataset.number));
  }

  /** The first row that reaches below a height of the window. @param {number} y */
  #rowAt(y) {
    return [...this.#rows.values()].find((row) => row.getBoundingClientRect().bottom > y);
  }
}

/** @param {Message} message @returns {Item} */
function sentItem({ id, clientId, number, content, createdAt, mine, author }) {
  const from = mine ? 'You' : author?.username ?? '';
  return { key: clientId ? keyOf(clientId) : id, number, content, createdAt, mine, from, failure: null };
}

/** A message keeps its row when it changes from waiting to sent. No id looks like this. @param {string} clientId */
function keyOf(clientId) {
  return `client ${clientId}`;
}

/** Whether somebody is likely to be looking. */
function isAttentive() {
  return document.visibilityState === 'visible' && document.hasFocus();
}

customElements.define('message-list', MessageList);
