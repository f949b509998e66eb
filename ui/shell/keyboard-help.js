// Which keys do what.

import { openDialog } from '../base/dialog.js';
import { el } from '../base/dom.js';
import { onMac } from './shortcuts.js';

const COMMAND = onMac ? '⌘' : 'Ctrl';
const OPTION = onMac ? '⌥' : 'Alt';

/** @type {[string, ...string[][]][]} What is done, and by which keys together, or by which others. */
const KEYS = [
  ['Find people', [COMMAND, 'K']],
  ['Conversation above, below', [OPTION, '↑'], [OPTION, '↓']],
  ['Send', ['Enter']],
  ['New line', ['Shift', 'Enter']],
  ['Change your last message', ['↑']],
  ['In the messages: to one of them, then to its menu', ['Enter']],
  ['To the newest message, and write', ['Esc']],
  ['This help', ['?']],
];

export function showKeyboardHelp() {
  openDialog('Keyboard shortcuts',
    el('table', {}, ...KEYS.map(([action, ...ways]) => el('tr', {},
      el('th', { scope: 'row' }, action),
      el('td', {}, ...ways.flatMap((keys) => [...keys.map((key) => el('kbd', {}, key)), ' ']))))));
}
