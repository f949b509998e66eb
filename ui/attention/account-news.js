// What has happened to one’s account that one should know: said above the page until it has been seen on any device.

import { deviceName } from '../account/device-name.js';
import { eventName } from '../account/events.js';
import { reasonOf } from '../base/api.js';
import { actions, show, withTitle } from '../base/dialog.js';
import { el, nameOf } from '../base/dom.js';
import { titleOf } from '../base/format.js';
import { addStyle } from '../base/load.js';
import { timeOf } from '../base/times.js';
import { t, tn } from '../words/index.js';

/** @import {FeedEvent, User} from '../base/types.js' */
/** @import {Context} from '../shell/messenger.js' */

/**
 * @typedef {{id: string, kind: string, byOneself: boolean, administrator: User | null, address: string | null,
 *   device: string, detail: string | null, createdAt: string}} News
 */

addStyle(import.meta.url, 'account-news.css');

/**
 * How long news of a change waits. The change may have been made here and given this browser another cookie, and the answer
 * that brings it is still on its way: a request with the former one would be refused.
 */
const SETTLE_MS = 1_000;

/** @param {Context} context @param {AbortSignal} signal */
export function watchAccountNews({ client, notices }, signal) {
  const { api, stream } = client;
  /** @type {News[]} */
  let news = [];
  let settling = 0;
  const look = async () => {
    try {
      news = await api.get('/api/notices');
    } catch (error) {
      // With the next connection, it is asked for again.
      reasonOf(error);
      return;
    }
    const open = /** @type {const} */ (['attention.showNews', () => openNews(news, seen)]);
    if (!signal.aborted) notices.tell('account', news.length > 0 && { text: 'attention.accountNews', actions: [[...open]] });
  };
  const seen = async () => {
    notices.tell('account', null);
    // Where that fails, it is shown once more.
    await api.post('/api/notices/seen', { upTo: news[0]?.id }).catch(reasonOf);
  };
  stream.addEventListener('connected', look, { signal });
  client.addEventListener('event', (event) => {
    const { name } = /** @type {CustomEvent<FeedEvent>} */ (event).detail;
    if (name !== 'notice') return;
    clearTimeout(settling);
    settling = setTimeout(look, SETTLE_MS);
  }, { signal });
  signal.addEventListener('abort', () => clearTimeout(settling));
  look();
}

/** @param {News[]} news @param {() => void} seen */
function openNews(news, seen) {
  const dialog = show(withTitle(t('attention.newsTitle'),
    el('ul', { class: 'account-news' }, ...news.map(newsItem)),
    el('p', { class: 'muted' }, t('attention.newsHelp')),
    actions(
      el('a', { class: 'button', href: '/settings#devices', click: () => dialog.close() }, t('attention.review')),
      el('button', { class: 'button primary', type: 'button', click: () => dialog.close() }, t('base.done')))));
  dialog.addEventListener('close', seen);
}

/** @param {News} news */
function newsItem({ kind, byOneself, administrator, address, device, detail, createdAt }) {
  const where = address ? tn('attention.from', { device: nameOf(deviceName(device)), address: nameOf(address) }) : [];
  const by = administrator ? tn('attention.by', { name: nameOf(titleOf(administrator)) }) : [t('attention.byAdministrator')];
  return el('li', {},
    el('p', { class: 'strong' }, eventName(kind), ...(detail ? [': ', nameOf(detail)] : [])),
    el('p', { class: 'muted' }, ...(byOneself ? where : by)),
    el('p', { class: 'muted' }, timeOf(createdAt)));
}
