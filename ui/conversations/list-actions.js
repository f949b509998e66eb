// What one does in the list of conversations: going through it by keys, and the menu of each.

import { reasonOf } from '../base/api.js';
import { openDialog } from '../base/dialog.js';
import { el } from '../base/dom.js';
import { addStyle } from '../base/load.js';
import { isByTouch, whenHeld } from '../base/long-press.js';
import { openMenu } from '../base/menu.js';
import { openLevels } from '../conversation/levels.js';
import { t } from '../words/index.js';

/** @import {Place} from '../base/long-press.js' */
/** @import {Item} from '../base/menu.js' */
/** @import {Context} from '../shell/messenger.js' */
/** @import {ConversationList} from './conversation-list.js' */
/** @import {Marks} from './conversations.js' */

addStyle(import.meta.url, 'list-actions.css');

const PIN = 'M9 4h6l-1 6 4 4H6l4-4zM12 14v6';
const DOT = 'M12 12m-8 0a8 8 0 1 0 16 0a8 8 0 1 0-16 0M12 11.5v1';
const BELL = 'M6 17V11a6 6 0 0 1 12 0v6l2 2H4zM10 21.5h4';
const BOX = 'M4 5h16v4H4zM6 9v10h12V9M10 13h4';
const EYE = 'M4 4l16 16M9.9 5.2A9.7 9.7 0 0 1 12 5c6 0 9.5 7 9.5 7a17 17 0 0 1-3 3.8M6.2 7.2A16 16 0 0 0 2.5 12s3.5 7 9.5 7a9.5 9.5 0 0 0 4-.9M10 10a2.8 2.8 0 0 0 4 4';

/** @param {ConversationList} view @param {Context} context */
export function listActions(view, context) {
  const { list, signal } = view;
  list.addEventListener('keydown', (event) => move(list, event), { signal });
  // A right click, and the keyboard’s own key for it.
  list.addEventListener('contextmenu', (event) => {
    const id = view.idOf(event.target);
    if (!id || isByTouch(event)) return;
    event.preventDefault();
    open(context, view, id, placeOf(event));
  }, { signal });
  whenHeld(list, 'a', (link, place) => open(context, view, view.idOf(link), place), signal);
}

/** @param {MouseEvent} event */
function placeOf({ clientX, clientY, target }) {
  if (clientX || clientY) return { x: clientX, y: clientY };
  // By a key: then it is about what has the focus.
  const { left, bottom } = /** @type {Element} */ (target).getBoundingClientRect();
  return { x: left, y: bottom };
}

/** One by one, and to the ends. @param {Element} list @param {KeyboardEvent} event */
function move(list, event) {
  const { key, target, altKey, ctrlKey, metaKey } = event;
  if (altKey || ctrlKey || metaKey) return;
  const links = [...list.querySelectorAll('a')];
  const at = links.indexOf(/** @type {HTMLAnchorElement} */ (target));
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 }[key];
  const link = next === undefined ? null : links[next];
  if (!link) return;
  event.preventDefault();
  link.focus();
}

/** @param {Context} context @param {ConversationList} view @param {string} id @param {Place} place */
function open({ client, router }, view, id, place) {
  const { conversations } = client;
  const info = [...conversations.listed, ...conversations.archived].find((each) => each.id === id);
  if (!info) return;
  const { title, other, pinned, archived, markedUnread, unread, newest } = info;
  /** @param {Partial<Marks>} marks */
  const set = async (marks) => {
    try {
      await conversations.set(id, marks);
      view.focusOn(id);
    } catch (error) {
      openDialog(title, el('p', {}, reasonOf(error)));
    }
  };
  const markUnread = () => {
    // Open, it would be read at once.
    if (router.route.id === id) router.go('/');
    set({ markedUnread: true });
  };
  /** @type {(Item | false)[]} */
  const items = [
    { name: pinned ? t('conversations.unpin') : t('conversations.pin'), lines: PIN, act: () => set({ pinned: !pinned }) },
    unread > 0 || markedUnread
      ? { name: t('conversations.markRead'), lines: DOT, act: () => conversations.markRead(id, newest.number) }
      : { name: t('conversations.markUnread'), lines: DOT, act: markUnread },
    { name: t('conversation.notifications'), lines: BELL, act: () => openLevels(conversations, id, place, () => view.focusOn(id)) },
    { name: archived ? t('conversations.unarchive') : t('conversations.archive'), lines: BOX, act: () => set({ archived: !archived }) },
    other !== null && { name: t('conversations.hide'), lines: EYE, act: () => set({ hidden: true }) },
  ];
  openMenu(t('conversations.options', { name: title }), items.flatMap((item) => item || []), place);
}
