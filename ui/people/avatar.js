// What stands for somebody, or for a room, beside the name: a picture, or a letter in a colour of their own.

import { el } from '../base/dom.js';
import { titleOf } from '../base/format.js';

/** @import {User} from '../base/types.js' */

/** @param {User} user */
export function avatar(user) {
  const { id, avatarURL } = user;
  const picture = avatarURL && el('img', { class: 'avatar', src: avatarURL, alt: '' });
  return tinted(id, picture || el('span', { class: 'avatar', 'aria-hidden': 'true' }, initialOf(titleOf(user))));
}

/** What stands for a conversation: the other one's avatar, or one of the room's own. @param {{id: string, title: string, other: User | null}} info */
export function emblem({ id, title, other }) {
  const element = avatar(other ?? { id, username: title });
  element.classList.toggle('room', !other);
  return element;
}

/** Something in the hue of whatever has this id. @template {HTMLElement} T @param {string} id @param {T} element */
export function tinted(id, element) {
  element.style.setProperty('--hue', `${hueOf(id)}`);
  return element;
}

/** @param {string} name */
export function initialOf(name) {
  return ([...name][0] ?? '').toUpperCase();
}

/** One of eight hues, in degrees; a person keeps theirs. @param {string} id */
export function hueOf(id) {
  return Number(BigInt(id) % 8n) * 45 + 20;
}
