// One message, with what may stand above it (a day, "New", a name, a time) and below it (reactions, who has read it, why
// it wasn't sent).

import { el, fill, nameOf, tinted } from '../base/dom.js';
import { clockTime, dayName, fullTime, splitLinks } from '../base/format.js';

/** @import {Message, User} from '../base/types.js' */

const GROUP_MS = 5 * 60_000;

/** @typedef {{emoji: string, count: number, isOwn: boolean}} Chip */

/**
 * A message to show: one that the server has, or one (without a number) on its way there, which may have failed.
 * `author` is whom to name above it; `undo` takes back that it is about to be deleted; `receipt` says who has read it.
 * @typedef {{key: string, number: number | null, content: string, createdAt: string, mine: boolean, from: string,
 *   state: 'sent' | 'sending' | 'waiting' | 'failed', waitsFor: string,
 *   failure: {reason: string, retry: () => void, edit: () => void} | null, message?: Message, author?: User | null,
 *   chips?: Chip[], receipt?: string, undo?: (() => void) | false}} Item
 */

/**
 * Shows an item below another one; `fresh` says that the unread ones begin here.
 * @param {HTMLLIElement} row @param {Item} item @param {Item | undefined} above @param {boolean} fresh
 */
export function showMessage(row, item, above, fresh) {
  const { content, createdAt, mine, from, state, waitsFor, failure, message, author, undo } = item;
  const time = new Date(createdAt);
  const earlier = above && new Date(above.createdAt);
  const sameDay = earlier?.toDateString() === time.toDateString();
  const sameAuthor = above?.mine === mine && above.from === from;
  const together = sameDay && !fresh && sameAuthor && time.getTime() - Number(earlier) < GROUP_MS;
  const day = sameDay ? '' : dayName(time);
  const full = fullTime(time);
  const { system, editedAt, deletedAt } = message ?? {};
  const isGone = deletedAt || undo;
  const kind = system ? 'system' : mine ? 'mine' : 'theirs';
  row.className = `message ${kind} ${state} ${together ? '' : 'leads'}`;
  fill(row, [state, waitsFor, failure?.reason, together, day, fresh, full, editedAt, deletedAt, Boolean(undo)], () => [
    day && el('p', { class: 'day' }, day),
    fresh && el('p', { class: 'fresh' }, 'New'),
    ...(system ? [el('p', { class: 'event', title: full }, content)] : [
      !together && el('p', { class: 'byline' },
        // Whoever listens hears it with each message.
        author ? tinted(author.id, el('b', { 'aria-hidden': 'true' }, nameOf(author.username))) : null,
        el('time', { datetime: createdAt, title: full }, clockTime(time))),
      el('div', { class: isGone ? 'bubble gone' : 'bubble', title: full },
        el('span', { class: 'visually-hidden' }, el('bdi', {}, from), ': '),
        isGone ? el('p', {}, 'Message deleted') : el('p', { dir: 'auto' }, ...linked(content)),
        undo ? el('button', { class: 'link undo', click: undo }, 'Undo') : null,
        editedAt && !isGone ? el('small', {}, 'Edited') : null),
    ]),
    state === 'sending' && el('span', { class: 'visually-hidden' }, 'Sending'),
    state === 'waiting' && el('p', { class: 'pending' }, waitsFor),
    failure && el('div', { class: 'not-sent' },
      el('p', {}, `Not sent. ${failure.reason}`),
      el('button', { class: 'button', click: failure.retry }, 'Retry'),
      el('button', { class: 'button', click: failure.edit }, 'Edit')),
  ]);
  showBelow(row, item);
}

/**
 * What others think of a message, which is no news to a screen reader. The chips can be reached by the message's menu.
 * @param {HTMLLIElement} row @param {Item} item
 */
function showBelow(row, { chips = [], receipt = '' }) {
  /** @type {HTMLElement | null} */
  const there = row.querySelector('.below');
  if (chips.length === 0 && !receipt) return there?.remove();
  const below = there ?? el('div', { class: 'below', 'aria-live': 'off' });
  if (!there) row.append(below);
  fill(below, [...chips.flatMap(Object.values), receipt], () => [
    ...chips.map(({ emoji, count, isOwn }) => el('button', {
      class: 'chip', tabindex: '-1', 'aria-pressed': `${isOwn}`, value: emoji,
    }, `${emoji} ${count}`)),
    receipt && el('p', { class: 'receipt' }, receipt),
  ]);
}

/** @param {string} text */
function linked(text) {
  return splitLinks(text).map((part) => (typeof part === 'string'
    ? part
    : el('a', { href: part.href, target: '_blank', rel: 'noopener noreferrer' }, part.text)));
}
