// `:tada` becomes 🎉: a short list above where one writes, for keys and fingers.

import { el, isComposing } from '../base/dom.js';
import { load } from '../base/load.js';
import { t } from '../words/index.js';
import { insertText } from './insert.js';

/** @import {Emoji} from './emoji.js' */

/** A code that is being typed before the caret; with a colon behind it, it is complete. */
const CODE = /(?:^|\s)(:([a-z0-9_+-]{2,})(:?))$/i;
const MOST = 6;

/** @param {HTMLFormElement} form with a text field */
export function completeEmoji(form) {
  const list = el('div', { class: 'completions', id: 'emoji-completions', role: 'listbox', 'aria-label': t('messages.emoji'), hidden: true });
  form.append(list);
  /** The list, while it is open. @type {Emoji[]} */
  let offered = [];
  let at = 0;
  const field = () => /** @type {HTMLTextAreaElement} */ (form.querySelector('textarea'));
  const typed = () => CODE.exec(field().value.slice(0, field().selectionStart));

  const close = () => {
    offered = [];
    show();
  };
  const take = (/** @type {string} */ emoji) => {
    const { selectionStart } = field();
    insertText(field(), `${emoji} `, selectionStart - (typed()?.[1]?.length ?? 0), selectionStart);
    close();
  };
  const show = () => {
    list.hidden = offered.length === 0;
    list.replaceChildren(...offered.map(({ emoji, codes: [code = ''] }, index) => el('div', {
      class: 'completion', role: 'option', id: `emoji-completion-${index}`, 'aria-selected': `${index === at}`,
      // The field keeps the focus.
      pointerdown: (/** @type {Event} */ event) => event.preventDefault(), click: () => take(emoji),
    }, emoji, el('span', {}, `:${code}:`))));
    if (list.hidden) field().removeAttribute('aria-activedescendant');
    else field().setAttribute('aria-activedescendant', `emoji-completion-${at}`);
  };

  form.addEventListener('input', async () => {
    const match = typed();
    if (!match) return close();
    const { findEmoji } = await load(import('./emoji.js'));
    const [, , code = '', colon] = typed() ?? [];
    if (!code) return close();
    const found = findEmoji(code.replaceAll('_', ' ')).filter(({ codes }) => codes.some((each) => each.startsWith(code.toLowerCase())));
    const exact = colon && found.find(({ codes }) => codes.includes(code.toLowerCase()));
    if (exact) return take(exact.emoji);
    offered = colon ? [] : found.slice(0, MOST);
    at = 0;
    show();
  });
  // Before the field has them.
  form.addEventListener('keydown', (event) => {
    const { key, shiftKey } = event;
    if (list.hidden || isComposing(event) || shiftKey) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[key];
    if (step) at = (at + step + offered.length) % offered.length;
    else if (key === 'Escape') offered = [];
    else if (key === 'Enter' || key === 'Tab') take(offered[at]?.emoji ?? '');
    else return;
    show();
    event.preventDefault();
    event.stopPropagation();
  }, { capture: true });
  form.addEventListener('focusout', close);
}
