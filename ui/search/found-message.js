// A message that was found: where it was said, by whom and when, and where in it.

import { el, nameOf } from '../base/dom.js';
import { fullTime, shortTime, titleOf } from '../base/format.js';
import { summaryOf } from '../files/kinds.js';
import { messagePath, rememberPlace } from '../messages/jump.js';
import { emblem } from '../people/avatar.js';
import { t, tn } from '../words/index.js';
import { excerptOf } from './excerpt.js';

/** @import {Client} from '../shell/client.js' */
/** @import {Found} from './message-search.js' */

/** A link to it. @param {Client} client @param {Found} found */
export function foundMessage({ conversations }, { message, matches }) {
  const { id, conversationId, author, mine, content, createdAt } = message;
  const info = conversations.known(conversationId);
  const time = new Date(createdAt);
  const text = el('span', { dir: 'auto' }, ...content ? excerptOf(content, matches) : [summaryOf(message)]);
  // In a conversation of two, its name says who the other one is.
  const from = mine ? t('conversations.you') : info?.other ? '' : titleOf(author);
  return el('li', {}, el('a', {
    class: 'row found-message', tabindex: '-1', href: messagePath(conversationId, id), click: rememberPlace,
  },
  info ? emblem(info) : el('span', { class: 'avatar' }),
  el('span', { class: 'row-name' }, nameOf(info?.title ?? '')),
  el('time', { class: 'row-time', datetime: createdAt, title: fullTime(time) }, shortTime(time)),
  el('span', { class: 'row-line' }, el('span', { class: 'row-text', dir: 'auto' }, ...from ? tn('conversations.preview', { author: nameOf(from), text }) : [text]))));
}
