// One message, with what may stand above it (a day, "New", a name, a time) and below it (reactions, who has read it, why
// it wasn't sent).

import { el, nameOf, render } from '../base/dom.js';
import { clockTime, dayName, fullTime, splitLinks } from '../base/format.js';
import { tinted } from '../people/avatar.js';
import { t } from '../words/index.js';

/** @import {SystemEvent, User} from '../base/types.js' */

const GROUP_MS = 5 * 60_000;

/** @typedef {{emoji: string, count: number, isOwn: boolean}} Chip */

/**
 * What the buttons of a row do, the same for all rows: to take back that a message is about to be deleted, and what to do
 * with one that wasn't sent. They are told its `id`.
 * @typedef {{undo: (id: string) => void, retry: (id: string) => void, edit: (id: string) => void}} RowActions
 */

/**
 * A message to show: one that the server has, or one (without a number) on its way there, which may have failed, for a
 * `reason`. `author` is whom to name above it; `receipt` says who has read it; `removing` says that it is about to be
 * deleted.
 * @typedef {{key: string, id: string, number: number | null, content: string, createdAt: string, mine: boolean,
 *   from: string, state: 'sent' | 'sending' | 'waiting' | 'failed', waitsFor?: string, reason?: string,
 *   system?: SystemEvent, author?: User | null, edited?: boolean, deleted?: boolean, removing?: boolean, chips?: Chip[],
 *   receipt?: string}} Item
 */

/**
 * Shows an item below another one; `fresh` says that the unread ones begin here.
 * @param {HTMLLIElement} row @param {Item} item @param {Item | undefined} above @param {boolean} fresh
 * @param {RowActions} [actions]
 */
export function showMessage(row, item, above, fresh, actions) {
  const { key: _, number, chips = [], receipt = '', ...content } = item;
  const { createdAt, mine, from, state, system } = item;
  const time = new Date(createdAt);
  const earlier = above && new Date(above.createdAt);
  const sameDay = earlier?.toDateString() === time.toDateString();
  const sameAuthor = above?.mine === mine && above.from === from;
  const together = sameDay && !fresh && sameAuthor && time.getTime() - Number(earlier) < GROUP_MS;
  const kind = system ? 'system' : mine ? 'mine' : 'theirs';
  row.className = `message ${kind} ${state} ${together ? '' : 'leads'}`;
  const place = { together, fresh, day: sameDay ? '' : dayName(time), time: clockTime(time), full: fullTime(time) };
  render(row, messageView, { ...content, ...place, actions });
  showBelow(row, { chips, receipt });
}

/**
 * @typedef {Omit<Item, 'key' | 'number' | 'chips' | 'receipt'> & {together: boolean, fresh: boolean, day: string,
 *   time: string, full: string, actions: RowActions | undefined}} MessageProps
 */

/** @param {MessageProps} props */
function messageView(props) {
  const { id, content, state, waitsFor = '', reason = '', system, together, fresh, day, full, actions } = props;
  return [
    day && el('p', { class: 'day' }, day),
    fresh && el('p', { class: 'fresh' }, t('messages.new')),
    ...system ? [el('p', { class: 'event', title: full }, content)] : [!together && byline(props), bubble(props)],
    state === 'sending' && el('span', { class: 'visually-hidden' }, t('messages.sending')),
    state === 'waiting' && el('p', { class: 'pending' }, waitsFor),
    state === 'failed' && el('div', { class: 'not-sent' },
      el('p', {}, t('messages.notSent', { reason })),
      el('button', { class: 'button', click: () => actions?.retry(id) }, t('messages.retry')),
      el('button', { class: 'button', click: () => actions?.edit(id) }, t('messages.edit'))),
  ];
}

/** @param {MessageProps} props */
function byline({ author, createdAt, time, full }) {
  return el('p', { class: 'byline' },
    // Whoever listens hears it with each message.
    author ? tinted(author.id, el('b', { 'aria-hidden': 'true' }, nameOf(author.username))) : null,
    el('time', { datetime: createdAt, title: full }, time));
}

/** @param {MessageProps} props */
function bubble({ id, from, content, full, edited, deleted, removing, actions }) {
  const isGone = deleted || removing;
  return el('div', { class: isGone ? 'bubble gone' : 'bubble', title: full },
    el('span', { class: 'visually-hidden' }, el('bdi', {}, from), ': '),
    isGone ? el('p', {}, t('messages.deleted')) : el('p', { dir: 'auto' }, ...linked(content)),
    removing ? el('button', { class: 'link undo', click: () => actions?.undo(id) }, t('messages.undo')) : null,
    edited && !isGone ? el('small', {}, t('messages.edited')) : null);
}

/**
 * What others think of a message, which is no news to a screen reader. The chips can be reached by the message's menu.
 * @param {HTMLLIElement} row @param {{chips: Chip[], receipt: string}} props
 */
function showBelow(row, props) {
  /** @type {HTMLElement | null} */
  const there = row.querySelector('.below');
  if (props.chips.length === 0 && !props.receipt) return there?.remove();
  const below = there ?? el('div', { class: 'below', 'aria-live': 'off' });
  if (!there) row.append(below);
  render(below, belowView, props);
}

/** @param {{chips: Chip[], receipt: string}} props */
function belowView({ chips, receipt }) {
  return [
    ...chips.map(({ emoji, count, isOwn }) => el('button', {
      class: 'chip', tabindex: '-1', 'aria-pressed': `${isOwn}`, value: emoji,
    }, `${emoji} ${count}`)),
    receipt && el('p', { class: 'receipt' }, receipt),
  ];
}

/** @param {string} text */
function linked(text) {
  return splitLinks(text).map((part) => (typeof part === 'string'
    ? part
    : el('a', { href: part.href, target: '_blank', rel: 'noopener noreferrer' }, part.text)));
}
