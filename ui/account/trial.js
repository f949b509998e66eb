// Trying out whether notifications arrive.

import { reasonOf } from '../base/api.js';
import { setting } from '../base/cards.js';
import { el } from '../base/dom.js';
import { t } from '../words/index.js';

/** A row that sends one. @param {() => Promise<string>} send says what came of it */
export function trial(send) {
  const outcome = el('p', { class: 'muted', role: 'status' }, t('account.pushTestHelp'));
  const button = el('button', { class: 'button', click: test }, t('account.pushTestSend'));
  async function test() {
    button.disabled = true;
    outcome.textContent = t('account.pushTestSending');
    outcome.textContent = await send().catch(reasonOf);
    button.disabled = false;
  }
  return setting(el('div', {}, el('p', { class: 'strong' }, t('account.pushTest')), outcome), button);
}
