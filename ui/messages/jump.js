// Going to a message where it was said, wherever in history that is, and back.

import { ApiError, reasonOf } from '../base/api.js';
import { el, failure } from '../base/dom.js';
import { addStyle } from '../base/load.js';
import { conversationPath } from '../base/router.js';
import { t } from '../words/index.js';
import { MessageList } from './message-list.js';

/** @import {Route} from '../base/router.js' */
/** @import {Message} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */
/** @import {Context} from '../shell/messenger.js' */
/** @import {Timeline} from './timeline.js' */

addStyle(import.meta.url, 'jump.css');

/** Of history around a message, half of them on either side. */
const PAGE = 100;
/** Newer messages are loaded when there are fewer screens of them below. */
const EARLY_SCREENS = 1.5;
/** How long a message is marked that somebody has come to. */
const MARKED_MS = 3_000;
/** How long it is said that there is no such message. */
const COMPLAINT_MS = 8_000;

/**
 * Goes to a message of a conversation, which may be another one or the one that is open. Going back comes to where one was.
 * @param {Context} context @param {string} conversationId @param {string} messageId
 */
export function jumpTo({ router }, conversationId, messageId) {
  rememberPlace();
  router.go(messagePath(conversationId, messageId));
}

/** Where `jumpTo` goes, for a link. @param {string} conversationId @param {string} messageId */
export function messagePath(conversationId, messageId) {
  return `${conversationPath(conversationId)}/${messageId}`;
}

/** For whoever comes back to where they are now. */
export function rememberPlace() {
  const list = document.querySelector('message-list');
  const place = list instanceof MessageList && !list.isAtEnd && topOf(list);
  if (place) history.replaceState({ place: place.id }, '');
}

/** The first message that can be seen. @param {MessageList} list */
function topOf({ log, messages }) {
  const { top } = log.getBoundingClientRect();
  const row = [...log.querySelectorAll('li')].find((each) => each.getBoundingClientRect().bottom > top);
  return messages.find(({ number }) => `${number}` === row?.dataset.number);
}

/** @type {WeakMap<MessageList, Visit>} */
const visits = new WeakMap();

/** Shows the goal of a route in its conversation. @param {Context} context @param {MessageList} list @param {Route} route */
export function goToGoal({ client }, list, { id, goal = '' }) {
  const visit = visits.get(list) ?? new Visit(client, list, id);
  visits.set(list, visit);
  return visit.goTo(goal);
}

/** Being somewhere in the history of a conversation, for as long as its messages are on the screen. */
class Visit {
  #api;
  #list;
  #timeline;
  #home;
  #path;
  /** What was asked for last: an answer to what was asked before it comes too late. */
  #goal = '';
  /** The message that was found. @type {HTMLElement | undefined} */
  #row;
  #isLoading = false;
  /** Below the messages, where they don’t reach to the newest. */
  #rest = el('div', { class: 'history rest', hidden: true });
  #problem = el('div', { class: 'jump-problem', role: 'status' });

