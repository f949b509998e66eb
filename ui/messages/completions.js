// A short list above where one writes, of what may be meant by what is being typed: for keys and fingers.

import { el, isComposing } from '../base/dom.js';
import { t } from '../words/index.js';
import { insertText } from './insert.js';

const MOST = 6;

/**
 * What completes a kind of word. `typed` finds it before the caret, and its first group is what a choice takes the place
 * of. `find` gives what may be meant, the best first; where it is sure, it gives that as `exact`. An option is shown as
 * `show` says, and `text` is written.
 * @template T
 * @typedef {{name: string, label: string, typed: RegExp, find: (match: RegExpExecArray) => Promise<{offered: T[], exact?: T | undefined}> | {offered: T[], exact?: T | undefined},
 *   show: (option: T) => (Node | string)[], text: (option: T) => string}} Source
 */

/** @template T @param {HTMLFormElement} form with a text field @param {Source<T>} source */
export function complete(form, { name, label, typed, find, show: shown, text }) {
  const list = el('div', { class: 'completions', id: `${name}-completions`, role: 'listbox', 'aria-label': label, hidden: true });
  const said = el('p', { class: 'visually-hidden', role: 'status' });
  form.append(list, said);
  /** The list, while it is open. @type {T[]} */
  let offered = [];
  let at = 0;
  const field = () => /** @type {HTMLTextAreaElement} */ (form.querySelector('textarea'));
  const match = () => typed.exec(field().value.slice(0, field().selectionStart));

  const close = () => {
    if (list.hidden) return;
    offered = [];
    show();
  };
  const take = (/** @type {T | undefined} */ option) => {
    if (option === undefined) return;
    const { selectionStart } = field();
    insertText(field(), `${text(option)} `, selectionStart - (match()?.[1]?.length ?? 0), selectionStart);
    close();
  };
  const show = () => {
    list.hidden = offered.length === 0;
    list.replaceChildren(...offered.map((option, index) => el('div', {
      class: 'completion', role: 'option', id: `${name}-completion-${index}`, 'aria-selected': `${index === at}`,
      // The field keeps the focus.
      pointerdown: (/** @type {Event} */ event) => event.preventDefault(), click: () => take(option),
    }, ...shown(option))));
    const { id } = list;
    for (const [attribute, value] of [
      ['aria-autocomplete', 'list'], ['aria-haspopup', 'listbox'], ['aria-controls', id], ['aria-activedescendant', `${name}-completion-${at}`],
    ]) {
      if (list.hidden) field().removeAttribute(/** @type {string} */ (attribute));
      else field().setAttribute(/** @type {string} */ (attribute), /** @type {string} */ (value));
    }
    const count = offered.length;
    said.textContent = list.hidden ? '' : t('messages.suggestions', { count });
  };

  const look = async () => {
    const before = match();
    if (!before) return close();
    const found = await find(before);
    // More has been typed meanwhile.
    if (match()?.[1] !== before[1]) return;
    if (found.exact !== undefined) return take(found.exact);
    offered = found.offered.slice(0, MOST);
    at = 0;
    show();
  };
  form.addEventListener('input', look);
  // Before the field has them.
  form.addEventListener('keydown', (event) => {
    const { key, shiftKey } = event;
    if (list.hidden || isComposing(event) || shiftKey) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[key];
    if (step) at = (at + step + offered.length) % offered.length;
    else if (key === 'Escape') offered = [];
    else if (key === 'Enter' || key === 'Tab') take(offered[at]);
    else return;
    show();
    event.preventDefault();
    event.stopPropagation();
  }, { capture: true });
  form.addEventListener('focusout', close);
  // Somebody may have begun before this was loaded.
  if (document.activeElement === field()) look();
}
