// What stands for somebody, or for a room, beside the name: a picture, or a letter in a colour of their own.

import { el } from '../base/dom.js';
import { titleOf } from '../base/format.js';

/** @import {User} from '../base/types.js' */

/** @param {User} user */
export function avatar(user) {
  return face(user.id, titleOf(user), user.avatarURL);
}

/**
 * What stands for a conversation: the other one's avatar, or one of the room's own.
 * @param {{id: string, title: string, other: User | null, avatarURL?: string | null}} info
 */
export function emblem({ id, title, other, avatarURL }) {
  return other ? avatar(other) : face(id, title, avatarURL, 'room');
}

/**
 * The letter, too, where the picture can’t be had.
 * @param {string} id @param {string} title @param {string | null | undefined} src @param {'room'} [kind]
 */
function face(id, title, src, kind) {
  const letter = tinted(id, el('span', { class: `avatar ${kind ?? ''}`, 'aria-hidden': 'true' }, initialOf(title)), kind);
  if (!src) return letter;
  const picture = tinted(id, el('img', { class: letter.className, src, alt: '', error: () => picture.replaceWith(letter) }), kind);
  return picture;
}

/**
 * Something in the hue of whoever, or of the room that, has this id.
 * @template {HTMLElement} T @param {string} id @param {T} element @param {'person' | 'room'} [kind]
 */
export function tinted(id, element, kind = 'person') {
  element.classList.add('hued');
  element.style.setProperty('--hue', `${hueOf(id, kind)}`);
  return element;
}

/** @param {string} name */
export function initialOf(name) {
  return ([...name][0] ?? '').toUpperCase();
}

/**
 * One of sixteen hues, in degrees, which stays the same. Those who came one after the other are far apart (Fibonacci
 * hashing: Knuth, The Art of Computer Programming 3, §6.4).
 * @param {string} id @param {'person' | 'room'} kind
 */
export function hueOf(id, kind) {
  const key = BigInt(id) * 2n + (kind === 'room' ? 1n : 0n);
  return Number(BigInt.asUintN(32, key * 2654435769n) >> 28n) * 22.5;
}
