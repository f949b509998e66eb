// Where a web address begins and ends in a text: where a reader would say that it does, which is mostly what linkify-it
// (https://github.com/markdown-it/linkify-it) says. `src/text/links.rs` has the same rules.

import { characterAt, characterBefore, isWord } from './characters.js';

const SCHEME = /https?:\/\//iy;
/** Before the host, as in `https://git@example.org`. */
const USER = /[\w.~%!$&'()*+,;=:-]+@/y;
/** Ends a link wherever it is: space, quotation marks, and what ends or divides sentences where no space follows. */
const ENDS = /[\p{White_Space}\p{Cc}<>"`«»‹›\u{2014}\u{2018}-\u{201F}…،؛؟۔।\u{3000}-〃〈-\u{301F}〰〽！-／：-＠［-｀｛-･]/u;
/** Doesn’t end a link, but ends with a sentence, or with what is bold or in italics. */
const TRAILING = ".,;:!?'*_";
const CLOSING = new Map([[')', '('], [']', '['], ['}', '{']]);
const BIDI_CONTROL = /\p{Bidi_Control}/gu;

/** The address that begins there, or ''. @param {string} text @param {number} at */
export function linkAt(text, at) {
  SCHEME.lastIndex = at;
  if (!SCHEME.test(text) || isGlued(text, at)) return '';
  USER.lastIndex = SCHEME.lastIndex;
  const host = USER.test(text) ? USER.lastIndex : SCHEME.lastIndex;
  const end = endOfHost(text, host);
  if (end === host) return '';
  return text.slice(at, withoutTrailing(text, host + 1, /[/?#]/.test(text.charAt(end)) ? endOfPath(text, end) : end));
}

/** Whether it is the end of another scheme, as in `git+https://`. Italics may begin right before it. @param {string} text @param {number} at */
function isGlued(text, at) {
  let start = at;
  while (text.charAt(start - 1) === '_') start -= 1;
  const before = characterBefore(text, start);
  return isWord(before) || before === '+';
}

/** With the port. @param {string} text @param {number} start */
function endOfHost(text, start) {
  if (text.charAt(start) === '[') {
    const [address = ''] = /^\[[\da-f:.]+\](:\d+)?/i.exec(text.slice(start, start + 60)) ?? [];
    return start + address.length;
  }
  let at = start;
  let label = start;
  let foreign = 0;
  for (;;) {
    const character = characterAt(text, at);
    if (character === '.') [label, foreign] = isInHost(characterAt(text, at + 1)) ? [at + 1, 0] : [label, foreign];
    else if (!isInHost(character)) break;
    else if (isForeign(character) && isAscii(text.charAt(label))) foreign ||= at;
    at += character.length;
  }
  // No domain ends with ASCII and another script together: there the sentence goes on.
  if (foreign) return foreign;
  if (at === start || '.-'.includes(text.charAt(start))) return start;
  const [port = ''] = /^:\d{1,5}/.exec(text.slice(at, at + 6)) ?? [];
  return at + port.length;
}

/** @param {string} character */
function isInHost(character) {
  return character !== '' && (isAscii(character) ? /[\w-]/.test(character) : !ENDS.test(character) && !isBidiControl(character));
}

/** @param {string} character */
const isAscii = (character) => character < '\x80';

/** Of a script without spaces, so that a word may follow another. @param {string} character */
const isForeign = (character) => !isAscii(character) && !isWord(character);

/** @param {string} character */
const isBidiControl = (character) => character.search(BIDI_CONTROL) >= 0;

/** Brackets belong to it in pairs. @param {string} text @param {number} start */
function endOfPath(text, start) {
  /** @type {{bracket: string, at: number}[]} */
  const open = [];
  let at = start;
  for (; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (ENDS.test(character)) break;
    if ('([{'.includes(character)) open.push({ bracket: character, at });
    const opening = CLOSING.get(character);
    if (opening && open.at(-1)?.bracket !== opening) break;
    if (opening) open.pop();
  }
  return open[0]?.at ?? at;
}

/** @param {string} text @param {number} least @param {number} end */
function withoutTrailing(text, least, end) {
  let at = end;
  while (at > least && TRAILING.includes(text.charAt(at - 1))) at -= 1;
  return at;
}

/** As it is shown: what turns the direction of writing around would make it look like another. @param {string} address */
export function shownAddress(address) {
  return address.replace(BIDI_CONTROL, encodeURIComponent);
}
