// What kinds of characters there are for the grammar of texts. `src/text/characters.rs` says the same.

/** A letter or a digit in a script that has spaces between its words, which Chinese, Japanese, Korean and Thai haven’t. */
const WORD = /^[[\p{Alphabetic}\p{N}]&&[\0-\u{DFF}\u{1E00}-\u{1FFF}]]$/v;
const SPACE = /^\p{White_Space}$/u;
const PUNCTUATION = /^[!-/:-@[-`{-~]$/;

/** @param {string} character or '', at either end of a text */
export const isWord = (character) => WORD.test(character);

/** @param {string} character or '' */
export const isSpace = (character) => character === '' || SPACE.test(character);

/** @param {string} character */
export const isPunctuation = (character) => PUNCTUATION.test(character);

/** The character there, or ''. @param {string} text @param {number} at */
export function characterAt(text, at) {
  const code = text.codePointAt(at);
  return code === undefined ? '' : String.fromCodePoint(code);
}

/** The character that ends there, or ''. @param {string} text @param {number} at */
export function characterBefore(text, at) {
  const code = text.codePointAt(at - 2);
  return code !== undefined && code > 0xFFFF ? String.fromCodePoint(code) : text.charAt(at - 1);
}
