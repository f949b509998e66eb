// What a message answers, in its bubble: as it is now, and the way to it.

import { el, nameOf, render } from '../base/dom.js';
import { titleOf } from '../base/format.js';
import { addStyle } from '../base/load.js';
import { summaryOf } from '../files/kinds.js';
import { tinted } from '../people/avatar.js';
import { inOneLine } from '../text/text-view.js';
import { t } from '../words/index.js';
import { insideOf } from './message-focus.js';

/** @import {Message, ReplyTo} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */
/** @import {Item} from './message-row.js' */
/** @import {Timeline} from './timeline.js' */

addStyle(import.meta.url, 'quoted.css');

/** As much of a text as may fit in two lines. */
const LONGEST = 300;

/** By the rows of messages. @type {WeakMap<Element, HTMLElement>} */
const known = new WeakMap();

/** @param {HTMLLIElement} row as `showMessage` has shown it @param {Item} item @param {Timeline} timeline @param {Client} client */
export function showQuoted(row, { replyTo, deleted, removing }, timeline, client) {
  const bubble = row.querySelector('.bubble');
  const before = known.get(row);
  if (!bubble || !replyTo || deleted || removing) {
    before?.remove();
    known.delete(row);
    return;
  }
  const quoted = before ?? el('div', { class: 'quoted-place' });
  known.set(row, quoted);
  row.classList.remove('big');
  const original = timeline.find(replyTo.number);
  render(quoted, quotedView, { ...summaryOfQuote(original ? quoteOf(original, client) : replyTo, client), id: replyTo.id });
  // Built anew, a bubble has lost it; who answers is said first.
  if (quoted.parentElement !== bubble) bubble.querySelector('.visually-hidden')?.after(quoted);
  const isReached = row.contains(document.activeElement);
  for (const inner of insideOf(quoted)) inner.tabIndex = isReached ? 0 : -1;
}

/** A message as others answer it. @param {Message} message @param {Client} client @returns {ReplyTo} */
export function quoteOf(message, client) {
  const { id, number, author, content, mentions, deletedAt, attachments } = message;
  const gone = deletedAt ?? (client.removing.has(id) ? new Date().toISOString() : undefined);
  const text = gone ? '' : (inOneLine(content, mentions) || summaryOf(message)).slice(0, LONGEST);
  return { id, number, author, excerpt: text, hasAttachment: Boolean(attachments), ...gone && { deletedAt: gone } };
}

/** What is shown of it. @param {ReplyTo} quote @param {Client} client */
export function summaryOfQuote({ author, excerpt, hasAttachment, deletedAt }, client) {
  return {
    from: author?.id === client.user.id ? t('messages.you') : titleOf(author), author: author?.id ?? '0', gone: Boolean(deletedAt),
    text: deletedAt ? t('messages.deleted') : excerpt || (hasAttachment ? t('files.file') : ''),
  };
}

/** @param {{from: string, author: string, gone: boolean, text: string, id: string}} props */
function quotedView(props) {
  return [tinted(props.author, el('button', { class: 'quoted', name: 'original', value: props.id, tabindex: '-1', 'data-held': true },
    el('span', { class: 'visually-hidden' }, t('messages.answers'), ' '), ...quoteLines(props)))];
}

/** Who wrote it, and how it begins. @param {{from: string, gone: boolean, text: string}} quote */
export function quoteLines({ from, gone, text }) {
  return [
    el('b', {}, nameOf(from)), ' ',
    // In its own direction; it isn’t the text of this message.
    el('bdi', { class: gone ? 'quoted-text gone' : 'quoted-text' }, text),
  ];
}
