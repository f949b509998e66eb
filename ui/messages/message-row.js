// One message, with what may stand above it (a day, "New", a face and a name) and below it (reactions).

import { el, nameOf, render } from '../base/dom.js';
import { clockTime, dayName, fullTime, titleOf } from '../base/format.js';
import { drawing } from '../base/icons.js';
import { avatar, tinted } from '../people/avatar.js';
import { t } from '../words/index.js';

/** @import {Attachment, Mention, ReplyTo, SystemEvent, User} from '../base/types.js' */
/** @import {OutgoingFile} from '../files/uploads.js' */

const GROUP_MS = 5 * 60_000;
/** What is shown large, where it is all of a message. */
const FEW_EMOJI = /^(?:\p{RGI_Emoji}\s?){1,3}$/v;
const CLOCK = 'M12 4a8 8 0 1 0 0 16 8 8 0 1 0 0-16M12 8v4.5l3 2';
const TICK = 'M5 13l4 4 10-11';
const TICKS = 'M1 13l4 4 10-11M12 15.5l2 1.5 9-11';

/** What texts have that are more than plain. */
const SIGNS = /[*_`]|:\/\/|^ *(?:[->]|\d+\.)/m;

/** What makes nodes of a text, once that is loaded. @type {{text: (text: string, mentions: Mention[], me?: string) => (Node | string)[]}} */
export const formats = { text: plain };

/** @typedef {{emoji: string, count: number, isOwn: boolean}} Chip */

/**
 * A message to show: one that the server has, or one (without a number) on its way there, which may have failed, for a
 * `reason`. `author` is whom to name above it; `read` says that somebody else has read it; `removing` says that it is
 * about to be deleted, `changing` that one is changing it, and `folded` that only its beginning is to be seen. `me` is one’s
 * own id, where somebody is mentioned.
 * @typedef {{key: string, id: string, number: number | null, content: string, createdAt: string, mine: boolean,
 *   from: string, state: 'sent' | 'sending' | 'waiting' | 'failed', waitsFor?: string, reason?: string,
 *   system?: SystemEvent, author?: User | null, edited?: boolean, deleted?: boolean, removing?: boolean,
 *   changing?: boolean, folded?: boolean, read?: boolean, chips?: Chip[], files?: (Attachment | OutgoingFile)[],
 *   replyTo?: ReplyTo, mentions?: Mention[], me?: string}} Item
 */

/**
 * Shows an item below another one; `fresh` says that the unread ones begin here. What its buttons do comes later, by their
 * `name`; the message's id is their `value`.
 * @param {HTMLLIElement} row @param {Item} item @param {Item | undefined} above @param {boolean} fresh
 */
export function showMessage(row, item, above, fresh) {
  const {
    id, content, createdAt, mine, from, state, system, author = null, edited = false, folded = false, chips = [],
    removing = false, changing = false, read = false, mentions = [], me = '',
  } = item;
  const time = new Date(createdAt);
  const earlier = above && new Date(above.createdAt);
  const sameDay = earlier?.toDateString() === time.toDateString();
  const sameAuthor = above?.mine === mine && above.from === from && above.author?.id === author?.id;
  const together = sameDay && !fresh && sameAuthor && time.getTime() - Number(earlier) < GROUP_MS;
  const gone = Boolean(item.deleted || removing);
  const full = fullTime(time);
  row.className = ['message', system ? 'system' : mine ? 'mine' : 'theirs', state, !together && 'leads', author && 'faced',
    changing && 'changing', gone ? 'gone' : FEW_EMOJI.test(content) && 'big'].filter(Boolean).join(' ');
  row.dataset.day = dayName(time);
  const [head, box, below] = partsOf(row);
  render(head, headView, { day: sameDay ? '' : dayName(time), fresh, author: together ? null : author });
  if (system) {
    // Of a message the time has it: here, screen readers would begin each one with it.
    box.title = full;
    return render(box, eventView, { content });
  }
  // What changes on its way to the server stands apart, so that no screen reader hears the text again.
  render(box, bubbleView, {
    id: removing || folded ? id : '', from, content, mentions, me, gone, removing, folded, format: SIGNS.test(content) || mentions.length > 0 ? formats.text : plain,
  });
  const status = !mine || gone ? '' : state === 'sent' && read ? 'read' : state;
  const meta = box.querySelector('.meta');
  if (meta instanceof HTMLElement) render(meta, metaView, { createdAt, time: clockTime(time), full, edited: edited && !gone, status });
  render(below, belowView, { chips });
}

/** @type {WeakMap<Element, [HTMLElement, HTMLElement, HTMLElement]>} */
const parts = new WeakMap();

/** What stands above, the message itself, and its reactions. @param {HTMLLIElement} row */
function partsOf(row) {
  const known = parts.get(row);
  if (known) return known;
  /** @type {[HTMLElement, HTMLElement, HTMLElement]} */
  const made = [
    el('div', { class: 'head', 'aria-live': 'off' }), el('div', { class: row.matches('.system') ? 'event' : 'bubble' }),
    // The chips can be reached by the message's menu, and are no news to a screen reader.
    el('div', { class: 'below', 'aria-live': 'off' }),
  ];
  row.append(...made);
  parts.set(row, made);
  return made;
}

/** @param {{day: string, fresh: boolean, author: User | null}} props */
function headView({ day, fresh, author }) {
  return [
    day && el('p', { class: 'day' }, el('span', {}, day)),
    fresh && el('p', { class: 'fresh' }, t('messages.new')),
    author && byline(author),
  ];
}

/** @param {User} author */
function byline(author) {
  const name = titleOf(author);
  return tinted(author.id, el('p', { class: 'byline' },
    el('button', { class: 'face', tabindex: '-1', 'aria-label': t('messages.profile', { name }) }, avatar(author)),
    // Whoever listens hears it with each message.
    el('b', { 'aria-hidden': 'true' }, nameOf(name))));
}

/** @param {{content: string}} props */
function eventView({ content }) {
  return [content];
}

/**
 * @param {{id: string, from: string, content: string, mentions: Mention[], me: string, gone: boolean, removing: boolean,
 *   folded: boolean, format: typeof formats.text}} props
 */
function bubbleView({ id, from, content, mentions, me, gone, removing, folded, format }) {
  return [
    el('span', { class: 'visually-hidden' }, nameOf(from), ': '),
    gone ? el('p', {}, t('messages.deleted'))
      : textView(format(content, mentions, me), folded),
    removing && el('button', { class: 'link undo', name: 'undo', value: id }, t('messages.undo')),
    folded && !gone && el('button', { class: 'link unfold', name: 'unfold', value: id, tabindex: '-1' }, t('messages.more')),
    el('span', { class: 'meta', 'aria-live': 'off' }),
  ];
}

/** @param {string} text */
function plain(text) {
  return [text];
}

/** One paragraph, or what several and other blocks are in. @param {(Node | string)[]} parts @param {boolean} folded */
function textView(parts, folded) {
  const hasBlocks = parts.some((part) => part instanceof Element && part.matches('p, div, blockquote, ul, ol'));
  return el(hasBlocks ? 'div' : 'p', { class: folded ? 'text folded' : 'text', dir: 'auto' }, ...parts);
}

/** @param {{createdAt: string, time: string, full: string, edited: boolean, status: string}} props */
function metaView({ createdAt, time, full, edited, status }) {
  return [
    edited && el('span', { class: 'edited' }, t('messages.edited'), ' '),
    el('time', { datetime: createdAt, title: full, dir: document.dir || 'ltr' }, time),
    status && status !== 'failed' && statusOf(status),
  ];
}

/** How far a message of one's own has come. @param {string} status */
function statusOf(status) {
  const [lines, word] = status === 'read' ? [TICKS, t('messages.read')]
    : status === 'sent' ? [TICK, t('messages.sent')] : [CLOCK, t('messages.sending')];
  return el('span', { class: `status ${status}` },
    drawing(lines), el('span', { class: 'visually-hidden' }, ` ${word}`));
}

/** What others think of a message. @param {{chips: Chip[]}} props */
function belowView({ chips }) {
  return chips.map(({ emoji, count, isOwn }) => el('button', {
    class: 'chip', tabindex: '-1', 'aria-pressed': `${isOwn}`, value: emoji,
  }, `${emoji} ${count}`));
}
