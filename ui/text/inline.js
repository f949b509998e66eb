// Within a paragraph: **bold**, *italics* or _italics_, `code`, links and mentions. `src/text/inline.rs` has the same rules.

import { characterAt, characterBefore, isPunctuation, isSpace, isWord } from './characters.js';
import { linkAt } from './links.js';

/**
 * A text, bold or in italics, code, a link with its address, or the mention with that index.
 * @typedef {string | ['b' | 'i', ...Inline[]] | ['code', string] | ['a', string] | ['@', number]} Inline
 */
/** Where a mention is in a text, and which. @typedef {{start: number, end: number, index: number}} Placed */
/** A marker that something may end: how many characters of it are left, where it is, and how much was said before it. @typedef {{sign: string, left: number, at: number, said: number}} Opener */

const CODE = /`+/y;
const MARKER = /\*+|_+/y;
/** Punctuation may stand between the end of bold or italics and the rest of a sentence. */
const AFTER = ')]}.,;:!?"\'*_';
const SIGNS = '*_';

/** @param {string} text @param {Placed[]} mentions in their order */
export function parseInline(text, mentions) {
  return new Scanner(text, mentions).scan();
}

class Scanner {
  #text;
  #mentions;
  #at = 0;
  /** What there is so far; markers that nothing has ended yet are texts. @type {Inline[]} */
  #out = [];
  /** @type {Opener[]} */
  #openers = [];
  /** How many openers there are of each kind, so that none is looked for in vain. @type {Map<string, number>} */
  #kinds = new Map();
  /** Counts what is no punctuation. */
  #said = 0;
  /** Up to where the word goes that one is in, and whether all of it is punctuation. */
  #wordEnd = 0;
  #isBare = false;

  /** @param {string} text @param {Placed[]} mentions */
  constructor(text, mentions) {
    this.#text = text;
    this.#mentions = [...mentions];
  }

  scan() {
    while (this.#at < this.#text.length) if (!this.#mention()) this.#next();
    return merged(this.#out);
  }

  #next() {
    const sign = this.#text.charAt(this.#at);
    if (sign === '`') this.#code();
    else if (SIGNS.includes(sign)) this.#marker();
    else if (!'hH'.includes(sign) || !this.#link()) this.#character();
  }

  #mention() {
    const mentions = this.#mentions;
    while (mentions[0] && mentions[0].start < this.#at) mentions.shift();
    const next = mentions[0];
    const isHere = next?.start === this.#at && next.end > next.start;
    return isHere && this.#add(['@', next.index], next.end - next.start);
  }

  #code() {
    const sign = this.#run(CODE);
    const start = this.#at + sign.length;
    const line = this.#text.indexOf('\n', start);
    const rest = isWord(this.#before) ? '' : this.#text.slice(start, line < 0 ? undefined : line);
    for (const { 0: run, index } of rest.matchAll(/`+/g)) {
      if (run === sign) return this.#add(['code', unpadded(rest.slice(0, index))], sign.length + index + run.length);
    }
    return this.#add(sign, sign.length);
  }

  #link() {
    const address = linkAt(this.#text, this.#at);
    return address !== '' && this.#add(['a', address], address.length);
  }

  #marker() {
    const sign = this.#run(MARKER);
    const before = this.#before;
    const after = characterAt(this.#text, this.#at + sign.length);
    const isMarker = sign.length <= (sign.startsWith('*') ? 3 : 1) && before !== '\\' && (sign.length > 1 || !this.#isInBareWord());
    let left = sign.length;
    if (isMarker && mayClose(before, after)) left = this.#close(sign.charAt(0), left);
    if (left === 0) return this.#skip(sign.length);
    if (isMarker && left === sign.length && mayOpen(sign, before, after)) this.#open(sign);
    this.#out.push(sign.slice(0, left));
    return this.#skip(sign.length);
  }

  /** The marker that is about to be added. @param {string} sign */
  #open(sign) {
    const opener = { sign: sign.charAt(0), left: sign.length, at: this.#out.length, said: this.#said };
    this.#openers.push(opener);
    this.#count(opener, 1);
  }

  /** Ends what can be ended, and says how many of so many characters are left. @param {string} sign @param {number} length */
  #close(sign, length) {
    let left = length;
    while (left > 0) {
      const kinds = left === 3 ? [1, 2, 3] : [left, 3];
      if (!kinds.some((kind) => this.#kinds.get(`${sign}${kind}`))) break;
      const found = this.#openers.findLastIndex((each) => each.sign === sign && kinds.includes(each.left));
      const opener = this.#openers[found];
      // There is nothing in it that could be bold.
      if (!opener || opener.said === this.#said) break;
      for (const each of this.#openers.splice(found)) this.#count(each, -1);
      const used = Math.min(opener.left, left);
      const inner = merged(this.#out.splice(opener.at + 1));
      this.#out.pop();
      opener.left -= used;
      left -= used;
      if (opener.left > 0) {
        this.#out.push(sign.repeat(opener.left));
        this.#openers.push(opener);
        this.#count(opener, 1);
      }
      this.#out.push(used === 3 ? ['b', ['i', ...inner]] : [used === 2 ? 'b' : 'i', ...inner]);
    }
    return left;
  }

  /** @param {Opener} opener @param {number} by */
  #count({ sign, left }, by) {
    const kind = `${sign}${left}`;
    this.#kinds.set(kind, (this.#kinds.get(kind) ?? 0) + by);
  }

  #character() {
    const character = characterAt(this.#text, this.#at);
    if (!isSpace(character) && !isPunctuation(character)) this.#said += 1;
    this.#add(character, character.length);
  }

  /** The signs that begin here. @param {RegExp} pattern */
  #run(pattern) {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text)?.[0] ?? '';
  }

  get #before() {
    return characterBefore(this.#text, this.#at);
  }

  /** Whether it is in something like `:-*` or `>_<`, between two spaces. */
  #isInBareWord() {
    if (this.#at >= this.#wordEnd) {
      let start = this.#at;
      while (!isSpace(characterBefore(this.#text, start))) start -= 1;
      let end = this.#at;
      while (!isSpace(characterAt(this.#text, end))) end += characterAt(this.#text, end).length;
      this.#wordEnd = end;
      this.#isBare = [...this.#text.slice(start, end)].every(isPunctuation);
    }
    return this.#isBare;
  }

  /** @param {Inline} part @param {number} length of it in the text */
  #add(part, length) {
    if (typeof part !== 'string') this.#said += 1;
    this.#out.push(part);
    return this.#skip(length);
  }

  /** @param {number} length */
  #skip(length) {
    this.#at += length;
    return true;
  }
}

/** @param {string} sign @param {string} before @param {string} after */
function mayOpen(sign, before, after) {
  if (isSpace(after) || after === '.' || isWord(before)) return false;
  // As in comments and patterns of files.
  if (sign === '*' && (before === '/' || before === '.')) return false;
  return !isPunctuation(before) || SIGNS.includes(before) || !isPunctuation(after);
}

/** @param {string} before @param {string} after */
function mayClose(before, after) {
  if (isSpace(before) || isWord(after)) return false;
  return !isPunctuation(before) || SIGNS.includes(before) || !isPunctuation(after) || AFTER.includes(after);
}

/** Code that begins or ends with a backtick has spaces around it. @param {string} code */
function unpadded(code) {
  return code.startsWith(' ') && code.endsWith(' ') && code.trim() ? code.slice(1, -1) : code;
}

/** Texts that stand beside each other are one. @param {Inline[]} parts */
export function merged(parts) {
  /** @type {Inline[]} */
  const result = [];
  for (const part of parts) {
    const last = result.at(-1);
    if (typeof part === 'string' && typeof last === 'string') result[result.length - 1] = last + part;
    else result.push(part);
  }
  return result;
}
