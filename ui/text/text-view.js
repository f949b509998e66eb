// A text as whoever wrote it means it, made of nodes; and in one line, where there is room for no more.

import { toClipboard } from '../base/clipboard.js';
import { el, nameOf } from '../base/dom.js';
import { titleOf } from '../base/format.js';
import { addStyle } from '../base/load.js';
import { t } from '../words/index.js';
import { parseText } from './blocks.js';
import { shownAddress } from './links.js';

/** @import {Mention} from '../base/types.js' */
/** @import {Block, Item} from './blocks.js' */
/** @import {Inline} from './inline.js' */

addStyle(import.meta.url, 'text.css');

const COPIED_MS = 2_000;
const POINT = '• ';
/** As much of a text as may fit in a line, in UTF-16 code units. */
const LONGEST = 200;

/**
 * @param {string} text @param {Mention[]} mentions in their order @param {string} [me] whose id is shown as one’s own
 * @returns {(Node | string)[]}
 */
export function formatted(text, mentions, me = '') {
  const blocks = parseText(text, mentions);
  const [first] = blocks;
  const view = new View(text, mentions, me);
  // Alone, a paragraph is what it is in.
  if (blocks.length === 1 && first?.[0] === 'p') {
    const [, ...parts] = first;
    return view.inline(parts);
  }
  return blocks.map((block) => view.block(block, { dir: 'auto' }));
}

class View {
  #text;
  #mentions;
  #me;

  /** @param {string} text @param {Mention[]} mentions @param {string} me */
  constructor(text, mentions, me) {
    this.#text = text;
    this.#mentions = mentions;
    this.#me = me;
  }

  /** @param {Block} block @param {Record<string, string>} [attributes] of what isn’t in another one, each in its own direction @returns {HTMLElement} */
  block(block, attributes = {}) {
    if (block[0] === 'pre') return codeBlock(block[1], block[2]);
    if (block[0] === 'list') {
      const [, ...items] = block;
      return el(items[0]?.[0] === null ? 'ul' : 'ol', attributes, ...items.map((item) => this.#item(item)));
    }
    if (block[0] === 'quote') {
      const [, ...blocks] = block;
      return el('blockquote', attributes, ...blocks.map((inner) => this.block(inner)));
    }
    const [, ...parts] = block;
    return el('p', attributes, ...this.inline(parts));
  }

  /** @param {Item} item @returns {HTMLElement} */
  #item([number, ...blocks]) {
    return el('li', number === null ? {} : { value: `${number}` }, ...blocks.map((inner) => this.block(inner)));
  }

  /** @param {Inline[]} parts @returns {(Node | string)[]} */
  inline(parts) {
    return parts.map((part) => {
      if (typeof part === 'string') return part;
      if (part[0] === '@') return this.#mention(this.#mentions[part[1]]);
      if (part[0] === 'a') return link(part[1]);
      if (part[0] === 'code') return el('code', { dir: 'ltr', translate: 'no' }, part[1]);
      const [kind, ...inner] = part;
      return el(kind === 'b' ? 'strong' : 'em', {}, ...this.inline(inner));
    });
  }

  /** @param {Mention | undefined} mention */
  #mention({ start, end, user } = { start: 0, end: 0 }) {
    const isOwn = !user || user.id === this.#me;
    const attributes = { class: isOwn ? 'mention own' : 'mention' };
    if (!user) return el('span', attributes, this.#text.slice(start, end));
    return el('button', { ...attributes, name: 'profile', value: user.id, tabindex: '-1' }, nameOf(`@${titleOf(user)}`));
  }
}

/** @param {string} address */
function link(address) {
  return el('a', { href: address, target: '_blank', rel: 'noopener noreferrer', tabindex: '-1' }, shownAddress(address));
}

/** @param {string} code @param {string} language */
function codeBlock(code, language) {
  const button = el('button', {
    class: 'copy', tabindex: '-1', click: async () => {
      if (!await toClipboard(code)) return;
      button.textContent = t('base.copied');
      setTimeout(() => button.replaceChildren(t('base.copy')), COPIED_MS);
    },
  }, t('base.copy'));
  return el('div', { class: 'code-block', dir: 'ltr', translate: 'no' },
    el('div', { class: 'code-head', 'aria-live': 'off' }, el('span', {}, language), button),
    el('pre', {}, el('code', {}, code)));
}

/** Its beginning, without what only says how it is shown, for lists, notices and the like. @param {string} text @param {Mention[]} [mentions] */
export function inOneLine(text, mentions = []) {
  /** @param {Inline[]} parts @returns {string} */
  const inline = (parts) => parts.map((part) => {
    if (typeof part === 'string') return part;
    if (part[0] === '@') {
      const { start, end, user } = mentions[part[1]] ?? { start: 0, end: 0 };
      return user ? `@${titleOf(user)}` : text.slice(start, end);
    }
    if (part[0] === 'code' || part[0] === 'a') return part[1];
    const [, ...inner] = part;
    return inline(inner);
  }).join('');
  /** @param {Block} block @returns {string} */
  const line = (block) => {
    if (block[0] === 'pre') return block[1];
    if (block[0] === 'list') {
      const [, ...items] = block;
      return items.map(([number, ...blocks]) => (number === null ? POINT : `${number}. `) + all(blocks)).join(' ');
    }
    if (block[0] === 'quote') {
      const [, ...blocks] = block;
      return all(blocks);
    }
    const [, ...parts] = block;
    return inline(parts);
  };
  /** @param {Block[]} blocks */
  const all = (blocks) => blocks.map(line).join(' ');
  return beginning(all(parseText(text, mentions)).replace(/\p{White_Space}+/gu, ' ').trim());
}

/** Cut between characters as people see them, which not every browser knows. @param {string} line */
function beginning(line) {
  if (line.length <= LONGEST) return line;
  const end = Intl.Segmenter ? new Intl.Segmenter().segment(line).containing(LONGEST)?.index : LONGEST;
  return `${line.slice(0, end)}…`;
}
