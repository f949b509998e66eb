// Something over the page, which has all the attention until it is closed.

import { ApiError, reasonOf } from './api.js';
import { el } from './dom.js';
import { drawing } from './icons.js';
import { addStyle } from './load.js';

addStyle(import.meta.url, 'dialog.css');

/** To close or take out something. */
export const CROSS = 'M6 6l12 12M18 6L6 18';

/**
 * @param {string} title @param {...(Node | string | null | false)} content
 * @returns {HTMLDialogElement | null} null where there is one already
 */
export function openDialog(title, ...content) {
  return show(el('dialog', { class: 'dialog', 'aria-labelledby': 'dialog-title' },
    el('div', { class: 'dialog-body' },
      el('form', { method: 'dialog' },
        el('h2', { id: 'dialog-title', tabindex: '-1', autofocus: true }, title),
        el('button', { class: 'tool', 'aria-label': 'Close' }, drawing(CROSS))),
      ...content)));
}

/** @param {HTMLDialogElement} dialog */
export function show(dialog) {
  if (document.querySelector('dialog[open]')) return null;
  dialog.addEventListener('close', () => dialog.remove());
  // Beside it is a click on the dialog itself, which has no padding.
  dialog.addEventListener('click', ({ target }) => target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** Why a form was refused: what is wrong with its fields, where that is known. @param {unknown} error */
export function refusalOf(error) {
  const reason = reasonOf(error);
  const reasons = error instanceof ApiError ? Object.values(error.errors ?? {}) : [];
  return reasons.join(' ') || reason;
}
