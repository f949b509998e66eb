// Calls somebody back to the page: the badge of the app, notifications (which it offers), and a sound.
//
// Where the server pushes to this browser, the page leaves notifications to the worker, which shows them whether a page is
// open or not: browsers insist on that, so whatever the page showed itself would be there twice.

import { recentSettings } from '../account/settings.js';
import { titleOf } from '../base/format.js';
import { load } from '../base/load.js';
import { conversationPath } from '../base/router.js';
import { isCall } from '../conversations/calls.js';
import { summaryOf } from '../files/kinds.js';
import { actionsOf } from '../messages/actions.js';
import { inOneLine } from '../text/text-view.js';
import { t } from '../words/index.js';
import { keepAsked, notifies, rings, sounds, wasAsked, watchPermission } from './permission.js';
import { pushOf } from './push.js';
import { isQuiet } from './quiet.js';

/** @import {Router} from '../base/router.js' */
/** @import {Message} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */
/** @import {Notices} from '../shell/notices.js' */
/** @import {Preferences} from '../shell/preferences.js' */

/** Locks that tabs share while somebody sees them, or uses them, so that the others know. */
const VISIBLE = 'tincan:visible';
const ATTENTIVE = 'tincan:attentive';
/** As the server pushes it, so that there is one notification of a conversation, wherever it comes from. */
const TAG = 'conversation-';
/** So soon, a message has been read on another device where somebody is looking at it. */
const READ_ELSEWHERE_MS = 500;
/** So much later than the first, a tab may learn of a message, and still not announce it again. */
const CLAIM_MS = 10_000;
/** However much arrives, there is one sound in this time. */
const SOUND_MS = 2_000;

export class Attention {
  #client;
  #preferences;
  #router;
  #notices;
  /** Not known at first: there may be one of an earlier time. */
  #badge = NaN;
  /** Conversations with something unread. @type {Set<string>} */
  #unread = new Set();
  #isSwept = false;
  /** What has arrived in a moment, by conversation the newest. @type {Map<string, Message>} */
  #gathered = new Map();
  /** Those of a page without a worker. @type {Map<string, Notification>} */
  #notifications = new Map();
  /** What gives back each lock that this tab holds. @type {Map<string, () => void>} */
  #held = new Map();
  #life = new AbortController();

