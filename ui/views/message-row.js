// One message, with what may stand above it (a day, "New", a time) and below it (why it wasn't sent).

import { el, fill } from '../base/dom.js';
import { clockTime, dayName, fullTime, splitLinks } from '../base/format.js';

const GROUP_MS = 5 * 60_000;

/**
 * A message to show: one that the server has, or one (without a number) on its way there, which may have failed.
 * @typedef {{key: string, number: number | null, content: string, createdAt: string, mine: boolean, from: string,
 *   state: 'sent' | 'sending' | 'waiting' | 'failed', waitsFor: string,
 *   failure: {reason: string, retry: () => void, edit: () => void} | null}} Item
 */

/**
 * Shows an item below another one; `fresh` says that the unread ones begin here.
 * @param {HTMLLIElement} row @param {Item} item @param {Item | undefined} above @param {boolean} fresh
 */
export function showMessage(row, { content, createdAt, mine, from, state, waitsFor, failure }, above, fresh) {
  const time = new Date(createdAt);
  const earlier = above && new Date(above.createdAt);
  const sameDay = earlier?.toDateString() === time.toDateString();
  const together = sameDay && !fresh && above?.mine === mine && time.getTime() - Number(earlier) < GROUP_MS;
  const day = sameDay ? '' : dayName(time);
  const full = fullTime(time);
  row.className = `message ${mine ? 'mine' : 'theirs'} ${state} ${together ? '' : 'leads'}`;
  fill(row, [state, waitsFor, failure?.reason, together, day, fresh, full], () => [
    day && el('p', { class: 'day' }, day),
    fresh && el('p', { class: 'fresh' }, 'New'),
    !together && el('time', { datetime: createdAt, title: full }, clockTime(time)),
    el('div', { class: 'bubble', title: full },
      el('span', { class: 'visually-hidden' }, el('bdi', {}, from), ': '),
      el('p', { dir: 'auto' }, ...linked(content))),
    state === 'sending' && el('span', { class: 'visually-hidden' }, 'Sending'),
    state === 'waiting' && el('p', { class: 'pending' }, waitsFor),
    failure && el('div', { class: 'not-sent' },
      el('p', {}, `Not sent. ${failure.reason}`),
      el('button', { class: 'button', click: failure.retry }, 'Retry'),
      el('button', { class: 'button', click: failure.edit }, 'Edit')),
  ]);
}

/** @param {string} text */
function linked(text) {
  return splitLinks(text).map((part) => (typeof part === 'string'
    ? part
    : el('a', { href: part.href, target: '_blank', rel: 'noopener noreferrer' }, part.text)));
}
