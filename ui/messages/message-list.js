// The messages on the screen: which of them are rendered, where one is among them, and what counts as read.

import { arrange, Component, el, failure, nameOf, render, skeleton } from '../base/dom.js';
import { titleOf } from '../base/format.js';
import { emblem } from '../people/avatar.js';
import { t, textOf, tn } from '../words/index.js';
import { showMessage } from './message-row.js';

/** @import {Message, User} from '../base/types.js' */
/** @import {Info} from '../conversations/conversations.js' */
/** @import {Context} from '../shell/messenger.js' */
/** @import {Item} from './message-row.js' */
/** @import {Timeline} from './timeline.js' */
/** @import {Entry} from './outbox.js' */

/** So many rows are in the page at most; it goes on by so many. */
const ROWS = 200;
const STEP = 60;
/** So near to the end, one is taken to be at the end. */
const SLACK_PX = 80;
/** More messages are rendered or loaded when there are fewer screens of them above or below. */
const EARLY_SCREENS = 1.5;
/** How many read rows are rendered above the first unread one. */
const CONTEXT = 30;
/** How far down the screen the first unread message is at first. */
const CONTEXT_SCREENS = 0.25;
/** A row counts as seen when this much of it is. */
const SEEN_PX = 16;
/** A longer message is folded, and all of it shown when somebody wants to see it. */
const MOST_LINES = 30;
const MOST_LETTERS = 1_500;
/** How long a screen reader is kept from reading out history as if it were news. */
const QUIET_MS = 1_000;

/** What shows more of a row, once that is loaded. @type {{show?: (row: HTMLLIElement, item: Item, timeline: Timeline) => void}} */
export const later = {};

