// Putting a text where the caret is, so that it can be undone like what was typed.

/** @param {HTMLTextAreaElement} field @param {string} text @param {number} start @param {number} end of what it takes the place of */
export function insertText(field, text, start, end) {
  field.focus();
  field.setSelectionRange(start, end);
  // Nothing newer keeps what can be undone (https://w3c.github.io/editing/docs/execCommand/).
  if (document.execCommand('insertText', false, text)) return;
  field.setRangeText(text, start, end, 'end');
  field.dispatchEvent(new Event('input', { bubbles: true }));
}
