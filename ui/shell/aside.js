// What nobody needs at the first look: finding things, making rooms, keys, midnight, being called back. And what is made
// ready while nobody waits for it: the parts of the page that somebody may want next, so that they are there when the
// server isn’t.

import { watchAccountNews } from '../attention/account-news.js';
import { Attention } from '../attention/attention.js';
import { watchAttention } from '../attention/attentive.js';
import { moveMutes } from '../attention/mutes.js';
import { pushOf } from '../attention/push.js';
import { reasonOf } from '../base/api.js';
import { keepTime } from '../base/clock.js';
import { load } from '../base/load.js';
import { showArchive } from '../conversations/archive.js';
import { Calls } from '../conversations/calls.js';
import { Doings } from '../conversations/doings.js';
import { listActions } from '../conversations/list-actions.js';
import { loadMarked } from '../conversations/marked.js';
import { RequestList } from '../conversations/request-list.js';
import { newRoomButton } from '../conversations/room-dialog.js';
import { followFiles } from '../files/follow.js';
import { markBot } from '../messages/bot-mark.js';
import { later } from '../messages/message-list.js';
import { formats } from '../messages/message-row.js';
import { showQuoted } from '../messages/quoted.js';
import { showFoot } from '../messages/row-foot.js';
import { savedLink } from '../saved/saved-link.js';
import { savedOf } from '../saved/saved.js';
import { formatted } from '../text/text-view.js';
import { watchConnection, watchGate } from './connection-help.js';
import { Finder } from './finder.js';
import { InstallCard } from './install-card.js';
import { Keeper } from './keeper.js';
import { listenToShortcuts } from './shortcuts.js';

/** @import {ConversationView} from '../conversation/conversation-view.js' */
/** @import {ConversationList} from '../conversations/conversation-list.js' */
/** @import {Context} from './messenger.js' */

/** What of the frame it is about. @typedef {{field: HTMLInputElement, bar: Element, list: ConversationList, view: () => ConversationView | null, signal: AbortSignal}} Frame */

/** The doors that lead out of the first look. @type {(() => Promise<unknown>)[]} */
const DOORS = [
  () => import('./pages.js'), () => import('../account/settings-view.js'), () => import('../conversation/room-details.js'),
  () => import('../messages/jump.js'), () => import('../search/device.js'), () => import('../messages/message-menu.js'), () => import('../messages/message-editor.js'), () => import('./keyboard-help.js'),
];

/** @param {Context} context @param {Frame} frame */
export function attend(context, { field, bar, list, view, signal }) {
  const { client, router, preferences, clock, notices } = context;
  client.keepBy(new Keeper(client.user.id));
  new Finder(field, context, signal);
  bar.append(savedLink(), newRoomButton(context));
  list.before(new RequestList(context, signal));
  savedOf(client);
  listActions(list, context);
  showArchive(list, client.conversations);
  new Calls(client, signal);
  list.follow(new Doings(client, signal));
  loadMarked(client);
  client.stream.addEventListener('connected', () => loadMarked(client), { signal });
  listenToShortcuts(context, field, view, signal);
  keepTime(clock, signal);
  watchConnection(context, signal);
  watchGate(context, signal);
  watchAccountNews(context, signal);
  const attention = new Attention(client, preferences, router, notices);
  signal.addEventListener('abort', () => attention.stop());
  watchAttention(client.api, signal);
  renewPush(context, signal);
  list.after(new InstallCard(client, preferences));
  const showFiles = followFiles(context, signal);
  moveMutes(client);
  client.stream.addEventListener('connected', () => moveMutes(client), { signal });
  later.show = (row, item, timeline) => {
    showFoot(row, item);
    showFiles(row, item);
    showQuoted(row, item, timeline, client);
    markBot(row, item);
  };
  formats.text = formatted;
  // What is shown already is shown anew.
  clock.dispatchEvent(new Event('change'));
  prepare(context, signal);
}

/** Whenever the stream is connected, until the server is known to push here. @param {Context} context @param {AbortSignal} signal */
function renewPush({ client, preferences }, signal) {
  const push = pushOf(client, preferences);
  const renew = () => {
    if (!push.isCertain && !push.isChanging) push.renew().catch(reasonOf);
  };
  renew();
  client.stream.addEventListener('connected', renew, { signal });
}

/** @param {Context} context @param {AbortSignal} signal */
function prepare({ client: { stream }, notices }, signal) {
  const open = () => {
    notices.tell('incomplete', null);
    idle(async () => {
      for (const door of DOORS) if (!signal.aborted && !stream.lost) await load(door).catch(() => {});
    });
  };
  open();
  stream.addEventListener('connected', open, { signal });
}

/** @param {() => void} task */
function idle(task) {
  // Safari has no idle callbacks.
  if ('requestIdleCallback' in globalThis) requestIdleCallback(task);
  else setTimeout(task, 1_000);
}
