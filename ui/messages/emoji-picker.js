// All emoji, to pick one: by group, by name, and those used last.

import { show } from '../base/dialog.js';
import { el, isComposing } from '../base/dom.js';
import { addStyle } from '../base/load.js';
import { t } from '../words/index.js';
import { chooseTone, coloured, emojiByGroup, findEmoji, recentEmoji, tone, TONES, useEmoji } from './emoji.js';

/** @import {Emoji} from './emoji.js' */

addStyle(import.meta.url, 'emoji.css');

const HAND = '✋';

/** @returns {Record<string, [string, string]>} the name of each group, and what stands for it */
const groupNames = () => ({
  recent: [t('messages.emojiRecent'), '🕘'], smileys: [t('messages.emojiSmileys'), '😀'], people: [t('messages.emojiPeople'), '👋'],
  nature: [t('messages.emojiNature'), '🐻'], food: [t('messages.emojiFood'), '🍎'], travel: [t('messages.emojiTravel'), '🚗'],
  activities: [t('messages.emojiActivities'), '⚽'], objects: [t('messages.emojiObjects'), '💡'], symbols: [t('messages.emojiSymbols'), '❤️'],
  flags: [t('messages.emojiFlags'), '🏁'],
});

/** @param {string} title what it is for @param {(emoji: string) => void} pick */
export function openEmojiPicker(title, pick) {
  const search = el('input', {
    type: 'search', 'aria-label': t('messages.emojiSearch'), placeholder: t('messages.emojiSearch'), autocomplete: 'off', autocapitalize: 'none',
    input: () => render(),
  });
  // Their names are in English in every language.
  const grid = el('div', { class: 'emoji-grid', lang: 'en', tabindex: '-1' });
  const groups = el('div', { class: 'emoji-groups', role: 'group', 'aria-label': t('messages.emojiGroups') });
  const tones = el('div', { class: 'emoji-tones', role: 'radiogroup', 'aria-label': t('messages.emojiTone') });
  const choose = (/** @type {string} */ emoji) => {
    useEmoji(emoji);
    dialog.close();
    pick(emoji);
  };

  const render = () => {
    const text = search.value.trim();
    const names = groupNames();
    const recent = recentEmoji().map((emoji) => ({ emoji, name: emoji, codes: [] }));
    const sections = text ? [{ id: '', emoji: findEmoji(text) }] : [{ id: 'recent', emoji: recent }, ...emojiByGroup()];
    grid.replaceChildren(...sections.filter(({ id, emoji }) => !id || emoji.length > 0).map(({ id, emoji }) => {
      const [name] = names[id] ?? [t('messages.emojiFound')];
      return el('section', { 'aria-label': name, 'data-group': id }, el('h3', {}, name),
        emoji.length === 0 && el('p', { class: 'muted' }, t('messages.emojiNone', { text })),
        el('div', { class: 'emoji-cells' }, ...emoji.map((each) => cell(each, choose))));
    }));
    grid.scrollTop = 0;
    grid.querySelector('button')?.setAttribute('tabindex', '0');
    groups.replaceChildren(...[...grid.querySelectorAll('section')].filter(({ dataset }) => dataset.group).map((section) => {
      const [name = '', emoji = ''] = names[section.dataset.group ?? ''] ?? [];
      return el('button', { type: 'button', class: 'emoji', 'aria-label': name, title: name, click: () => section.scrollIntoView() }, emoji);
    }));
  };
  const renderTones = () => {
    tones.replaceChildren(...TONES.map((modifier, index) => el('button', {
      type: 'button', class: 'emoji', role: 'radio', 'aria-checked': `${modifier === tone()}`, 'aria-label': t('messages.emojiToneNumber', { count: index }),
      tabindex: modifier === tone() ? '0' : '-1',
      click: () => {
        chooseTone(modifier);
        renderTones();
        render();
        /** @type {HTMLElement | null} */ (tones.querySelector('[aria-checked=true]'))?.focus();
      },
    }, coloured(HAND, modifier))));
  };
  tones.addEventListener('keydown', (event) => moveInLine(event));
  grid.addEventListener('keydown', (event) => moveInGrid(event, grid));
  search.addEventListener('keydown', (event) => {
    if (isComposing(event)) return;
    const first = grid.querySelector('button');
    if (event.key === 'Enter') {
      event.preventDefault();
      if (search.value.trim()) first?.click();
    } else if (event.key === 'ArrowDown') {
      event.preventDefault();
      first?.focus();
    }
  });
  render();
  renderTones();
  const dialog = el('dialog', { class: 'menu emoji-picker', 'aria-label': title },
    el('div', { class: 'menu-body' }, el('div', { class: 'emoji-head' }, search, tones), groups, grid));
  show(dialog);
}

/** @param {Emoji} emoji @param {(emoji: string) => void} choose */
function cell({ emoji, name, codes: [code] }, choose) {
  return el('button', {
    type: 'button', class: 'emoji', tabindex: '-1', 'aria-label': name, title: code ? `${name} :${code}:` : name, value: emoji,
    click: () => choose(emoji),
  }, emoji);
}

/** @param {KeyboardEvent} event */
function moveInLine({ key, currentTarget, target }) {
  const items = [.../** @type {Element} */ (currentTarget).querySelectorAll('button')];
  const at = items.indexOf(/** @type {HTMLButtonElement} */ (target));
  const next = items[at + ({ ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[key] ?? 0)];
  if (next && next !== target) next.click();
}

/** The arrows go from cell to cell, up and down to the nearest one. @param {KeyboardEvent} event @param {Element} grid */
function moveInGrid(event, grid) {
  const cells = [...grid.querySelectorAll('button')];
  const at = cells.indexOf(/** @type {HTMLButtonElement} */ (event.target));
  if (at < 0) return;
  const next = cells[{
    ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: cells.length - 1,
    ArrowDown: nextRow(cells, at, 1), ArrowUp: nextRow(cells, at, -1),
  }[event.key] ?? -1];
  if (!next) return;
  event.preventDefault();
  cells[at]?.setAttribute('tabindex', '-1');
  next.tabIndex = 0;
  next.focus();
}

/** @param {HTMLElement[]} cells @param {number} from @param {1 | -1} step */
function nextRow(cells, from, step) {
  const topOf = (/** @type {number} */ index) => cells[index]?.getBoundingClientRect().top;
  const left = cells[from]?.getBoundingClientRect().left ?? 0;
  let index = from + step;
  while (topOf(index) === topOf(from)) index += step;
  const top = topOf(index);
  let best = index;
  for (; top !== undefined && topOf(index) === top; index += step) {
    const distance = (/** @type {number} */ each) => Math.abs((cells[each]?.getBoundingClientRect().left ?? 0) - left);
    if (distance(index) < distance(best)) best = index;
  }
  return best;
}
