// Which keys do what.

import { addStyle, el } from '../base/dom.js';
import { onMac } from '../shortcuts.js';

const COMMAND = onMac ? '⌘' : 'Ctrl';
const OPTION = onMac ? '⌥' : 'Alt';

/** @type {[string, ...string[][]][]} What is done, and by which keys together, or by which others. */
const KEYS = [
  ['Find people', [COMMAND, 'K']],
  ['Conversation above, below', [OPTION, '↑'], [OPTION, '↓']],
  ['Send', ['Enter']],
  ['New line', ['Shift', 'Enter']],
  ['To the newest message, and write', ['Esc']],
  ['This help', ['?']],
];

export async function showKeyboardHelp() {
  await addStyle('/settings.css');
  /** @type {HTMLDialogElement} */
  const dialog = el('dialog', {
    class: 'help', 'aria-labelledby': 'help-title', close: () => dialog.remove(),
    // Beside it is a click on the dialog itself, which has no padding.
    click: (event) => event.target === dialog && dialog.close(),
  },
    el('form', { method: 'dialog' },
      el('h2', { id: 'help-title' }, 'Keyboard shortcuts'),
      el('table', {}, ...KEYS.map(([action, ...ways]) => el('tr', {},
        el('th', { scope: 'row' }, action),
        el('td', {}, ...ways.flatMap((keys) => [...keys.map((key) => el('kbd', {}, key)), ' ']))))),
      el('button', { class: 'button' }, 'Close')));
  document.body.append(dialog);
  dialog.showModal();
}
