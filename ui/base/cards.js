// What settings look like: sections, each with a card of rows.

import { reasonOf } from './api.js';
import { el, failure, skeleton } from './dom.js';
import { addStyle } from './load.js';

addStyle(import.meta.url, 'cards.css');

/** @param {string} id what it is found by in the page @param {string} title @param {...(Element | null)} content */
export function section(id, title, ...content) {
  return el('section', { 'aria-labelledby': id }, el('h2', { id, tabindex: '-1' }, title), ...content);
}

/** @param {...(Element | null)} settings */
export function card(...settings) {
  return el('div', { class: 'card' }, ...settings);
}

/** @param {...(Element | null)} children */
export function setting(...children) {
  return el('div', { class: 'setting' }, ...children);
}

/**
 * Fills a list with rows that are loaded.
 * @param {HTMLUListElement} list @param {() => Promise<HTMLLIElement[]>} rows
 */
export async function fill(list, rows) {
  list.replaceChildren(el('li', { class: 'setting' }, skeleton()));
  try {
    list.replaceChildren(...await rows());
  } catch (error) {
    list.replaceChildren(el('li', { class: 'setting' }, failure(reasonOf(error), () => fill(list, rows))));
  }
}

/** What a button is about, for whoever doesn’t see where it stands. @param {string} what */
export function about(what) {
  return el('span', { class: 'visually-hidden' }, ` ${what}`);
}

/** @param {string} title @param {string} text */
export function note(title, text) {
  return setting(explained(title, text));
}

/** @param {string} title @param {...(Node | string | null)} text */
export function explained(title, ...text) {
  return el('div', {}, title && el('p', { class: 'strong' }, title), el('p', { class: 'muted' }, ...text));
}
