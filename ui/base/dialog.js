// The one kind of dialog: a sheet from the bottom of a phone, a card in the middle of a larger screen. It has a title, a
// way to close it, and its buttons at the bottom. Escape and a click beside it close it, too, and so does going back.

import { find, language, t } from '../words/index.js';
import { ApiError, reasonOf } from './api.js';
import { el } from './dom.js';
import { drawing } from './icons.js';
import { addStyle } from './load.js';

addStyle(import.meta.url, 'dialog.css');

/** To close or take out something. */
export const CROSS = 'M6 6l12 12M18 6L6 18';

/** Numbers the titles, as a question may stand above another dialog. */
let count = 0;

/**
 * @param {string} title @param {...(Node | string | null | false)} content
 * @returns {HTMLDialogElement | null} null where there is one already
 */
export function openDialog(title, ...content) {
  return document.querySelector('dialog[open]') ? null : show(withTitle(title, ...content));
}

/**
 * Asks whether somebody is sure. The button says what happens then, and nothing has happened where it isn’t pressed.
 * @param {string} title the question @param {string} action what the button says
 * @param {{text?: string | Node, isDanger?: boolean}} [options]
 * @returns {Promise<boolean>}
 */
export function ask(title, action, { text = '', isDanger = false } = {}) {
  const { promise, resolve } = Promise.withResolvers();
  const answer = (/** @type {boolean} */ yes) => {
    resolve(yes);
    dialog.close();
  };
  const dialog = show(withTitle(title,
    text && el('p', {}, text),
    actions(
      el('button', { class: 'button', type: 'button', click: () => answer(false) }, t('base.cancel')),
      el('button', { class: isDanger ? 'button destructive' : 'button primary', type: 'button', click: () => answer(true) }, action))));
  dialog.setAttribute('role', 'alertdialog');
  dialog.addEventListener('close', () => resolve(false));
  return promise;
}

/** The buttons of a dialog or a form, the most important one last. @param {...(Element | null | false)} buttons */
export function actions(...buttons) {
  return el('div', { class: 'actions' }, ...buttons);
}

/** @param {HTMLDialogElement} dialog */
export function show(dialog) {
  const life = new AbortController();
  dialog.addEventListener('close', () => {
    life.abort();
    dialog.remove();
  });
  // Beside it is the dialog itself, which has no padding. Who selects a text and lets go beside it doesn’t mean that.
  let begun = false;
  dialog.addEventListener('pointerdown', ({ target }) => {
    begun = target === dialog;
  });
  dialog.addEventListener('click', ({ target }) => begun && target === dialog && dialog.close());
  addEventListener('popstate', () => dialog.close(), { signal: life.signal });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** To be shown, also above another. @param {string} title @param {...(Node | string | null | false)} content */
export function withTitle(title, ...content) {
  count += 1;
  const id = `dialog-title-${count}`;
  const dialog = el('dialog', { class: 'dialog', 'aria-labelledby': id },
    el('div', { class: 'dialog-body' },
      el('header', {},
        el('h2', { id, tabindex: '-1', autofocus: true }, title),
        el('button', { class: 'tool', type: 'button', 'aria-label': t('base.close'), click: () => dialog.close() }, drawing(CROSS))),
      ...content));
  return dialog;
}

/**
 * What is wrong with a field: in English what the server says, which knows best, and in another language the whole rule.
 * @param {ApiError} error @param {string} field
 */
export function reasonAt({ errors }, field) {
  const reason = errors?.[field] ?? '';
  return reason && (language === 'en' ? reason : find(`error.invalid.${field}`) ?? reason);
}

/** Why a form was refused: what is wrong with its fields, where that is known. @param {unknown} error */
export function refusalOf(error) {
  const reason = reasonOf(error);
  const fields = error instanceof ApiError ? Object.keys(error.errors ?? {}) : [];
  return fields.map((field) => reasonAt(/** @type {ApiError} */ (error), field)).join(' ') || reason;
}
