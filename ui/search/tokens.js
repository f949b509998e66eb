// The tokens of a text: what a search can find, by the rules of the server. tests/vectors/tokens.json holds both to them.

/** Whether it `isWord`, and not a single character or an emoji; places are in UTF-16 code units. @typedef {{text: string, start: number, end: number, isWord: boolean}} Token */

/** The most characters of a word that count. */
const MAX_WORD = 64;

const FIRST_BEYOND_ASCII = 0x80;
/** Before this character, none changes the one before it. */
const FIRST_MARK = 0x300;

/** A flag, or pictographs with joiners between them, each with what decorates it. */
const EMOJI = /\p{RI}{1,2}|\p{ExtPict}[[\p{EMod}\p{DI}]--\u200d]*(?:\u200d\p{ExtPict}[[\p{EMod}\p{DI}]--\u200d]*)*/vy;
const DECORATION = /[[\p{EMod}\p{DI}]--\u200d]/gv;
/** A character with what normalization may unite with it: marks, conjoining Hangul, the halfwidth voicing of kana. */
const CLUSTER = /[\s\S][\p{M}\u1160-\u11ff\uff9e\uff9f]*/uy;
const ACCENT = /[\u0300-\u036f]/g;
const IN_WORD = /[\p{L}\p{M}\p{N}]/u;
/** Scripts without spaces between words, and Hangul; ー belongs to kana, though Unicode has it in no script. */
const STANDS_ALONE = /[ー\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

/** A text as it counts: equal for what is written differently in case or form. @param {string} text */
export function fold(text) {
  const folded = text.normalize('NFKC').replace(/\p{DI}/gu, '').toLowerCase().toUpperCase().toLowerCase();
  return folded.replaceAll('ς', 'σ').normalize('NFKC');
}

/** The same without accents. @param {string} text */
export function bare(text) {
  return fold(text).normalize('NFD').replace(ACCENT, '').normalize('NFC');
}

/** In order. @param {string} text @returns {Token[]} */
export function tokensOf(text) {
  /** @type {Token[]} */
  const tokens = [];
  /** The word that the next character may continue, and how many characters it has. @type {Token | null} */
  let word = null;
  let length = 0;
  /** @param {string} character folded @param {number} start @param {number} end */
  const push = (character, start, end) => {
    if (!IN_WORD.test(character)) {
      word = null;
    } else if (STANDS_ALONE.test(character)) {
      tokens.push({ text: character, start, end, isWord: false });
      word = null;
    } else {
      if (!word) {
        word = { text: '', start, end, isWord: true };
        length = 0;
        tokens.push(word);
      }
      if (length++ < MAX_WORD) word.text += character;
      word.end = end;
    }
  };
  for (let start = 0; start < text.length;) {
    // Most characters need no more than this.
    const isPlain = text.charCodeAt(start) < FIRST_BEYOND_ASCII && !(text.charCodeAt(start + 1) >= FIRST_MARK);
    const emoji = isPlain ? '' : partAt(EMOJI, text, start);
    const part = isPlain ? text.charAt(start) : emoji || partAt(CLUSTER, text, start);
    const end = start + part.length;
    if (emoji) {
      tokens.push({ text: emoji.replace(DECORATION, ''), start, end, isWord: false });
      word = null;
    } else {
      for (const character of isPlain ? part.toLowerCase() : bare(part)) push(character, start, end);
    }
    start = end;
  }
  return tokens;
}

/** What an expression finds at a place, or nothing. @param {RegExp} expression sticky @param {string} text @param {number} place */
function partAt(expression, text, place) {
  expression.lastIndex = place;
  return expression.exec(text)?.[0] ?? '';
}
