// What nobody needs at the first look at the messenger: finding people, making rooms, keys, midnight, being called back.

import { Attention } from '../attention.js';
import { keepTime } from '../base/clock.js';
import { addStyle, el } from '../base/dom.js';
import { drawing } from '../base/icons.js';
import { conversationPath } from '../base/router.js';
import { listenToShortcuts } from '../shortcuts.js';
import { PeopleSearch } from './people-search.js';

/** @import {ConversationView} from './conversation-view.js' */
/** @import {Context} from './messenger.js' */

const PLUS = 'M12 5v14M5 12h14';

/**
 * @param {Context} context @param {AbortSignal} signal @param {Element} notices @param {HTMLInputElement} field for people
 * @param {() => ConversationView | null} view what is open
 */
export function addExtras(context, signal, notices, field, view) {
  const { client: { conversations }, router } = context;
  addStyle('/later.css');
  new PeopleSearch(field, (start) => conversations.findPeople(start), async (username) => {
    const { id } = await conversations.startWith(username);
    router.go(conversationPath(id));
  });
  field.closest('nav')?.querySelector('.bar')?.append(el('button', {
    class: 'tool', 'aria-label': 'New room', title: 'New room, or one to join',
    click: async () => (await import('./room-dialog.js')).showRoomDialog(context),
  }, drawing(PLUS)));
  keepTime(context.clock, signal);
  const attention = new Attention(context.client, context.preferences, router, notices);
  signal.addEventListener('abort', () => attention.stop());
  listenToShortcuts({
    search: () => {
      // On a narrow screen it stands behind the conversation.
      if (!field.checkVisibility()) router.go('/');
      field.focus();
      field.select();
    },
    previous: () => step(context, -1),
    next: () => step(context, 1),
    newest: () => view()?.goToNewest(),
    help: async () => (await import('./keyboard-help.js')).showKeyboardHelp(),
  }, signal);
}

/** To the conversation above or below in the list. @param {Context} context @param {-1 | 1} by */
function step({ client, router }, by) {
  const ids = client.conversations.listed.map(({ id }) => id);
  const index = ids.indexOf(router.route.id);
  const id = index < 0 ? ids[0] : ids[index + by];
  if (id) router.go(conversationPath(id));
}

/** The server has another version of the page. @param {Element} notices */
export function offerReload(notices) {
  if (notices.querySelector('.update')) return;
  notices.append(el('p', { class: 'notice update', role: 'status' }, 'Tincan has been updated. ',
    el('button', { class: 'link', click: () => location.reload() }, 'Reload')));
}
