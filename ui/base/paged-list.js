// Lists that are loaded page by page.

import { t } from '../words/index.js';
import { reasonOf } from './api.js';
import { el, failure, skeleton } from './dom.js';

/**
 * A list, and what stands below it: the way to more, or why it can’t be had.
 * @template {{id: string}} T
 * @typedef {object} Paged
 * @property {HTMLElement} list
 * @property {HTMLElement} rest
 * @property {number} size of a page
 * @property {(last: string) => Promise<T[]>} fetch the page behind the one with this id, or the first for ''
 * @property {(thing: T) => HTMLElement} row can take the focus, or has a button
 * @property {string} [empty] says that there is nothing
 */

/** Adds the next page. @template {{id: string}} T @param {Paged<T>} paged @param {string} [last] the id of the last one that is there */
export async function loadPage(paged, last = '') {
  const { list, rest, size, fetch, row, empty } = paged;
  rest.replaceChildren(skeleton());
  try {
    const page = await fetch(last);
    const rows = page.map(row);
    list.append(...rows);
    rest.replaceChildren(...(page.length === size
      ? [el('button', { class: 'button', click: () => loadPage(paged, page.at(-1)?.id) }, t('admin.more'))]
      : empty && list.children.length === 0 ? [el('p', { class: 'muted' }, empty)] : []));
    // Where “More” was, there may be nothing now.
    if (last) (rows[0]?.querySelector('button') ?? rows[0])?.focus();
  } catch (error) {
    rest.replaceChildren(failure(reasonOf(error), () => loadPage(paged, last)));
  }
}