  /** @param {Client} client @param {Preferences} preferences @param {Router} router @param {Notices} notices */
  constructor(client, preferences, router, notices) {
    this.#client = client;
    this.#preferences = preferences;
    this.#router = router;
    this.#notices = notices;
    const { signal } = this.#life;
    const arrived = (/** @type {Event} */ event) => this.#arrived(/** @type {CustomEvent<Message>} */ (event).detail);
    client.addEventListener('arrived', arrived, { signal });
    client.addEventListener('sent', () => this.#offer(), { signal });
    client.conversations.addEventListener('change', () => this.#count(), { signal });
    for (const name of ['visibilitychange', 'focus', 'blur']) addEventListener(name, () => this.#look(), { signal });
    navigator.serviceWorker?.addEventListener('message', ({ data }) => this.#hear(data), { signal });
    watchPermission(preferences, signal);
    this.#look();
    this.#count();
  }

  stop() {
    this.#life.abort();
    this.#look();
    this.#setBadge(0);
    for (const id of this.#unread) this.#close(id);
  }

  /** What the worker says. @param {{open?: string, rang?: string}} word */
  #hear({ open, rang }) {
    if (open) this.#router.go(open);
    // It is before somebody’s eyes already.
    const { id } = this.#router.route;
    if (rang === tagOf(id) && this.#held.has(ATTENTIVE)) this.#close(id);
  }

  #look() {
    const visible = !document.hidden && !this.#life.signal.aborted;
    this.#hold(VISIBLE, visible);
    this.#hold(ATTENTIVE, visible && document.hasFocus());
  }

  /** @param {string} name @param {boolean} wanted */
  #hold(name, wanted) {
    if (wanted === this.#held.has(name)) return;
    this.#held.get(name)?.();
    this.#held.delete(name);
    if (!wanted) return;
    /** @type {PromiseWithResolvers<void>} */
    const { promise, resolve } = Promise.withResolvers();
    this.#held.set(name, resolve);
    navigator.locks?.request(name, { mode: 'shared' }, () => promise);
  }

  /** Whether any tab holds it, as far as one can know. @param {string} name */
  async #isHeld(name) {
    if (!navigator.locks) return this.#held.has(name);
    return (await navigator.locks.query()).held?.some((lock) => lock.name === name);
  }

  #count() {
    const { conversations } = this.#client;
    this.#setBadge(conversations.wanted);
    const unread = new Set(conversations.listed.filter((each) => each.unread).map(({ id }) => id));
    for (const id of this.#unread) if (!unread.has(id)) this.#close(id);
    this.#unread = unread;
    if (conversations.state !== 'ready' || this.#isSwept) return;
    this.#isSwept = true;
    this.#sweep();
  }

  /** What has been read on another device while no page was open here. */
  async #sweep() {
    const registration = await registered();
    for (const { tag } of await registration?.getNotifications() ?? []) {
      const id = tag.slice(TAG.length);
      if (tag.startsWith(TAG) && this.#client.conversations.known(id) && !this.#unread.has(id)) this.#close(id);
    }
  }

  /** @param {number} total */
  #setBadge(total) {
    if (total === this.#badge) return;
    this.#badge = total;
    // Nought clears it. A page that isn't installed has none, and some browsers say so.
    navigator.setAppBadge?.(total).catch(() => {});
  }

  /** Once somebody waits for an answer, they may want to hear of it. */
  #offer() {
    const preferences = this.#preferences;
    if (wasAsked(preferences) || globalThis.Notification?.permission !== 'default') return;
    const answer = (/** @type {boolean} */ wanted) => {
      this.#notices.tell('offer', null);
      if (wanted) pushOf(this.#client, preferences).turnOn();
      else keepAsked(preferences);
    };
    this.#notices.tell('offer', {
      text: 'attention.offer', actions: [['attention.turnOn', () => answer(true)], ['shell.notNow', () => answer(false)]],
    });
  }

  /** @param {Message} message */
  async #arrived(message) {
    const { conversationId } = message;
    if (!await this.#isWanted(message)) return;
    const gathering = this.#gathered.has(conversationId);
    this.#gathered.set(conversationId, message);
    if (gathering) return;
    await new Promise((done) => setTimeout(done, READ_ELSEWHERE_MS));
    const newest = this.#gathered.get(conversationId) ?? message;
    const { id, number } = newest;
    this.#gathered.delete(conversationId);
    const isRead = number <= this.#client.conversations.lastRead(conversationId);
    if (isRead || await isQuiet(this.#client.api) || this.#life.signal.aborted) return;
    const preferences = this.#preferences;
    const isVisible = await this.#isHeld(VISIBLE);
    const isRung = rings(preferences);
    if (!isVisible && !isRung && notifies(preferences) && await claim(`notify ${id}`, CLAIM_MS)) this.#notify(newest);
    // What the worker shows has a sound of its own. And browsers let no page make one that nobody has touched yet.
    const mayPlay = sounds(preferences) && (isVisible || !isRung) && navigator.userActivation?.hasBeenActive !== false;
    if (mayPlay && !await this.#isHeld(ATTENTIVE) && await claim('sound', SOUND_MS)) play();
  }

  /** Whether one wants to be notified of it, as one has chosen for its conversation. @param {Message} message */
  async #isWanted(message) {
    const { conversations, user } = this.#client;
    // In a room, one still reads whom one has blocked, and their bots, but isn’t called.
    const { blocks } = actionsOf(this.#client);
    if (blocks.has(message.author?.id) || blocks.has(message.author?.botOf)) return false;
    // Where that can’t be told, rather too much than too little.
    const { level } = await conversations.info(message.conversationId).catch(() => ({ level: 'all' }));
    return level === 'all' || level === 'mentions' && isCall(message, user.id);
  }

  /** @param {Message} message */
  async #notify(message) {
    const { conversationId, author, content, mentions, createdAt } = message;
    const from = titleOf(author) || 'Tincan';
    const { kind, title } = this.#client.conversations.known(conversationId) ?? {};
    const isRoom = kind === 'room';
    const heading = isRoom && title || from;
    const path = conversationPath(conversationId);
    const text = `${isRoom ? `${from}: ` : ''}${inOneLine(content, mentions) || summaryOf(message)}`;
    // Where that can’t be told, nobody has chosen another.
    const { preview } = await recentSettings(this.#client.api).catch(() => ({ preview: true }));
    const options = {
      body: preview ? text : t('attention.newMessage'), data: path, icon: '/icons/192.png', lang: '', timestamp: Date.parse(createdAt),
      // One for a conversation, seen again with each message, and heard only if somebody wants our sound.
      tag: tagOf(conversationId), renotify: true, silent: true,
    };
    const registration = await registered();
    if (registration?.active) return registration.showNotification(heading, options);
    const notification = new Notification(heading, options);
    notification.onclick = () => {
      notification.close();
      focus();
      this.#router.go(path);
    };
    this.#notifications.set(conversationId, notification);
  }

  /** @param {string} conversationId */
  async #close(conversationId) {
    this.#notifications.get(conversationId)?.close();
    this.#notifications.delete(conversationId);
    const registration = await registered();
    for (const shown of await registration?.getNotifications({ tag: tagOf(conversationId) }) ?? []) shown.close();
  }
}

/** None either where the browser doesn’t let one ask. */
async function registered() {
  return navigator.serviceWorker?.getRegistration().catch(() => undefined);
}

/** @param {string} conversationId */
function tagOf(conversationId) {
  return TAG + conversationId;
}

async function play() {
  const { playSound } = await load(() => import('./sound.js'));
  playSound();
}

/** Whether this tab is the first to want to do something, for some milliseconds. @param {string} what @param {number} time @returns {Promise<boolean>} */
async function claim(what, time) {
  if (!navigator.locks) return true;
  return new Promise((done) => {
    navigator.locks.request(`tincan:${what}`, { ifAvailable: true }, (lock) => {
      done(lock !== null);
      return lock && new Promise((given) => setTimeout(given, time));
    });
  });
}
