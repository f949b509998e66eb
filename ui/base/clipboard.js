// Puts a text where one can paste it.

import { el } from './dom.js';

/** Whether it is there now. @param {string} text */
export async function toClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copySelected(text);
  }
}

/** Without https there is this old way at most, which needs it to be selected, within a dialog if one is open. @param {string} text */
function copySelected(text) {
  const focused = document.activeElement;
  const field = el('textarea', { readonly: true, class: 'visually-hidden', 'aria-hidden': 'true' });
  field.value = text;
  (focused?.closest('dialog') ?? document.body).append(field);
  field.select();
  const isThere = document.execCommand('copy');
  field.remove();
  if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
  return isThere;
}
