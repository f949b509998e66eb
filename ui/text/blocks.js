// What a text consists of: paragraphs, code, > quotes and lists. `src/text/blocks.rs` has the same rules, and
// tests/vectors/text.json holds both to them. Nothing that isn’t ended is begun, and what nobody sees is shown nowhere else:
// a text is stored as it was typed.

import { merged, parseInline } from './inline.js';

/** @import {Inline} from './inline.js' */

/**
 * Code has its language, or ''. A list’s items have their numbers as they were typed, or null.
 * @typedef {['p', ...Inline[]] | ['pre', string, string] | ['quote', ...Block[]] | ['list', ...Item[]]} Block
 */
/** @typedef {[number | null, ...Block[]]} Item */
/** A line, or the rest of one, and where in the text it begins. @typedef {{text: string, at: number}} Line */

/** Quotes and lists within each other; what is deeper is shown as it was typed. */
const DEEPEST = 3;
const FENCE = /^ {0,3}(`{3,})(.*)$/s;
const LANGUAGE = /^[\w+#.-]+$/;
/** Behind what ends a line. */
const MARGIN = /[ \t]+$/;
const QUOTE = /^>+(?: |$)/;
const ITEM = /^( *)([-*]|(?:0|[1-9]\d{0,8})\.)[ \t]+(?=\S)/;
/** What belongs to an item is so much further in than the item. */
const INDENT = 2;

/** @param {string} text @param {{start: number, end: number}[]} [mentions] in their order, in units of the text */
export function parseText(text, mentions = []) {
  const lines = [];
  let at = 0;
  for (const line of text.split('\n')) {
    lines.push({ text: line.replace(/\r$/, ''), at });
    at += line.length + 1;
  }
  return new Parser(mentions).parse(lines, 0);
}

/** @typedef {{block: Block, end: number} | null} Found */

class Parser {
  #mentions;

  /** @param {{start: number, end: number}[]} mentions */
  constructor(mentions) {
    this.#mentions = mentions;
  }

  /** @param {Line[]} lines @param {number} depth @returns {Block[]} */
  parse(lines, depth) {
    /** @type {Block[]} */
    const blocks = [];
    /** Where the paragraph begins that one is in. */
    let start = 0;
    /** @param {number} end */
    const endParagraph = (end) => {
      const inner = trimmed(lines.slice(start, end));
      if (inner.length > 0) blocks.push(['p', ...this.#paragraph(inner)]);
    };
    /** So long is the shortest fence that nothing ended. */
    const unended = { length: Infinity };
    for (let at = 0; at < lines.length;) {
      const found = codeAt(lines, at, unended) ?? (depth < DEEPEST ? this.#quoteAt(lines, at, depth) ?? this.#listAt(lines, at, depth) : null);
      if (found) {
        endParagraph(at);
        blocks.push(found.block);
        start = found.end;
      }
      at = found?.end ?? at + 1;
    }
    endParagraph(lines.length);
    return blocks;
  }

  /** @param {Line[]} lines @param {number} start @param {number} depth @returns {Found} */
  #quoteAt(lines, start, depth) {
    const end = endOf(lines, start, ({ text }) => QUOTE.test(text));
    // With one sign of several gone, the others are those of a quote in the quote.
    const inner = lines.slice(start, end).map((line) => cut(line, line.text.startsWith('> ') ? 2 : 1));
    return inner.every(isBlank) ? null : { block: ['quote', ...this.parse(inner, depth + 1)], end };
  }

  /** @param {Line[]} lines @param {number} start @param {number} depth @returns {Found} */
  #listAt(lines, start, depth) {
    const kind = kindOf(lines[start]);
    /** @type {Item[]} */
    const items = [];
    let end = start;
    for (let at = start; kind && kindOf(lines[at]) === kind; at = endOf(lines, end, isBlank)) {
      const line = /** @type {Line} */ (lines[at]);
      const [{ length = 0 } = '', { length: indent = 0 } = '', sign = ''] = ITEM.exec(line.text) ?? [];
      end = endOf(lines, at + 1, (each) => !isBlank(each) && indentOf(each) >= indent + INDENT);
      const rest = lines.slice(at + 1, end).map((each) => cut(each, Math.min(indentOf(each), length)));
      items.push([kind === 'numbers' ? Number.parseInt(sign, 10) : null, ...this.parse([cut(line, length), ...rest], depth + 1)]);
    }
    return items.length > 0 ? { block: ['list', ...items], end } : null;
  }

  /** Nothing in it goes on over an empty line. @param {Line[]} lines @returns {Inline[]} */
  #paragraph(lines) {
    /** @type {Inline[]} */
    const parts = [];
    for (let at = 0; at < lines.length;) {
      const end = endOf(lines, at, (each) => !isBlank(each));
      const next = endOf(lines, end, isBlank);
      parts.push(...this.#inline(lines.slice(at, end)));
      if (next < lines.length) parts.push(['', ...lines.slice(end, next).map(({ text }) => text), ''].join('\n'));
      at = next;
    }
    return merged(parts);
  }

  /** @param {Line[]} lines */
  #inline(lines) {
    let text = '';
    const mentions = lines.flatMap((line) => {
      if (text) text += '\n';
      const by = text.length - line.at;
      text += line.text;
      return this.#mentions.flatMap(({ start, end }, index) => (
        start >= line.at && end <= line.at + line.text.length ? [{ start: start + by, end: end + by, index }] : []));
    });
    return parseInline(text, mentions);
  }
}

/** @param {Line[]} lines @param {number} start @param {{length: number}} unended @returns {Found} */
function codeAt(lines, start, unended) {
  const [, fence = '', first = ''] = FENCE.exec(lines[start]?.text ?? '') ?? [];
  if (!fence || fence.length >= unended.length) return null;
  const ends = (/** @type {string} */ text) => (/`*$/.exec(text.replace(MARGIN, ''))?.[0].length ?? 0) >= fence.length;
  // All of it in one line, or code within a paragraph.
  if (first.includes('`')) {
    const inner = first.replace(MARGIN, '').replace(/`+$/, '');
    return ends(first) && inner.trim() && !inner.includes('`') ? { block: ['pre', inner, ''], end: start + 1 } : null;
  }
  const end = lines.findIndex(({ text }, index) => index > start && ends(text));
  if (end < 0) {
    unended.length = fence.length;
    return null;
  }
  const inner = lines.slice(start + 1, end + 1).map(({ text }) => text);
  const last = inner.pop()?.replace(MARGIN, '').replace(/`+$/, '') ?? '';
  if (last.trim()) inner.push(last);
  const language = inner.length > 0 && LANGUAGE.test(first.trim()) ? first.trim() : '';
  if (!language && first.trim()) inner.unshift(first);
  return inner.length > 0 ? { block: ['pre', inner.join('\n'), language], end: end + 1 } : null;
}

/** Where the lines end, from there, that are so. @param {Line[]} lines @param {number} start @param {(line: Line) => boolean} isSo */
function endOf(lines, start, isSo) {
  let end = start;
  for (let line = lines[end]; line && isSo(line); line = lines[end]) end += 1;
  return end;
}

/** Without empty lines above and below. @param {Line[]} lines */
function trimmed(lines) {
  const first = endOf(lines, 0, isBlank);
  const last = lines.findLastIndex((line) => !isBlank(line));
  return lines.slice(first, last + 1);
}

/** @param {Line} line @param {number} by */
const cut = ({ text, at }, by) => ({ text: text.slice(by), at: at + by });

/** @param {Line} line */
const isBlank = ({ text }) => !/\P{White_Space}/u.test(text);

/** @param {Line} line */
const indentOf = ({ text }) => text.search(/[^ ]|$/);

/** @param {Line | undefined} line */
function kindOf(line) {
  const sign = ITEM.exec(line?.text ?? '')?.[2];
  return sign && ('-*'.includes(sign) ? 'points' : 'numbers');
}
