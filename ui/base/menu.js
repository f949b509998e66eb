// A menu of actions: beside what it is for, or a sheet from the bottom of a phone.

import { show } from './dialog.js';
import { el } from './dom.js';
import { drawing } from './icons.js';
import { addStyle } from './load.js';

addStyle(import.meta.url, 'menu.css');

/** `lines` are those of its icon; `isChosen` says of one of several whether it is the one. @typedef {{name: string, lines: string, act: () => void, isDanger?: boolean, isChosen?: boolean}} Item */

const GAP_PX = 4;

/** @param {string} label @param {Item[]} items @param {{x: number, y: number}} place where it begins, if there is room */
export function openMenu(label, items, place) {
  const buttons = items.map(({ name, lines, act, isDanger, isChosen }) => el('button', {
    class: isDanger ? 'menu-item danger' : 'menu-item', role: isChosen === undefined ? 'menuitem' : 'menuitemradio', tabindex: '-1',
    'aria-checked': isChosen === undefined ? false : `${isChosen}`,
    click: () => {
      dialog.close();
      act();
    },
  }, drawing(lines), name));
  const menu = el('div', { class: 'menu-items', role: 'menu', 'aria-label': label, keydown: moveByKeys }, ...buttons);
  const dialog = show(el('dialog', { class: 'menu', 'aria-label': label }, el('div', { class: 'menu-body' }, menu)));
  (buttons.find((button) => button.ariaChecked === 'true') ?? buttons[0])?.focus();
  if (!dialog || !matchMedia('(width >= 46rem)').matches) return;
  const { width, height } = dialog.getBoundingClientRect();
  const x = document.dir === 'rtl' ? place.x - width : place.x;
  dialog.style.setProperty('left', `${Math.max(GAP_PX, Math.min(x, innerWidth - width - GAP_PX))}px`);
  dialog.style.setProperty('top', `${Math.max(GAP_PX, Math.min(place.y, innerHeight - height - GAP_PX))}px`);
}

/** As in https://www.w3.org/WAI/ARIA/apg/patterns/menubar/. @param {KeyboardEvent} event */
function moveByKeys(event) {
  const { key, currentTarget } = event;
  const buttons = [.../** @type {Element} */ (currentTarget).querySelectorAll('button')];
  const at = buttons.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[key];
  if (next === undefined) return;
  event.preventDefault();
  buttons.at(next % buttons.length)?.focus();
}
