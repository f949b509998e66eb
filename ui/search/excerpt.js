// As much of a text as shows where something was found in it.

import { el } from '../base/dom.js';

/** @import {Range} from './query.js' */

/** So much stands before the first place, and so much is shown at most; in UTF-16 code units. */
const LEAD = 32;
const MOST = 240;
const MORE = '…';

/** The text around the first place, with all places marked. @param {string} text @param {Range[]} ranges in order */
export function excerptOf(text, ranges) {
  const [first] = ranges;
  const from = first && first.start > LEAD ? wordAt(text, first.start - LEAD) : 0;
  const to = from + MOST < text.length ? wordAt(text, from + MOST) : text.length;
  /** @type {(Node | string)[]} */
  const parts = [from > 0 ? MORE : ''];
  let place = from;
  for (const { start, end } of ranges) {
    if (end > to) break;
    parts.push(text.slice(place, start), el('mark', {}, text.slice(start, end)));
    place = end;
  }
  parts.push(text.slice(place, to), to < text.length ? MORE : '');
  return parts.filter(Boolean);
}

/** Where the word begins that is at a place, or the letter where the word is long: nothing is cut in two. @param {string} text @param {number} place */
function wordAt(text, place) {
  const at = (/** @type {'word' | 'grapheme'} */ granularity) =>
    new Intl.Segmenter(undefined, { granularity }).segment(text).containing(place)?.index ?? place;
  const word = at('word');
  return place - word < LEAD ? word : at('grapheme');
}
