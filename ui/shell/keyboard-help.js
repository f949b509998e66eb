// Which keys do what.

import { openDialog } from '../base/dialog.js';
import { el } from '../base/dom.js';
import { t } from '../words/index.js';
import { onMac } from './shortcuts.js';

const COMMAND = onMac ? '⌘' : 'Ctrl';
const OPTION = onMac ? '⌥' : 'Alt';

/** What is done, and by which keys together, or by which others. @returns {[string, ...string[][]][]} */
const keys = () => [
  [t('shell.keySearch'), [COMMAND, 'K']],
  [t('shell.keyConversations'), [OPTION, '↑'], [OPTION, '↓']],
  [t('shell.keyMenu'), ['Shift', 'F10']],
  [t('shell.keySend'), ['Enter']],
  [t('shell.keyLine'), ['Shift', 'Enter']],
  [t('shell.keyEdit'), ['↑']],
  [t('shell.keyMessages'), ['Enter']],
  [t('shell.keyReply'), ['R']],
  [t('shell.keyNewest'), ['Esc']],
  [t('shell.keyHelp'), ['?']],
];

export function showKeyboardHelp() {
  openDialog(t('shell.shortcuts'),
    el('table', {}, ...keys().map(([action, ...ways]) => el('tr', {},
      el('th', { scope: 'row' }, action),
      el('td', {}, ...ways.flatMap((combination) => [...combination.map((key) => el('kbd', {}, key)), ' ']))))));
}
