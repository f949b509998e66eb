// How the page is connected, what holds it back, and what this browser doesn’t let it do.

import { openDialog } from '../base/dialog.js';
import { el } from '../base/dom.js';
import { addStyle } from '../base/load.js';
import { keep, kept } from '../base/storage.js';
import { t } from '../words/index.js';
import { UPDATED } from './notices.js';

/** @import {Key} from '../words/index.js' */
/** @import {Context} from './messenger.js' */
/** @import {Notice} from './notices.js' */

addStyle(import.meta.url, 'connection-help.css');

/** What lets a stream through, where one of these holds it back. */
const REMEDIES = [
  ['nginx', 'proxy_buffering off;'],
  ['Apache', 'ProxyPass … flushpackets=on'],
  ['Traefik (compress)', 'excludedContentTypes: text/event-stream'],
];
const KNOWN = 'preference:polling-known';
/** @type {Notice} */
const DENIED = { ...UPDATED, text: 'shell.denied' };
/** How often somebody else is looked for in the server’s place, while that can’t be reached, and how long an answer may take. */
const LOOK_MS = 15_000;
const ANSWER_MS = 10_000;

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
 * Says above the page that something holds the stream back, to whoever hasn’t been told; why it is lost, where another one
 * of the same person is in its place; and that the browser keeps nothing.
 * @param {Context} context @param {AbortSignal} signal
 */
export function watchConnection(context, signal) {
  const { client: { stream }, notices } = context;
  const dismiss = () => {
    keep(KNOWN, true);
    notices.tell('polling', null);
  };
  /** @type {Notice} */
  const polling = { text: 'shell.polling', actions: [['shell.why', () => showConnection(context)], ['shell.dismiss', dismiss]] };
  const look = () => {
    const isNews = stream.transport === 'poll' && !kept(KNOWN);
    notices.tell('polling', isNews && polling);
    if (stream.lost && stream.displaced) notices.tell('lost', { text: 'shell.displaced' });
  };
  stream.addEventListener('change', look, { signal });
  look();
  const unkept = () => notices.tell('unkept', { text: 'shell.unkept', actions: [['shell.dismiss', () => notices.tell('unkept', null)]] });
  addEventListener('unkept', unkept, { once: true, signal });
  if (!works(() => localStorage.length)) unkept();
}

/**
 * Says above the page where something in front of the server wants one to sign in there: the page, loaded anew, leads to it.
 * @param {Context} context @param {AbortSignal} signal
 */
export function watchGate({ client: { api, stream }, notices }, signal) {
  let next = 0;
  let looking = false;
  const look = async () => {
    if (looking) return;
    clearTimeout(next);
    looking = true;
    const isShut = await isGateShut();
    looking = false;
    if (signal.aborted) return;
    notices.tell('denied', isShut && DENIED);
    if (stream.lost) next = setTimeout(look, LOOK_MS);
  };
  stream.addEventListener('change', () => stream.lost && look(), { signal });
  stream.addEventListener('connected', () => notices.tell('denied', null), { signal });
  api.addEventListener('signed-out', look, { signal });
  if (stream.lost) look();
}

/** To whoever asks it this, the server answers. A proxy whose own session has ended refuses, sends one elsewhere, or shows a page. */
async function isGateShut() {
  try {
    const { status, type, ok, headers } = await fetch('/api/config', { redirect: 'manual', signal: AbortSignal.timeout(ANSWER_MS) });
    const isPage = ok && !headers.get('content-type')?.startsWith('application/json');
    return type === 'opaqueredirect' || status === 401 || status === 403 || isPage;
  } catch {
    return false;
  }
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
