// How the page is connected, what holds it back, and what this browser doesn’t let it do.

import { openDialog } from '../base/dialog.js';
import { el } from '../base/dom.js';
import { addStyle } from '../base/load.js';
import { keep, kept } from '../base/storage.js';
import { t } from '../words/index.js';

/** @import {Key} from '../words/index.js' */
/** @import {Context} from './messenger.js' */

addStyle(import.meta.url, 'connection-help.css');

/** What lets a stream through, where one of these holds it back. */
const REMEDIES = [
  ['nginx', 'proxy_buffering off;'],
  ['Apache', 'ProxyPass … flushpackets=on'],
  ['Traefik (compress)', 'excludedContentTypes: text/event-stream'],
];
const KNOWN = 'preference:polling-known';

/** @param {Context} context */
export function showConnection({ client: { stream } }) {
  const { lost, transport } = stream;
  const isPolling = !lost && transport === 'poll';
  openDialog(t('shell.connection'),
    el('p', {}, lost ? t('shell.lost') : isPolling ? t('shell.pollingMore') : t('shell.live')),
    isPolling && el('dl', { class: 'remedies' }, ...REMEDIES.flatMap(([program, setting]) => [
      el('dt', {}, program ?? ''), el('dd', {}, el('code', {}, setting ?? '')),
    ])),
    ...limits().map((limit) => el('p', { class: 'muted' }, t(limit))));
}

/**
 * Says above the page that something holds the stream back, to whoever hasn’t been told, and that the browser keeps nothing.
 * @param {Context} context @param {AbortSignal} signal
 */
export function watchConnection(context, signal) {
  const { client: { stream }, notices } = context;
  const dismiss = () => {
    keep(KNOWN, true);
    notices.tell('polling', null);
  };
  /** @type {import('./notices.js').Notice} */
  const polling = { text: 'shell.polling', actions: [['shell.why', () => showConnection(context)], ['shell.dismiss', dismiss]] };
  const look = () => {
    const isNews = stream.transport === 'poll' && !kept(KNOWN);
    notices.tell('polling', isNews && polling);
  };
  stream.addEventListener('change', look, { signal });
  look();
  const unkept = () => notices.tell('unkept', { text: 'shell.unkept', actions: [['shell.dismiss', () => notices.tell('unkept', null)]] });
  addEventListener('unkept', unkept, { once: true, signal });
  if (!works(() => localStorage.length)) unkept();
}

/** What this browser doesn’t let the page do. @returns {Key[]} */
function limits() {
  return [
    ...works(() => localStorage.length) ? [] : /** @type {Key[]} */ (['shell.unkept']),
    ...works(() => new BroadcastChannel('tincan:probe').close()) ? [] : /** @type {Key[]} */ (['shell.apart']),
    ...isSecureContext && works(() => caches) && navigator.serviceWorker ? [] : /** @type {Key[]} */ (['shell.onlyOnline']),
  ];
}

/** @param {() => unknown} action */
function works(action) {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}
