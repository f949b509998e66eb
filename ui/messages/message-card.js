// A message where it stands alone, as among those that are pinned or saved: who said it, where and when, and what.

import { el, nameOf } from '../base/dom.js';
import { fullTime, titleOf } from '../base/format.js';
import { addStyle } from '../base/load.js';
import { recentTime } from '../base/times.js';
import { summaryOf } from '../files/kinds.js';
import { avatar } from '../people/avatar.js';
import { formatted } from '../text/text-view.js';
import { t } from '../words/index.js';
import { messagePath, rememberPlace } from './jump.js';

/** @import {Message} from '../base/types.js' */

addStyle(import.meta.url, 'message-card.css');
addStyle(import.meta.url, '../text/text.css');

/**
 * A link leads to where it was said.
 * @param {Message} message @param {string} place the name of its conversation, or '' @param {string} me whose id is one’s own
 * @param {(id: string) => void} leave is called when somebody goes there @param {Element} tool what one can do with it
 */
export function messageCard({ id, conversationId, author, mine, content, mentions, createdAt, ...message }, place, me, leave, tool) {
  const time = new Date(createdAt);
  const files = summaryOf(message);
  const from = mine ? t('messages.you') : titleOf(author);
  const go = () => {
    rememberPlace();
    leave(id);
  };
  return el('li', { class: 'message-card' },
    el('div', { class: 'card-head' },
      author && avatar(author),
      el('a', { href: messagePath(conversationId, id), click: go },
        el('b', {}, nameOf(from)), place && place !== from && el('span', { class: 'muted' }, nameOf(place))),
      el('time', { datetime: createdAt, title: fullTime(time) }, recentTime(time)),
      tool),
    content && el('div', { class: 'text', dir: 'auto' }, ...formatted(content, mentions ?? [], me)),
    files && el('p', { class: 'muted' }, files));
}
