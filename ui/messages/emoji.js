// Which emoji there are, found by their names, in somebody's skin tone, and which were used last.

import { keep, kept } from '../base/storage.js';
import { GROUPS } from './emoji-list.js';

/** @typedef {{emoji: string, name: string, codes: string[]}} Emoji */

const RECENT_KEY = 'preference:recent-emoji';
const TONE_KEY = 'preference:skin-tone';
/** So many are kept. */
const RECENT = 24;

/** None, and the five of UTS #51, Emoji Modifiers. */
export const TONES = ['', '\u{1f3fb}', '\u{1f3fc}', '\u{1f3fd}', '\u{1f3fe}', '\u{1f3ff}'];

/** By group, in somebody's skin tone. @returns {{id: string, emoji: Emoji[]}[]} */
export function emojiByGroup() {
  const chosen = tone();
  return GROUPS.map(({ id, emoji }) => ({
    id,
    emoji: emoji.map(([plain, name, codes, hasTones]) => ({ emoji: hasTones ? coloured(plain, chosen) : plain, name, codes: codes.split(' ').filter(Boolean) })),
  }));
}

/** The modifier stands behind the first character, in place of a variation selector. @param {string} emoji @param {string} modifier */
export function coloured(emoji, modifier) {
  if (!modifier) return emoji;
  const [first = '', ...rest] = emoji;
  return [first, modifier, ...rest[0] === '\ufe0f' ? rest.slice(1) : rest].join('');
}

/** Those of which each word begins some word of the name, the better first. @param {string} text @returns {Emoji[]} */
export function findEmoji(text) {
  const wanted = wordsOf(text);
  if (wanted.length === 0) return [];
  const all = emojiByGroup().flatMap(({ emoji }) => emoji);
  const found = all.filter(({ name, codes }) => {
    const words = wordsOf(`${name} ${codes.join(' ')}`);
    return wanted.every((start) => words.some((word) => word.startsWith(start)));
  });
  const code = wanted.join('_');
  return found.sort((a, b) => rank(a, code) - rank(b, code));
}

/** How much longer its code is than what was written. @param {Emoji} emoji @param {string} code */
function rank({ codes }, code) {
  return Math.min(1_000, ...codes.filter((each) => each.startsWith(code)).map((each) => each.length - code.length));
}

/** @param {string} text */
function wordsOf(text) {
  return text.toLowerCase().split(/[^\p{L}\p{N}+-]+/u).filter(Boolean);
}

/** @returns {string} */
export function tone() {
  const known = kept(TONE_KEY);
  return TONES.includes(known) ? known : '';
}

/** @param {string} modifier */
export function chooseTone(modifier) {
  keep(TONE_KEY, modifier);
}

/** Those used last, the latest first. @returns {string[]} */
export function recentEmoji() {
  const known = kept(RECENT_KEY);
  return Array.isArray(known) ? known.filter((each) => typeof each === 'string') : [];
}

/** @param {string} emoji */
export function useEmoji(emoji) {
  keep(RECENT_KEY, [emoji, ...recentEmoji().filter((each) => each !== emoji)].slice(0, RECENT));
}