/** Fires `look` whenever one may see something else. */
export class MessageList extends Component {
  #context;
  #id;
  #info;
  #timeline;
  #history = el('div', { class: 'history' });
  #list = el('ol');
  log = el('div', { class: 'log', role: 'log', tabindex: '-1', scroll: () => this.#scrolled() }, this.#history, this.#list);
  /** Up to this number, somebody else has read one's messages. */
  #readUpTo = 0;
  /** The message that one is changing. */
  #changing = '';
  /** Long messages that are shown whole. @type {Set<string>} */
  #unfolded = new Set();
  #most = ROWS;
  /** @type {Map<string, HTMLLIElement>} */
  #rows = new Map();
  /** The number of the first message that is rendered. */
  #from = 1;
  /** What stands above the first that is rendered. @type {Item | undefined} */
  #above;
  /** Whether the newest message is rendered. */
  #reachesEnd = true;
  #quiet = 0;
  #stuck = true;
  /** What stays where it is, while one isn't at the end. @type {{row: Element, place: number, at: number} | null} */
  #anchor = null;
  /** How far down one could scroll when that was last looked at. */
  #end = 0;
  #opened = false;
  /** The number of the message that it opens at; 0 for the unread ones, null as long as that isn’t known. @type {number | null} */
  #goal;
  /** Messages after this number are marked as new; null where none are. @type {number | null} */
  #freshAfter = null;
  #hadUnread = false;

  /** @param {Context} context @param {Info} info @param {boolean} waits for `open` */
  constructor(context, info, waits) {
    super();
    this.#goal = waits ? null : 0;
    const { client, clock } = context;
    this.#context = context;
    this.#id = info.id;
    this.#info = info;
    this.#timeline = client.timeline(info.id);
    this.append(this.log);

    const { signal } = this;
    addEventListener('focus', () => this.#lookAround(), { signal });
    document.addEventListener('visibilitychange', () => this.#lookAround(), { signal });
    // The composer or a row may grow, or a keyboard appear.
    const resized = new ResizeObserver(() => this.#stay());
    resized.observe(this.log);
    resized.observe(this.#list);
    signal.addEventListener('abort', () => resized.disconnect());
    this.watch(() => this.#render(), this.#timeline, client.outbox, client.conversations, clock);
  }

  /**
   * Opens it at a message, or else where it opens by itself.
   * @param {number} [number] of one that the timeline shows
   */
  open(number = 0) {
    this.#opened = false;
    this.#goal = number;
    this.#stuck = !number;
    this.#from = number - this.#most / 2;
    this.#render();
  }

  /** Whoever goes there, or sends, stays there from then on, and has seen what was new. */
  goToNewest() {
    this.#timeline.show();
    this.#freshAfter = null;
    this.#stuck = true;
    this.#render();
    this.log.scrollTop = this.log.scrollHeight;
    this.#scrolled();
  }

  /** Those that the server has, as far as they are here, oldest first. */
  get messages() {
    return this.#timeline.messages;
  }

  /** @param {number} number up to which somebody else has read one's messages */
  showRead(number) {
    if (number === this.#readUpTo) return;
    this.#readUpTo = number;
    this.#render();
  }

  /** @param {string} id of the message that one is changing, or '' */
  showChanging(id) {
    this.#changing = id;
    this.#render();
  }

  /** What is below it moves, and its beginning doesn't. @param {string} id */
  unfold(id) {
    this.#unfolded.add(id);
    this.#stuck = false;
    this.#anchor = null;
    this.#render();
    this.#scrolled();
  }

  /** @param {number} most rows; without, as many as are good to have on a screen */
  renderUpTo(most = ROWS) {
    this.#most = most;
    if (most > ROWS) this.#from = this.#oldest;
    this.#render();
  }

  /** Whether one is at the end, and stays there whatever comes. */
  get isAtEnd() {
    return this.#stuck;
  }

  #render() {
    this.#info = this.#context.client.conversations.known(this.#id) ?? this.#info;
    this.#markFresh();
    this.#renderMessages();
    this.#renderHistory();
    if (!this.#opened && this.#isReady) this.#open();
    this.#stay();
  }

  /** Where nobody has seen them come. */
  #markFresh() {
    const { conversations } = this.#context.client;
    const unread = conversations.unread(this.#id) > 0;
    if (unread && !this.#hadUnread && !(this.#isRead && this.#stuck)) this.#freshAfter = conversations.lastRead(this.#id);
    this.#hadUnread = unread;
  }

  #renderMessages() {
    const items = this.#isReady ? this.#items() : [];
    if (!this.#stuck || !this.#opened) this.#hush();
    this.#rows = new Map(items.map((item, index) => {
      const row = this.#rows.get(item.key) ?? el('li');
      row.dataset.number = `${item.number ?? ''}`;
      const fresh = item.number !== null && item.number - 1 === this.#freshAfter;
      showMessage(row, item, items[index - 1] ?? this.#above, fresh);
      later.show?.(row, item, this.#timeline);
      return [item.key, row];
    }));
    arrange(this.#list, [...this.#rows.values()]);
    this.#markStop();
  }

  /** The list is one stop of the Tab key: at the message that has the focus, else at the newest. */
  #markStop() {
    /** @type {HTMLLIElement | null | undefined} */
    const focused = document.activeElement?.closest('.message');
    const rows = [...this.#rows.values()];
    const stop = focused && rows.includes(focused) ? focused : rows.at(-1);
    for (const row of rows) row.tabIndex = row === stop ? 0 : -1;
  }

  /** Whether somebody is looking at it. */
  get #isRead() {
    return this.#opened && isAttentive();
  }

  /** What was kept from an earlier time is shown where nothing newer can be had. */
  get #isReady() {
    return this.#goal !== null && (this.#timeline.loaded || this.#timeline.state === 'failed');
  }

  /** What is rendered, oldest first: what the server has, then what is on its way there. */
  #items() {
    const { ahead, messages, first, last, isAway } = this.#timeline;
    const newest = last - this.#most + 1;
    // Whoever comes back, or opens it, begins where the unread messages do.
    const wanted = this.#freshAfter === null || this.#isRead ? newest : Math.min(newest, this.#freshAfter - CONTEXT);
    this.#from = Math.max(this.#oldest, this.#stuck ? wanted : this.#from);
    this.#reachesEnd = !isAway && this.#from + this.#most > last;
    this.#stuck &&= this.#reachesEnd;
    const start = this.#from - first;
    const sent = messages.slice(start, start + this.#most).map((message) => this.#sentItem(message));
    const above = messages[start - 1];
    this.#above = above && this.#sentItem(above);
    if (!this.#reachesEnd) return sent;
    // One's own words stay while a hole before them is being filled.
    sent.push(...ahead.filter(({ mine }) => mine).map((message) => this.#sentItem(message)));
    const keys = new Set(sent.map(({ key }) => key));
    const waiting = this.#context.client.outbox.of(this.#id).map((entry) => this.#waitingItem(entry));
    return [...sent, ...waiting.filter(({ key }) => !keys.has(key))];
  }

  /** What stands above a row decides what it looks like, so the first of those that are loaded waits for it. */
  get #oldest() {
    const { first, hasOlder } = this.#timeline;
    return hasOlder ? first + 1 : first;
  }

  /** @param {Message} message @returns {Item} */
  #sentItem(message) {
    const { client } = this.#context;
    const { id, clientId, number, createdAt, mine, author, editedAt, deletedAt, system, attachments, replyTo, mentions, reactions = [] } = message;
    const content = textOf(message);
    const removing = client.removing.has(id) && !deletedAt;
    return {
      key: clientId ? keyOf(clientId) : id, id, number, content, replyTo, files: attachments, createdAt, mine, system, removing, state: 'sent',
      from: mine ? t('messages.you') : titleOf(author), author: mine || this.#info.other ? null : author,
      edited: Boolean(editedAt), deleted: Boolean(deletedAt), read: mine && number <= this.#readUpTo,
      mentions, me: mentions && client.user.id, changing: id === this.#changing, folded: isLong(content) && !this.#unfolded.has(id),
      chips: removing ? [] : reactions.map(({ emoji, count, mine: isOwn }) => ({ emoji, count, isOwn })),
    };
  }

  /** @param {Entry} entry @returns {Item} */
  #waitingItem(entry) {
    const { outbox } = this.#context.client;
    const { clientId, content, replyTo, files, createdAt, reason } = entry;
    const state = reason ? 'failed' : outbox.waiting ? 'waiting' : 'sending';
    const waitsFor = state === 'waiting' ? outbox.waiting : '';
    return {
      key: keyOf(clientId), id: clientId, number: null, content, replyTo, files, createdAt, mine: true, from: t('messages.you'), state,
      waitsFor, reason, folded: isLong(content),
    };
  }

  /** Messages that come in because one has scrolled are no news to a screen reader. */
  #hush() {
    this.log.setAttribute('aria-live', 'off');
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.log.removeAttribute('aria-live'), QUIET_MS);
  }

  /** What stands above the messages. */
  #renderHistory() {
    const { state, hasOlder, reason, first } = this.#timeline;
    const { id, title, other } = this.#info;
    this.log.setAttribute('aria-label', t(other ? 'messages.logWith' : 'messages.logIn', { name: title }));
    render(this.#history, historyView, {
      timeline: this.#timeline, state, ready: this.#isReady, reason, id, title, other, empty: this.#rows.size === 0,
      older: hasOlder || this.#from > this.#oldest, curtailed: first > 1,
    });
  }

  #open() {
    const goal = this.#list.querySelector(`[data-number="${this.#goal}"]`);
    if (goal) goal.scrollIntoView({ block: 'center' });
    else this.#goToUnread();
    this.#opened = true;
    this.#end = this.#farthest;
    this.#scrolled();
  }

  /** Where the unread messages begin (or as near as what is loaded goes), or to the end, whichever comes first. */
  #goToUnread() {
    this.log.scrollTop = this.log.scrollHeight;
    if (this.#freshAfter === null) return;
    const unread = this.#list.querySelector('.fresh') ?? this.#list;
    const { top, height } = this.log.getBoundingClientRect();
    this.log.scrollTop += Math.min(0, unread.getBoundingClientRect().top - top - height * CONTEXT_SCREENS);
  }

  /** How far down one can scroll. */
  get #farthest() {
    return this.log.scrollHeight - this.log.clientHeight;
  }

  #scrolled() {
    // Told of scrolling before it is told of a change in size, which may be why.
    if (this.#farthest !== this.#end) this.#stay();
    this.#stuck = this.#reachesEnd && this.#end - this.log.scrollTop < SLACK_PX;
    this.#remember();
    this.#lookAround();
  }

  /** Whatever has changed above, below or in width: at the end one stays at the end, and elsewhere where one is. */
  #stay() {
    if (!this.#opened) return;
    const end = this.#farthest;
    // Somebody may have scrolled away without the browser having said so yet: a slow one paints first. By itself, it goes
    // no higher than to the end.
    if (this.#anchor && this.log.scrollTop < Math.min(this.#anchor.at, end) - SLACK_PX) this.#stuck = false;
    if (this.#stuck && end !== this.#end) {
      // What nobody sees coming isn't followed past its beginning.
      if (isAttentive()) this.log.scrollTop = end;
      else this.#goToUnread();
      this.#stuck = end - this.log.scrollTop < SLACK_PX;
    } else if (!this.#stuck && this.#anchor?.row.isConnected) {
      const { row, place, at } = this.#anchor;
      // Where all of it has become shorter, the browser has gone up already.
      this.log.scrollTop = (at > end ? at : this.log.scrollTop) + this.#placeOf(row) - place;
    }
    this.#end = end;
    this.#remember();
    this.#lookAround();
  }

  /** The first row that can be seen, and where it is. */
  #remember() {
    const { top } = this.log.getBoundingClientRect();
    const row = [...this.#rows.values()].find((row) => row.getBoundingClientRect().bottom > top);
    this.#anchor = row ? { row, place: this.#placeOf(row), at: this.log.scrollTop } : null;
  }

  /**
   * How far down in all that can be scrolled a row ends. Its top moves where what stands above the text (a day, a time)
   * comes or goes.
   * @param {Element} row
   */
  #placeOf(row) {
    return row.getBoundingClientRect().bottom - this.log.getBoundingClientRect().top + this.log.scrollTop;
  }

  /** Sees to what follows from where one is. */
  #lookAround() {
    this.dispatchEvent(new Event('look'));
    if (!this.#opened) return;
    const early = this.log.clientHeight * EARLY_SCREENS;
    if (this.log.scrollTop < early) this.#goOn(-STEP);
    else if (!this.#reachesEnd && this.#end - this.log.scrollTop < early) this.#goOn(STEP);
    // What is between there and here hasn’t been seen.
    if (isAttentive() && !this.#timeline.isAway) this.#markSeen();
  }

  /** Renders what comes before or after, and drops as much at the other end. @param {number} step */
  #goOn(step) {
    const { last, hasOlder, state } = this.#timeline;
    const from = Math.max(this.#oldest, Math.min(this.#from + step, last - this.#most + 1));
    if (from !== this.#from && !this.#stuck) {
      this.#from = from;
      this.#render();
    } else if (step < 0 && hasOlder && state === 'ready') {
      this.#timeline.load();
    }
  }

  #markSeen() {
    const edge = this.log.getBoundingClientRect().bottom - SEEN_PX;
    // What is on its way to the server has no number.
    const rows = [...this.#rows.values()].filter((row) => row.dataset.number);
    const seen = rows.findLast((row) => row.getBoundingClientRect().top < edge);
    if (seen) this.#context.client.conversations.markRead(this.#id, Number(seen.dataset.number));
  }
}

/**
 * @param {{timeline: Timeline, state: Timeline['state'], ready: boolean, reason: string, id: string, title: string,
 *   other: User | null, empty: boolean, older: boolean, curtailed: boolean}} props
 */
function historyView({ timeline, state, ready, reason, id, title, other, empty, older, curtailed }) {
  if (state === 'failed') return [failure(reason, () => timeline.load())];
  if (!ready) return [skeleton()];
  if (older) return [t('messages.loadingOlder')];
  const name = nameOf(title);
  if (empty) return [el('div', { class: 'hello' }, emblem({ id, title, other }), el('p', {}, ...tn('messages.hello', { name })))];
  // Whoever is added to a closed room sees what is said from then on.
  if (curtailed) return [t('messages.curtailed')];
  return tn(other ? 'messages.beginsWith' : 'messages.beginsIn', { name });
}

/** Whether a text would take more than a screen. @param {string} content */
function isLong(content) {
  return content.length > MOST_LETTERS || content.split('\n').length > MOST_LINES;
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
