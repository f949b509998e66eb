// What stands below a message that isn’t sent: what it waits for, or why it couldn’t be, and what one can do about that.

import { el, render } from '../base/dom.js';
import { t } from '../words/index.js';

/** @import {Item} from './message-row.js' */

/** By the rows of messages. @type {WeakMap<Element, HTMLElement>} */
const feet = new WeakMap();

/** @param {HTMLLIElement} row as `showMessage` has shown it @param {Item} item */
export function showFoot(row, { id, state, waitsFor = '', reason = '', files }) {
  const known = feet.get(row);
  if (!known && state === 'sent') return;
  const foot = known ?? el('div', { class: 'foot' });
  feet.set(row, foot);
  if (!known) row.append(foot);
  render(foot, footView, { id: state === 'failed' ? id : '', state, waitsFor, reason, mayEdit: !files });
}

/** Files aren’t written anew: each can be left out where it is shown. @param {{id: string, state: string, waitsFor: string, reason: string, mayEdit: boolean}} props */
function footView({ id, state, waitsFor, reason, mayEdit }) {
  if (state === 'waiting') return [el('p', { class: 'pending' }, waitsFor)];
  if (state !== 'failed') return [];
  return [el('div', { class: 'not-sent' },
    el('p', {}, t('messages.notSent', { reason })),
    el('button', { class: 'button', name: 'retry', value: id }, t('messages.retry')),
    mayEdit && el('button', { class: 'button', name: 'edit', value: id }, t('messages.edit')))];
}
