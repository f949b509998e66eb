// Copying over several messages: who said what and when, a line each, without what stands around.

import { clockTime, titleOf } from '../base/format.js';
import { summaryOf } from '../files/kinds.js';
import { t } from '../words/index.js';

/** @import {Message} from '../base/types.js' */

/** @param {HTMLElement} log @param {(row: Element) => Message | undefined} messageIn */
export function copyAsLines(log, messageIn) {
  log.addEventListener('copy', (event) => {
    const selection = getSelection();
    if (!selection?.rangeCount) return;
    const range = selection.getRangeAt(0);
    const rows = [...log.querySelectorAll('li')].filter((row) => range.intersectsNode(row));
    // Within one message, browsers do what one expects.
    if (rows.length < 2) return;
    const lines = rows.flatMap((row) => {
      const text = row.querySelector('.text');
      const message = messageIn(row);
      const part = text && selectedIn(text, range).trim() || message && summaryOf(message);
      if (!part || !message) return [];
      const name = message.mine ? t('messages.you') : titleOf(message.author);
      return [`${name}, ${clockTime(new Date(message.createdAt))}: ${part}`];
    });
    event.clipboardData?.setData('text/plain', lines.join('\n'));
    event.preventDefault();
  });
}

/** @param {Element} element @param {Range} range */
function selectedIn(element, range) {
  const part = document.createRange();
  part.selectNodeContents(element);
  if (range.compareBoundaryPoints(Range.START_TO_START, part) > 0) part.setStart(range.startContainer, range.startOffset);
  if (range.compareBoundaryPoints(Range.END_TO_END, part) < 0) part.setEnd(range.endContainer, range.endOffset);
  return part.toString();
}
