// Where a text is written: a field as high as its text.

import { el, isComposing } from '../base/dom.js';
import { t } from '../words/index.js';

const isTouch = matchMedia('(pointer: coarse)').matches;

/** Enter submits its form; where there is no other way to begin a line, it takes Ctrl or Cmd with it. @param {string} label */
export function messageField(label) {
  const field = el('textarea', {
    rows: '1', dir: 'auto', placeholder: t('messages.write'), 'aria-label': label, enterkeyhint: isTouch ? 'enter' : 'send',
    input: () => fit(field),
    keydown: (/** @type {KeyboardEvent} */ event) => {
      const isChord = event.ctrlKey || event.metaKey;
      if (event.key !== 'Enter' || event.shiftKey || isComposing(event) || isTouch && !isChord) return;
      event.preventDefault();
      field.form?.requestSubmit();
    },
  });
  return field;
}

/** @param {HTMLTextAreaElement} field @param {string} text */
export function write(field, text) {
  field.value = text;
  fit(field);
}

/** Not every browser sizes a field by its content. The style sheet caps it. @param {HTMLTextAreaElement} field */
function fit(field) {
  field.style.setProperty('block-size', 'auto');
  field.style.setProperty('block-size', `${field.scrollHeight + 2}px`);
}