  /** @param {Client} client @param {MessageList} list @param {string} conversationId */
  constructor(client, list, conversationId) {
    this.#api = client.api;
    this.#list = list;
    this.#timeline = client.timeline(conversationId);
    this.#home = conversationPath(conversationId);
    this.#path = `/api/conversations/${conversationId}/messages`;
    list.log.append(this.#rest);
    list.append(this.#problem);
    list.addEventListener('look', () => this.#look());
    // Whoever comes back another time begins where one begins.
    list.signal.addEventListener('abort', () => {
      this.#goal = '';
      this.#timeline.show();
    });
    client.stream.addEventListener('connected', () => this.#timeline.isAway && this.#goOn(), { signal: list.signal });
  }

  /** @param {string} goal the id of a message */
  async goTo(goal) {
    this.#goal = goal;
    this.#row = undefined;
    this.#problem.replaceChildren();
    const isSought = location.pathname !== this.#home;
    try {
      await settled(this.#timeline, this.#list.signal);
      const number = numberIn(this.#timeline, goal) ?? await this.#find(goal);
      if (goal !== this.#goal) return;
      this.#list.open(number);
      const row = /** @type {HTMLElement} */ (this.#list.log.querySelector(`[data-number="${number}"]`));
      row.focus({ preventScroll: true });
      if (isSought) mark(row);
      else row.scrollIntoView({ block: 'start' });
      this.#row = row;
    } catch (error) {
      if (goal === this.#goal) this.#fail(error, goal);
    }
  }

  /** Loads what is around it. @param {string} goal */
  async #find(goal) {
    const timeline = this.#timeline;
    // Where the newest can be had by now, it is from there that one comes back to.
    if (!timeline.loaded) await timeline.load();
    if (!timeline.loaded) throw new ApiError(0, timeline.reason);
    const page = await this.#around(goal);
    const number = page.find(({ id }) => id === goal)?.number;
    if (!number) throw new ApiError(404, '');
    if (goal === this.#goal) timeline.show(page);
    return number;
  }

  /** @param {string} id @returns {Promise<Message[]>} newest first */
  #around(id) {
    return this.#api.get(`${this.#path}?around=${id}&limit=${PAGE}`);
  }

  /** One sees what one would see otherwise, or saw before, and why. @param {unknown} error @param {string} goal */
  #fail(error, goal) {
    const reason = reasonOf(error);
    const isMissing = error instanceof ApiError && error.status === 404;
    if (!this.#list.log.querySelector('li')) this.#list.open();
    const problem = isMissing ? el('p', {}, t('messages.notFound')) : failure(reason, () => this.goTo(goal));
    this.#problem.replaceChildren(problem);
    if (isMissing) setTimeout(() => problem.remove(), COMPLAINT_MS);
  }

  #look() {
    const { log, isAtEnd } = this.#list;
    const { isAway } = this.#timeline;
    this.#rest.hidden = !isAway;
    const below = log.scrollHeight - log.clientHeight - log.scrollTop;
    if (isAway && below < log.clientHeight * EARLY_SCREENS && !this.#hasFailed) this.#loadNewer();
    if (isAtEnd && this.#row) this.#leave(this.#row);
  }

  /** Whoever has gone on to the newest messages is there when the page is loaded again. @param {HTMLElement} row */
  #leave(row) {
    const { top, bottom } = this.#list.log.getBoundingClientRect();
    const place = row.getBoundingClientRect();
    if (row.isConnected && place.bottom > top && place.top < bottom) return;
    this.#row = undefined;
    if (location.pathname === `${this.#home}/${this.#goal}`) history.replaceState(null, '', this.#home);
  }

  async #loadNewer() {
    if (this.#isLoading) return;
    this.#isLoading = true;
    this.#rest.replaceChildren(t('messages.loadingNewer'));
    const timeline = this.#timeline;
    try {
      const page = await this.#around(timeline.messages.at(-1)?.id ?? '');
      const { last } = timeline;
      for (const message of page.reverse()) if (message.number > last) timeline.take(message);
    } catch (error) {
      this.#rest.replaceChildren(failure(reasonOf(error), () => this.#loadNewer()));
    }
    this.#isLoading = false;
  }

  get #hasFailed() {
    return this.#rest.querySelector('.failure') !== null;
  }

  /** Once there is a stream: asks for what has changed before it began to tell. */
  async #goOn() {
    if (this.#hasFailed) this.#loadNewer();
    const { messages } = this.#timeline;
    const page = await this.#around(messages[messages.length >> 1]?.id ?? '').catch(reasonOf);
    if (Array.isArray(page)) for (const message of page) this.#timeline.takeChange(message);
  }
}

/** The number of a message that can be shown without loading more; where it is among the newest, they are shown. @param {Timeline} timeline @param {string} id */
function numberIn(timeline, id) {
  const find = (/** @type {Message[]} */ messages) => messages.find((each) => each.id === id)?.number;
  const number = find(timeline.messages);
  if (number) return number;
  const newest = find(timeline.newest);
  if (newest) timeline.show();
  return newest;
}

/** Waits until the newest messages are here, or can’t be had. @param {Timeline} timeline @param {AbortSignal} signal */
async function settled(timeline, signal) {
  while (!timeline.loaded && timeline.state === 'loading') {
    await new Promise((done) => timeline.addEventListener('change', done, { once: true, signal }));
  }
}

/** @param {HTMLElement} row */
function mark(row) {
  row.dataset.sought = '';
  setTimeout(() => delete row.dataset.sought, MARKED_MS);
}
