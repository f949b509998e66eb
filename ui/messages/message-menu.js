// What can be done with a message.

import { show } from '../base/dialog.js';
import { el } from '../base/dom.js';
import { t } from '../words/index.js';

/** @import {Message} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */

const USUAL = ['👍', '❤️', '😂', '😮', '😢', '🙏', '🎉', '🔥'];
const GAP_PX = 4;

/**
 * @typedef {object} Uses
 * @property {Client} client
 * @property {boolean} isOwner of the room
 * @property {string} readers who has read it
 * @property {(emoji: string) => string} whoReacted
 * @property {(emoji: string) => void} react
 * @property {() => void} edit
 * @property {() => void} remove
 */

/** @param {Element} bubble @param {Message} message @param {Uses} uses */
export function openMessageMenu(bubble, message, uses) {
  const { client, isOwner, readers, whoReacted, react, edit, remove } = uses;
  const { content, mine, reactions } = message;
  /** Closed, it gives the focus back, and only then may it go elsewhere. @param {() => void} act */
  const choose = (act) => () => {
    dialog.close();
    act();
  };
  /** @param {string} name @param {() => void} act */
  const item = (name, act) => el('li', {}, el('button', { class: 'menu-item', click: choose(act) }, name));
  /** @type {HTMLDialogElement} */
  const dialog = el('dialog', { class: 'menu', 'aria-label': mine ? t('messages.yours') : t('messages.theirs', { name: message.author?.username ?? '' }) },
    el('div', { class: 'menu-body' },
      el('div', { class: 'usual', role: 'group', 'aria-label': t('messages.react') }, ...USUAL.map((emoji) => {
        const isOwn = reactions.some((each) => each.emoji === emoji && each.users.includes(client.user.id));
        return el('button', { class: 'emoji', 'aria-pressed': `${isOwn}`, click: choose(() => react(emoji)) }, emoji);
      })),
      otherEmoji((emoji) => choose(() => react(emoji))()),
      el('ul', {},
        mine && item(t('messages.edit'), edit),
        item(t('messages.copy'), () => copy(bubble, content)),
        (mine || isOwner) && item(t('messages.delete'), remove)),
      details(message, readers, whoReacted)));
  if (!show(dialog)) return;
  place(dialog, bubble);
}

/** @param {(emoji: string) => void} react */
function otherEmoji(react) {
  const input = el('input', {
    'aria-label': t('messages.otherEmoji'), placeholder: t('messages.otherEmoji'), autocomplete: 'off', maxlength: '32',
  });
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    const emoji = input.value.trim();
    if (emoji) react(emoji);
    else input.focus();
  };
  return el('form', { class: 'other-emoji', submit }, input, el('button', { class: 'button' }, t('messages.react')));
}

/**
 * Who has reacted, and who has read it.
 * @param {Message} message @param {string} readers @param {(emoji: string) => string} whoReacted
 */
function details({ mine, reactions }, readers, whoReacted) {
  const isRead = mine && readers;
  if (reactions.length === 0 && !isRead) return null;
  return el('dl', {},
    ...reactions.flatMap(({ emoji }) => [el('dt', {}, emoji), el('dd', {}, whoReacted(emoji))]),
    ...isRead ? [el('dt', {}, t('messages.readBy')), el('dd', {}, readers)] : []);
}

/** @param {Element} bubble @param {string} text */
async function copy(bubble, text) {
  // Plain http has no clipboard.
  if (navigator.clipboard) return navigator.clipboard.writeText(text).catch(() => select(bubble));
  select(bubble);
}

/** @param {Element} bubble */
function select(bubble) {
  const selection = getSelection();
  selection?.selectAllChildren(bubble.querySelector('[dir=auto]') ?? bubble);
  document.execCommand('copy');
  selection?.removeAllRanges();
}

/** Beside the message, where there is room for that. @param {HTMLElement} dialog @param {Element} bubble */
function place(dialog, bubble) {
  if (!matchMedia('(width >= 46rem)').matches) return;
  const { width, height } = dialog.getBoundingClientRect();
  const { left, right, top, bottom } = bubble.getBoundingClientRect();
  const isMine = bubble.closest('.mine');
  const x = Math.max(GAP_PX, Math.min(isMine ? right - width : left, innerWidth - width - GAP_PX));
  const below = bottom + GAP_PX;
  const y = below + height <= innerHeight - GAP_PX ? below : Math.max(GAP_PX, Math.min(top, innerHeight) - height - GAP_PX);
  dialog.style.setProperty('left', `${x}px`);
  dialog.style.setProperty('top', `${y}px`);
}
