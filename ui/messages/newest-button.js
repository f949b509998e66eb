// The way down to the newest message, with how many there are that one hasn't seen.

import { el } from '../base/dom.js';
import { drawing } from '../base/icons.js';
import { t } from '../words/index.js';

/** @import {MessageList} from './message-list.js' */

const DOWN = 'M12 5v14M6 13l6 6 6-6';
/** No more fit on it. */
const MOST = 999;

/** @param {MessageList} list @param {() => number} unread */
export function addNewestButton(list, unread) {
  const badge = el('span', { class: 'badge', 'aria-hidden': 'true' });
  const button = el('button', { class: 'button newest', click: () => list.goToNewest() }, drawing(DOWN), badge);
  const show = () => {
    const count = unread();
    button.hidden = list.isAtEnd;
    button.ariaLabel = count ? t('messages.newestUnread', { count }) : t('messages.newest');
    badge.textContent = count ? `${Math.min(count, MOST)}` : '';
  };
  list.addEventListener('look', show);
  list.append(button);
  show();
}
