// One message in a conversation, with what may stand above it (a day, "New", a time) and below it (why it wasn't sent).

import { el } from './dom.js';
import { clockTime, fullTime, splitLinks } from './format.js';

/**
 * A message to show: one that the server has, or one (without a number) on its way there, which may have failed.
 * @typedef {{key: string, number: number | null, content: string, createdAt: string, mine: boolean, from: string,
 *   failure: {reason: string, retry: () => void, edit: () => void} | null}} Item
 */

/**
 * How an item stands among its neighbours: `day` is a heading or empty, `fresh` is where the unread ones begin, `leads`
 * that a group begins.
 * @typedef {{day: string, fresh: boolean, leads: boolean}} Setting
 */

/**
 * Shows the item in `row`, and leaves it alone where it does so already.
 * @param {HTMLLIElement} row
 * @param {Item} item
 * @param {Setting} setting
 */
export function showMessage(row, item, { day, fresh, leads }) {
  const { failure } = item;
  const state = failure ? 'failed' : item.number === null ? 'sending' : 'sent';
  const signature = [state, failure?.reason, day, fresh, leads].join();
  if (row.dataset.signature === signature) return;
  row.dataset.signature = signature;
  row.className = ['message', item.mine ? 'mine' : 'theirs', state, leads && 'leads'].filter(Boolean).join(' ');

  const time = new Date(item.createdAt);
  const full = fullTime(time);
  const parts = [
    day && el('p', { class: 'day' }, day),
    fresh && el('p', { class: 'fresh' }, 'New'),
    leads && el('time', { datetime: item.createdAt, title: full }, clockTime(time)),
    el('div', { class: 'bubble', title: full },
      el('span', { class: 'visually-hidden' }, el('bdi', {}, item.from), ': '),
      el('p', { dir: 'auto' }, ...linked(item.content))),
    state === 'sending' && el('span', { class: 'visually-hidden' }, 'Sending'),
    failure && el('div', { class: 'not-sent' },
      el('p', {}, `Not sent. ${failure.reason}`),
      el('button', { type: 'button', class: 'button', click: failure.retry }, 'Retry'),
      el('button', { type: 'button', class: 'button', click: failure.edit }, 'Edit')),
  ];
  row.replaceChildren(...parts.filter((part) => part instanceof HTMLElement));
}

/** @param {string} text */
function linked(text) {
  return splitLinks(text).map((part) => (typeof part === 'string' ? part : el('a', {
    href: part.href,
    target: '_blank',
    rel: 'noopener noreferrer',
  }, part.text)));
}
