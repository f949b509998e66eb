// The conversations that one has archived, in place of the others, where one wants to see them.

import { el, render } from '../base/dom.js';
import { addStyle } from '../base/load.js';
import { t } from '../words/index.js';

/** @import {ConversationList} from './conversation-list.js' */
/** @import {Conversations} from './conversations.js' */

addStyle(import.meta.url, 'list-actions.css');

/** Below the list stands the way to them, and back. @param {ConversationList} list @param {Conversations} conversations */
export function showArchive(list, conversations) {
  const way = el('div', { class: 'archive' });
  let isOpen = false;
  const show = (isWanted = isOpen) => {
    const count = conversations.archived.length;
    const opens = isWanted && count > 0;
    if (opens !== isOpen) list.show(opens ? 'archived' : 'listed');
    isOpen = opens;
    render(way, wayView, { count, isOpen, turn });
  };
  const turn = () => {
    show(!isOpen);
    list.focusOn('');
  };
  list.append(way);
  list.watch(() => show(), conversations);
}

/** @param {{count: number, isOpen: boolean, turn: () => void}} props */
function wayView({ count, isOpen, turn }) {
  if (isOpen) return [el('button', { class: 'button', click: turn }, t('conversations.leaveArchive'))];
  return [count > 0 && el('button', { class: 'link quiet', click: turn }, t('conversations.archived', { count }))];
}
