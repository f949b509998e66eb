// What stands in place of a conversation that isn’t there, or isn’t any more.

import { el } from '../base/dom.js';
import { t } from '../words/index.js';

/** @import {ConversationView} from './conversation-view.js' */

/** @param {ConversationView} view */
export function showMissing(view) {
  showGone(view, t('conversation.missing'));
}

/** @param {ConversationView} view @param {string} reason */
export function showGone(view, reason) {
  view.replace(el('div', { class: 'centred' },
    el('p', {}, reason), el('a', { class: 'button', href: '/' }, t('conversation.toList'))));
  for (const tool of view.querySelectorAll('.bar button')) tool.remove();
  view.tell('');
}
