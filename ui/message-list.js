// The messages of a conversation on the screen: what is rendered, where one stands in it, and what counts as read.

import { arrange, avatar, batched, Component, el, failure, nameOf, skeleton } from './dom.js';
import { dayName, minutesBetween, sameDay } from './format.js';
import { showMessage } from './message-row.js';

/** @import {Client} from './client.js' */
/** @import {Item} from './message-row.js' */
/** @import {Entry} from './outbox.js' */
/** @import {Message, User} from './types.js' */

/** So near to the end, one is taken to be at the end. */
const SLACK_PX = 80;
/** Older messages are asked for when fewer screens than this are left above. */
const EARLY_SCREENS = 1.5;
/** A row counts as seen when this much of it is. */
const SEEN_PX = 16;
/** How far down the screen the first unread message is, when a conversation is opened there. */
const CONTEXT_SCREENS = 0.25;
const GROUP_MINUTES = 5;
/** How long a screen reader is kept from reading history out as if it were news. */
const QUIET_MS = 1_000;

export class MessageList extends Component {
  #client;
  #id;
  #other;
  #edit;
  #timeline;
  #history = el('div', { class: 'history' });
  #shownHistory = '';
  #list = el('ol');
  #log;
  #newest = el('button', { type: 'button', class: 'button newest', hidden: true, click: () => this.#goToNewest() });
  /** @type {Map<string, HTMLLIElement>} */
  #rows = new Map();
  /** Whether one is at the end and stays there, whatever comes. */
  #stuck = true;
  /** How far one could scroll when last seen to. */
  #end = 0;
  #opened = false;
  /** The number after which the messages are marked as new, or null. @type {number | null} */
  #freshAfter = null;
  #oldestShown = '';
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #quiet;

