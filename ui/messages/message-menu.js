// What can be done with a message.

import { toClipboard } from '../base/clipboard.js';
import { show } from '../base/dialog.js';
import { el, nameOf } from '../base/dom.js';
import { titleOf } from '../base/format.js';
import { drawing } from '../base/icons.js';
import { load } from '../base/load.js';
import { t } from '../words/index.js';

/** @import {Message} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */

const USUAL = ['👍', '❤️', '😂', '😮', '😢', '🙏', '🎉'];
const GAP_PX = 4;
const PLUS = 'M12 5v14M5 12h14';
const ARROW = 'M9 8L4 13l5 5M4 13h10a6 6 0 0 0 6-6V6';
const PEN = 'M4 20l1-4L16.5 4.5a2.1 2.1 0 0 1 3 3L8 19z';
const SHEETS = 'M9 9h11v11H9zM5 15H4V4h11v1';
const PIN = 'M9 4h6l-1 6 4 4H6l4-4zM12 14v6';
const RIBBON = 'M7 4h10v16l-5-4-5 4z';
const BIN = 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5';
const FACES = 'M9 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6M3 19a6 6 0 0 1 12 0M16 5.3a3 3 0 0 1 0 5.4M17.5 13.6A6 6 0 0 1 21 19';
const FLAG = 'M6 21V4h11l-2.5 4L17 12H6';

/**
 * @typedef {object} Uses
 * @property {Client} client
 * @property {boolean} isOwner of the room
 * @property {string} readers who has read it
 * @property {(emoji: string) => string} whoReacted
 * @property {(emoji: string) => void} react
 * @property {(() => void) | false} reply where one can
 * @property {() => void} pin or unpin
 * @property {boolean} isSaved
 * @property {() => void} save or no longer
 * @property {() => void} edit
 * @property {() => void} remove
 */

/** @param {Element} bubble @param {Message} message @param {Uses} uses */
export function openMessageMenu(bubble, message, uses) {
  const { client, isOwner, readers, whoReacted, react, reply, pin, isSaved, save, edit, remove } = uses;
  const { content, mine, reactions, author, pinnedAt } = message;
  /** Closed, it gives the focus back, and only then may it go elsewhere. @param {() => void} act */
  const choose = (act) => () => {
    dialog.close();
    act();
  };
  /** @param {string} name @param {string} lines @param {() => void} act */
  const item = (name, lines, act) => el('button', {
    class: name === t('messages.delete') ? 'menu-item danger' : 'menu-item', role: 'menuitem', tabindex: '-1', click: choose(act),
  }, drawing(lines), name);
  const pickAnother = async () => (await load(() => import('./emoji-picker.js'))).openEmojiPicker(t('messages.react'), react);
  const listReactors = async () => (await load(() => import('./reactors-dialog.js'))).openReactors(client, message.id);
  const report = async () => (await load(() => import('./report-dialog.js'))).openReport(client, message);
  const menu = el('div', { class: 'menu-items', role: 'menu', 'aria-label': t('messages.options'), keydown: moveByKeys },
    el('div', { class: 'usual', role: 'group', 'aria-label': t('messages.react') },
      ...USUAL.map((emoji) => {
        const isOwn = reactions.some((each) => each.emoji === emoji && each.mine);
        return el('button', {
          class: 'emoji', role: 'menuitemcheckbox', tabindex: '-1', 'aria-checked': `${isOwn}`, click: choose(() => react(emoji)),
        }, emoji);
      }),
      el('button', {
        class: 'emoji', role: 'menuitem', tabindex: '-1', 'aria-label': t('messages.otherEmoji'), title: t('messages.otherEmoji'),
        click: choose(pickAnother),
      }, drawing(PLUS))),
    reply && item(t('messages.reply'), ARROW, reply),
    mine && item(t('messages.edit'), PEN, edit),
    content && item(t('messages.copy'), SHEETS, () => toClipboard(content)),
    item(t(pinnedAt ? 'messages.unpin' : 'messages.pin'), PIN, pin),
    item(t(isSaved ? 'messages.unsave' : 'messages.saveMessage'), RIBBON, save),
    reactions.length > 0 && item(t('messages.whoReacted'), FACES, listReactors),
    !mine && item(t('messages.report'), FLAG, report),
    (mine || isOwner) && item(t('messages.delete'), BIN, remove));
  const dialog = el('dialog', {
    class: 'menu', 'aria-label': mine ? t('messages.yours') : t('messages.theirs', { name: titleOf(author) }),
  }, el('div', { class: 'menu-body' }, menu, details(message, readers, whoReacted)));
  if (!show(dialog)) return;
  place(dialog, bubble);
  focus(itemsOf(menu)[0]);
}

/** @param {Element} menu @returns {HTMLElement[]} */
function itemsOf(menu) {
  return [...menu.querySelectorAll('button')];
}

/** As in https://www.w3.org/WAI/ARIA/apg/patterns/menubar/; the reactions are one line of it. @param {KeyboardEvent} event */
function moveByKeys(event) {
  const { key, target, currentTarget } = event;
  const items = itemsOf(/** @type {Element} */ (currentTarget));
  const first = items.findIndex((each) => !each.matches('.emoji'));
  const at = items.indexOf(/** @type {HTMLElement} */ (target));
  const step = document.dir === 'rtl' ? -1 : 1;
  const next = {
    ArrowDown: at < first ? first : at + 1, ArrowUp: at === first ? 0 : at < first ? items.length - 1 : at - 1,
    ArrowRight: at + step, ArrowLeft: at - step, Home: 0, End: items.length - 1,
  }[key];
  if (next === undefined) return;
  event.preventDefault();
  focus(items.at(next % items.length));
}

/** @param {HTMLElement | undefined} item */
function focus(item) {
  item?.focus();
}

/**
 * Who has reacted, and who has read it.
 * @param {Message} message @param {string} readers @param {(emoji: string) => string} whoReacted
 */
function details({ mine, reactions }, readers, whoReacted) {
  const isRead = mine && readers;
  if (reactions.length === 0 && !isRead) return null;
  return el('dl', {},
    ...reactions.flatMap(({ emoji }) => [el('dt', {}, emoji), el('dd', {}, nameOf(whoReacted(emoji)))]),
    ...isRead ? [el('dt', {}, t('messages.readBy')), el('dd', {}, nameOf(readers))] : []);
}

/** Beside the message, where there is room for that. @param {HTMLElement} dialog @param {Element} bubble */
function place(dialog, bubble) {
  if (!matchMedia('(width >= 46rem)').matches) return;
  const { width, height } = dialog.getBoundingClientRect();
  const { left, right, top, bottom } = bubble.getBoundingClientRect();
  const isAtRight = Boolean(bubble.closest('.mine')) === (document.dir !== 'rtl');
  const x = Math.max(GAP_PX, Math.min(isAtRight ? right - width : left, innerWidth - width - GAP_PX));
  const below = bottom + GAP_PX;
  const y = below + height <= innerHeight - GAP_PX ? below : Math.max(GAP_PX, Math.min(top, innerHeight) - height - GAP_PX);
  dialog.style.setProperty('left', `${x}px`);
  dialog.style.setProperty('top', `${y}px`);
}
