// What a person types to search: words, phrases in quotes, and operators; and where a text has that. By the rules of the
// server: tests/vectors/tokens.json holds both to them.

import { tokensOf } from './tokens.js';

/** @import {Token} from './tokens.js' */

/** Tokens that follow each other; with `prefix`, the last one may be the beginning of a longer word. @typedef {{tokens: string[], prefix: boolean}} Term */
/**
 * An operator with its value: for times, the moment in milliseconds.
 * @typedef {{operator: 'from' | 'in', value: string} | {operator: 'has', value: Has} | {operator: 'before' | 'after', value: number}} Filter
 */
/** @typedef {'picture' | 'video' | 'voice' | 'file' | 'link'} Has */
/** A part of a text, in UTF-16 code units. @typedef {{start: number, end: number}} Range */

/** From how many letters on the last word may be the beginning of a longer one. */
const SHORTEST_PREFIX = 2;
/** What a part of a query is: a phrase in quotes, or a word, whose value may follow in quotes. */
const PART = /["“”„«»](?<phrase>[^"“”„«»]*)["“”„«»]?|(?<word>[^\p{White_Space}"“”„«»]+)/uy;
const QUOTED = /["“”„«»]([^"“”„«»]*)["“”„«»]?/uy;
const SPACE = /\p{White_Space}*/uy;
/** @type {Record<string, Has>} */
const HAS = { picture: 'picture', photo: 'picture', image: 'picture', video: 'video', voice: 'voice', audio: 'voice', file: 'file', link: 'link' };
const DAY = /^(\d{4}-\d\d-\d\d)(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))?$/;
const MINUTE_MS = 60_000;

/** A message is found that has all terms, and fits the filters. @param {string} text */
export function parse(text) {
  /** @type {Term[]} */
  const terms = [];
  /** @type {Filter[]} */
  const filters = [];
  let isOpen = false;
  let place = skip(SPACE, text, 0);
  while (place < text.length) {
    PART.lastIndex = place;
    const { phrase, word = '' } = PART.exec(text)?.groups ?? {};
    place = PART.lastIndex;
    const operation = phrase === undefined ? filterOf(text, word, place) : null;
    if (operation) {
      filters.push(operation.filter);
      place = operation.end;
    } else {
      const tokens = tokensOf(phrase ?? word);
      const last = tokens.at(-1);
      if (last) {
        isOpen = phrase === undefined && last.isWord && [...last.text].length >= SHORTEST_PREFIX;
        terms.push({ tokens: tokens.map((token) => token.text), prefix: false });
      }
    }
    place = skip(SPACE, text, place);
  }
  const last = terms.at(-1);
  if (last) last.prefix = isOpen;
  return { terms, filters };
}

/**
 * The filter that a word is, and where it ends: a value may follow in quotes.
 * @param {string} text @param {string} word @param {number} behind where the word ends
 */
function filterOf(text, word, behind) {
  const colon = word.indexOf(':');
  if (colon < 0) return null;
  QUOTED.lastIndex = behind;
  const plain = word.slice(colon + 1);
  const quoted = plain ? null : QUOTED.exec(text);
  const filter = operation(word.slice(0, colon).toLowerCase(), (quoted?.[1] ?? plain).trim());
  return filter && { filter, end: quoted ? QUOTED.lastIndex : behind };
}

/** @param {string} operator @param {string} value @returns {Filter | null} */
function operation(operator, value) {
  if (operator === 'from' || operator === 'in') {
    const name = value.replace(operator === 'in' ? /^[@#]+/ : /^@+/, '').trim();
    return name ? { operator, value: name } : null;
  }
  if (operator === 'has') {
    const has = HAS[value.toLowerCase()];
    return has ? { operator, value: has } : null;
  }
  if (operator === 'before' || operator === 'after') {
    const moment = beginningOf(value);
    return moment === null ? null : { operator, value: moment };
  }
  return null;
}

/** The moment when a day begins: by UTC, or with an offset. @param {string} text */
function beginningOf(text) {
  const [, day = '', sign, hours, minutes] = DAY.exec(text) ?? [];
  const midnight = Date.parse(`${day}T00:00:00Z`);
  // What isn’t a day of its month is taken for one of the next by some browsers.
  if (!(midnight >= 0) || !new Date(midnight).toISOString().startsWith(day)) return null;
  const offset = sign ? (Number(hours) * 60 + Number(minutes)) * MINUTE_MS : 0;
  return sign === '-' ? midnight + offset : midnight - offset;
}

/** Where something ends that begins there. @param {RegExp} expression sticky @param {string} text @param {number} place */
function skip(expression, text, place) {
  expression.lastIndex = place;
  expression.exec(text);
  return expression.lastIndex;
}

/** The parts of a text that match, in order and without overlaps; null unless it has all terms. @param {Term[]} terms @param {Token[]} tokens @returns {Range[] | null} */
export function find(terms, tokens) {
  /** @type {Range[]} */
  const found = [];
  for (const term of terms) {
    const before = found.length;
    const count = term.tokens.length;
    tokens.forEach((first, at) => {
      const last = tokens[at + count - 1];
      if (last && isAt(term, tokens, at)) found.push({ start: first.start, end: last.end });
    });
    if (found.length === before) return null;
  }
  found.sort((a, b) => a.start - b.start || a.end - b.end);
  return found.reduce((ranges, range) => {
    const last = ranges.at(-1);
    if (last && range.start < last.end) last.end = Math.max(last.end, range.end);
    else ranges.push(range);
    return ranges;
  }, /** @type {Range[]} */ ([]));
}

/** @param {Term} term @param {Token[]} tokens @param {number} place */
function isAt({ tokens: own, prefix }, tokens, place) {
  return own.every((wanted, at) => {
    const text = tokens[place + at]?.text ?? '';
    return prefix && at === own.length - 1 ? text.startsWith(wanted) : text === wanted;
  });
}
