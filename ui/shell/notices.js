// What stands above the page: one notice at a time, the one that matters most.

import { el, render } from '../base/dom.js';
import { t } from '../words/index.js';

/** @import {Key} from '../words/index.js' */

/**
 * What there may be to say, and the first of it that is so is said: somebody else answers, nobody answers, the page is an
 * older one, part of it can’t be had, something happened to the account, the browser keeps nothing, the stream is held back, and what is offered.
 */
const ORDER = /** @type {const} */ (['denied', 'lost', 'updated', 'incomplete', 'account', 'unkept', 'polling', 'offer']);
/** @typedef {typeof ORDER[number]} Kind */
/** Each of `actions` is a button: what it says, and what it does. @typedef {{text: Key, actions?: [Key, () => void][]}} Notice */

export const LOST = /** @type {Notice} */ ({ text: 'shell.lost' });
/** What a new page helps with. */
export const UPDATED = /** @type {Notice} */ ({ text: 'shell.updated', actions: [['shell.reload', () => location.reload()]] });
export const INCOMPLETE = /** @type {Notice} */ ({ ...UPDATED, text: 'shell.incomplete' });

/** Fires `change`. */
export class Notices extends EventTarget {
  /** @type {Map<Kind, Notice>} */
  #all = new Map();

  /** @param {Kind} kind @param {Notice | null | false} notice or nothing, where that isn’t so any more */
  tell(kind, notice) {
    if (notice) this.#all.set(kind, notice);
    else this.#all.delete(kind);
    this.dispatchEvent(new Event('change'));
  }

  /** What is to be said. */
  get first() {
    const kind = ORDER.find((each) => this.#all.has(each));
    return kind && { kind, notice: this.#all.get(kind) };
  }
}

/** @param {HTMLElement} bar @param {Notices} notices */
export function showNotice(bar, { first }) {
  bar.dataset.kind = first?.kind ?? '';
  render(bar, noticeView, { notice: first?.notice });
}

/** @param {{notice: Notice | undefined}} props */
function noticeView({ notice }) {
  if (!notice) return [];
  const { text, actions = [] } = notice;
  return [el('p', {}, t(text)), ...actions.map(([label, act]) => el('button', { class: 'link', click: act }, t(label)))];
}
