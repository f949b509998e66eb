// Copying over several messages: who said what and when, a line each, without what stands around.

import { clockTime, titleOf } from '../base/format.js';
import { summaryOf } from '../files/kinds.js';
import { t } from '../words/index.js';

/** @import {Message} from '../base/types.js' */

/**
 * Wherever the selection begins and ends, as when all of the page is selected.
 * @param {HTMLElement} log @param {(row: Element) => Message | undefined} messageIn @param {AbortSignal} signal
 */
export function copyAsLines(log, messageIn, signal) {
  document.addEventListener('copy', (event) => {
    const selection = getSelection();
    // A text field has a selection of its own, and what is behind a dialog can’t be seen.
    const isElsewhere = event.target instanceof Element && event.target.matches('textarea, input') || document.querySelector('dialog[open]');
    if (!selection?.rangeCount || isElsewhere) return;
    const range = selection.getRangeAt(0);
    const lines = [...log.querySelectorAll('li')].flatMap((row) => {
      const message = messageIn(row);
      const bubble = row.querySelector('.bubble');
      // Three clicks select a paragraph as far as to where the next begins, in the next message.
      if (!message || !bubble || !selectedIn(bubble, range)) return [];
      const text = row.querySelector('.text');
      const part = text && selectedIn(text, range).trim() || summaryOf(message);
      if (!part) return [];
      const name = message.mine ? t('messages.you') : titleOf(message.author);
      return [`${name}, ${clockTime(new Date(message.createdAt))}: ${part}`];
    });
    // Within one message, browsers do what one expects.
    if (lines.length < 2) return;
    event.clipboardData?.setData('text/plain', lines.join('\n'));
    event.preventDefault();
  }, { signal });
}

/** Without the name that is for screen readers. @param {Element} element @param {Range} range */
function selectedIn(element, range) {
  if (!range.intersectsNode(element)) return '';
  const part = document.createRange();
  part.selectNodeContents(element);
  const name = element.querySelector(':scope > .visually-hidden');
  if (name) part.setStartAfter(name);
  if (range.compareBoundaryPoints(Range.START_TO_START, part) > 0) part.setStart(range.startContainer, range.startOffset);
  if (range.compareBoundaryPoints(Range.END_TO_END, part) < 0) part.setEnd(range.endContainer, range.endOffset);
  return part.toString();
}
