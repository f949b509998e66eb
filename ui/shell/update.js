// The server has another version of the page.

import { el } from '../base/dom.js';

/** @param {Element} notices */
export function offerReload(notices) {
  if (notices.querySelector('.update')) return;
  notices.append(el('p', { class: 'notice update', role: 'status' }, 'Tincan has been updated. ',
    el('button', { class: 'link', click: () => location.reload() }, 'Reload')));
}
