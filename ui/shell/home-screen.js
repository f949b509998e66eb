// How the page comes to the home screen of an iPhone or iPad, where only people can put it.

import { actions, openDialog } from '../base/dialog.js';
import { el } from '../base/dom.js';
import { drawing, icon } from '../base/icons.js';
import { addStyle } from '../base/load.js';
import { t } from '../words/index.js';

addStyle(import.meta.url, 'home-screen.css');

/** As they are drawn there. */
const SHARE = 'M12 15V3M8 6.5L12 3l4 3.5M8 10H5v11h14V10h-3';
const ADD = 'M7 3h10a4 4 0 0 1 4 4v10a4 4 0 0 1-4 4H7a4 4 0 0 1-4-4V7a4 4 0 0 1 4-4zM12 8v8M8 12h8';

export function homeScreenSteps() {
  const step = (/** @type {Element} */ sign, /** @type {string} */ text) => el('li', {}, sign, el('p', {}, text));
  return el('ol', { class: 'steps' },
    step(drawing(SHARE), t('shell.homeScreenShare')), step(drawing(ADD), t('shell.homeScreenAdd')),
    step(icon('bell'), t('shell.homeScreenOpen')));
}

export function showHomeScreen() {
  const dialog = openDialog(t('shell.homeScreen'), homeScreenSteps(),
    actions(el('button', { class: 'button primary', type: 'button', click: () => dialog?.close() }, t('base.done'))));
}