  /**
   * @param {Client} client
   * @param {string} id
   * @param {User} other
   * @param {(entry: Entry) => void} edit is given an entry of the outbox to be written anew
   */
  constructor(client, id, other, edit) {
    super();
    this.#client = client;
    this.#id = id;
    this.#other = other;
    this.#edit = edit;
    this.#timeline = client.timeline(id);
    this.#log = el('div', {
      class: 'log',
      role: 'log',
      tabindex: '0',
      'aria-label': `Messages with ${other.username}`,
    }, this.#history, this.#list);
  }

  /** @param {AbortSignal} signal */
  start(signal) {
    this.replaceChildren(this.#log, this.#newest);
    const { conversations, outbox } = this.#client;
    const render = batched(() => this.#render());
    this.#timeline.addEventListener('change', render, { signal });
    outbox.addEventListener('change', render, { signal });
    conversations.addEventListener('change', render, { signal });
    this.#log.addEventListener('scroll', () => this.#scrolled(), { signal });
    document.addEventListener('visibilitychange', () => this.#attend(), { signal });
    addEventListener('focus', () => this.#attend(), { signal });
    addEventListener('blur', () => this.#attend(), { signal });
    // The composer or a row may grow, or a keyboard appear.
    const resized = new ResizeObserver(() => this.#stay());
    resized.observe(this.#log);
    resized.observe(this.#list);
    signal.addEventListener('abort', () => resized.disconnect());
    this.#render();
  }

  /** One who sends is at the end from then on, and has seen what was new. */
  stickToNewest() {
    this.#freshAfter = null;
    this.#scrollToEnd();
  }

  #goToNewest() {
    this.#scrollToEnd();
    this.#log.focus();
  }

  #render() {
    // Decided before anything changes: to stay at the end, or to keep what is being read where it is.
    const anchor = this.#stuck ? null : this.#rowAt(this.#log.getBoundingClientRect().top);
    const top = anchor?.getBoundingClientRect().top ?? 0;
    this.#renderMessages();
    this.#renderHistory();
    if (this.#timeline.state === 'ready' && !this.#opened) this.#open();
    else if (anchor?.isConnected) this.#log.scrollTop += anchor.getBoundingClientRect().top - top;
    this.#stay();
  }

  #renderMessages() {
    this.#placeFresh();
    const items = this.#items();
    this.#hush(items[0]?.key ?? '');
    /** @type {Map<string, HTMLLIElement>} */
    const rows = new Map();
    /** @type {Item | null} */
    let before = null;
    for (const item of items) {
      const row = this.#rows.get(item.key) ?? el('li');
      showMessage(row, item, this.#setting(item, before));
      row.dataset.number = `${item.number ?? ''}`;
      rows.set(item.key, row);
      before = item;
    }
    this.#rows = rows;
    arrange(this.#list, [...rows.values()]);
  }

  /** What there is to show, oldest first: what the server has, then what is on its way there. */
  #items() {
    const { ahead, messages } = this.#timeline;
    // One's own text doesn't vanish while a hole before it is being filled.
    const sent = [...messages, ...ahead.filter(({ mine }) => mine)].map((message) => this.#sentItem(message));
    const arrived = new Set(sent.map(({ key }) => key));
    const waiting = this.#client.outbox.of(this.#id).filter(({ clientId }) => !arrived.has(keyOf(clientId)));
    return [...sent, ...waiting.map((entry) => this.#waitingItem(entry))];
  }

  /**
   * @param {Message} message
   * @returns {Item}
   */
  #sentItem({ id, clientId, number, content, createdAt, mine, author }) {
    const key = clientId ? keyOf(clientId) : id;
    return { key, number, content, createdAt, mine, from: mine ? 'You' : author?.username ?? '', failure: null };
  }

  /**
   * @param {Entry} entry
   * @returns {Item}
   */
  #waitingItem(entry) {
    const { clientId, content, createdAt, reason } = entry;
    const retry = () => this.#client.outbox.retry(clientId);
    const failure = reason ? { reason, retry, edit: () => this.#edit(entry) } : null;
    return { key: keyOf(clientId), number: null, content, createdAt, mine: true, from: 'You', failure };
  }

  /**
   * @param {Item} item
   * @param {Item | null} before
   */
  #setting(item, before) {
    const time = new Date(item.createdAt);
    const earlier = before && new Date(before.createdAt);
    const newDay = !earlier || !sameDay(earlier, time);
    const fresh = item.number !== null && item.number - 1 === this.#freshAfter;
    const together = before?.mine === item.mine && earlier && minutesBetween(earlier, time) < GROUP_MINUTES;
    return { day: newDay ? dayName(time) : '', fresh, leads: newDay || fresh || !together };
  }

  /** Marks where the unread messages begin, once, when they come while nobody is reading them as they come. */
  #placeFresh() {
    const { conversations } = this.#client;
    const reading = this.#opened && this.#stuck && isAttentive();
    const unread = conversations.unread(this.#id) > 0;
    if (this.#freshAfter === null && unread && !reading) this.#freshAfter = conversations.lastRead(this.#id);
  }

  /**
   * Keeps a screen reader from announcing older messages that came in above.
   * @param {string} oldest
   */
  #hush(oldest) {
    if (oldest === this.#oldestShown) return;
    this.#oldestShown = oldest;
    this.#log.setAttribute('aria-live', 'off');
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.#log.removeAttribute('aria-live'), QUIET_MS);
  }

  /** What stands above the messages: that older ones are coming, why they aren't, or that there are none. */
  #renderHistory() {
    const { state, older, hasOlder, reason } = this.#timeline;
    const empty = this.#rows.size === 0;
    const shown = [state, older, hasOlder, reason, empty].join();
    if (shown === this.#shownHistory) return;
    this.#shownHistory = shown;
    this.#history.replaceChildren(this.#historyContent(empty));
  }

  /** @param {boolean} empty */
  #historyContent(empty) {
    const { state, older, hasOlder, reason } = this.#timeline;
    const { username } = this.#other;
    if (state === 'loading') return skeleton(6, 'Loading messages');
    if (state === 'failed') return failure(reason, () => this.#timeline.load(this.#client.conversations.unread(this.#id)));
    if (older === 'failed') return failure(reason, () => this.#timeline.loadOlder());
    if (hasOlder) return el('p', { class: 'muted' }, 'Loading older messages …');
    if (empty) return el('div', { class: 'hello' }, avatar(this.#other), el('p', {}, 'Say hello to ', nameOf(username)));
    return el('p', { class: 'muted' }, 'Your conversation with ', nameOf(username), ' begins here.');
  }

  /** The first time, one is shown where the unread messages begin, or the newest ones. */
  #open() {
    this.#log.scrollTop = this.#log.scrollHeight;
    if (this.#freshAfter !== null) {
      // Where they begin beyond what is loaded, the first row is as near as one gets.
      const unread = this.#list.querySelector('.fresh') ?? this.#list;
      const { top, height } = this.#log.getBoundingClientRect();
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

  /** Stays at the end, if that is where one is, when the end has moved. */
  #stay() {
    const end = this.#log.scrollHeight - this.#log.clientHeight;
    if (this.#stuck && end !== this.#end) this.#log.scrollTop = end;
    this.#end = end;
    this.#lookAround();
  }

  /** Sees to what follows from the place one is at. */
  #lookAround() {
    const unread = this.#client.conversations.unread(this.#id);
    this.#newest.hidden = this.#stuck;
    this.#newest.textContent = unread ? `Newest (${unread} new)` : 'Newest';
    const early = this.#log.scrollTop < this.#log.clientHeight * EARLY_SCREENS;
    if (early && this.#opened && this.#timeline.older === 'idle') this.#timeline.loadOlder();
    if (this.#opened && isAttentive()) this.#markSeen();
  }

  #markSeen() {
    const edge = this.#log.getBoundingClientRect().bottom - SEEN_PX;
    let row = this.#rowAt(edge);
    // A row on its way to the server has no number.
    while (row && !(row.dataset.number && row.getBoundingClientRect().top < edge)) row = rowBefore(row);
    if (row) this.#client.conversations.markRead(this.#id, Number(row.dataset.number));
  }

  /** What comes while nobody is looking is new to whoever comes back. */
  #attend() {
    if (isAttentive()) this.#lookAround();
    else this.#freshAfter = null;
  }

  /**
   * The first row that reaches below a height of the window, or the last one.
   * @param {number} y
   */
  #rowAt(y) {
    const rows = [...this.#rows.values()];
    let low = 0;
    let high = rows.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((rows[middle]?.getBoundingClientRect().bottom ?? 0) > y) high = middle;
      else low = middle + 1;
    }
    return rows[low] ?? null;
  }
}

/**
 * A message keeps its row when it changes from waiting to sent. No id of a message looks like this.
 * @param {string} clientId
 */
function keyOf(clientId) {
  return `client ${clientId}`;
}

/**
 * @param {Element} row
 * @returns {HTMLLIElement | null}
 */
function rowBefore(row) {
  return row.previousElementSibling instanceof HTMLLIElement ? row.previousElementSibling : null;
}

/** Whether somebody is likely to be looking. */
function isAttentive() {
  return document.visibilityState === 'visible' && document.hasFocus();
}

customElements.define('message-list', MessageList);
