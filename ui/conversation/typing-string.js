// While somebody types, a string sways between two cans above where one writes. It is pulled taut when the message is there.

import { el } from '../base/dom.js';

/** @import {MessageList} from '../messages/message-list.js' */

const SVG = 'http://www.w3.org/2000/svg';
/** How long it is taut before it goes. */
const TAUT_MS = 600;

export class TypingString {
  #going = 0;
  #words = el('span');
  #element = el('p', { class: 'typing', role: 'status' }, drawString(), this.#words);

  /** @param {MessageList} list */
  constructor(list) {
    list.append(this.#element);
  }

  /** @param {(Node | string)[]} words who types; none where nobody does */
  show(words) {
    if (words.length > 0) {
      clearTimeout(this.#going);
      this.#element.className = 'typing swaying';
      const said = this.#words.textContent;
      const next = el('span', {}, ...words);
      if (said !== next.textContent) this.#words.replaceChildren(...next.childNodes);
    } else if (this.#element.classList.contains('swaying')) {
      this.#element.className = 'typing taut';
      this.#words.replaceChildren();
      this.#going = setTimeout(() => this.#element.classList.remove('taut'), TAUT_MS);
    }
  }
}

function drawString() {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 72 24');
  svg.setAttribute('aria-hidden', 'true');
  // From the bottom of one can to that of the other: sagging, and beside it the straight one.
  for (const [name, lines] of [
    ['sagging', 'M13 9Q36 27 59 9'], ['straight', 'M13 9H59'], ['can', 'M2 4h9a2 5 0 0 1 0 10H2zM2 4a2 5 0 0 0 0 10'],
    ['can', 'M70 4h-9a2 5 0 0 0 0 10h9zM70 4a2 5 0 0 1 0 10'],
  ]) {
    const path = document.createElementNS(SVG, 'path');
    path.setAttribute('class', name ?? '');
    path.setAttribute('d', lines ?? '');
    svg.append(path);
  }
  return svg;
}
