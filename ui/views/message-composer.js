// Where a message is written; what isn't sent yet is kept as a draft.

import { Component, el } from '../base/dom.js';
import { icon } from '../base/icons.js';
import { forget, keep, kept } from '../base/storage.js';

/** @import {User} from '../base/types.js' */

/** What Safari reports for a key that an input method deals with. */
const INPUT_METHOD_KEY = 229;

export class MessageComposer extends Component {
  #draftKey;
  #send;
  #text;
  #touch = matchMedia('(pointer: coarse)').matches;

  /** @param {string} draftKey @param {User} to @param {(content: string) => void} send */
  constructor(draftKey, to, send) {
    super();
    this.#draftKey = draftKey;
    this.#send = send;
    this.#text = el('textarea', {
      rows: '1', dir: 'auto', placeholder: 'Write a message', 'aria-label': `Message to ${to.username}`,
      enterkeyhint: this.#touch ? 'enter' : 'send', input: () => this.#changed(), keydown: (event) => this.#key(event),
    });
    this.append(el('form', { submit: (event) => this.#submit(event) },
      this.#text, el('button', { class: 'button primary send', 'aria-label': 'Send' }, icon('send'))));
  }

  connectedCallback() {
    this.#put(kept(this.#draftKey) ?? '');
    // Another tab may write in the same conversation. What stands here isn't taken away from under somebody's fingers.
    addEventListener('storage', ({ key }) => {
      if (key === this.#draftKey && document.activeElement !== this.#text) this.#show(kept(key) ?? '');
    }, { signal: this.signal });
    addEventListener('pagehide', () => this.#keep(), { signal: this.signal });
  }

  takeFocus() {
    this.#text.focus();
  }

  /** Puts a text before what stands here already. @param {string} content */
  giveBack(content) {
    this.#put([content, this.#text.value].filter(Boolean).join('\n'));
    this.takeFocus();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const composing = event.isComposing || event.keyCode === INPUT_METHOD_KEY;
    if (event.key === 'Enter' && !event.shiftKey && !composing && !this.#touch) this.#submit(event);
  }

  /** @param {Event} event */
  #submit(event) {
    event.preventDefault();
    const content = this.#text.value.trim();
    this.takeFocus();
    if (!content) return;
    this.#put('');
    this.#send(content);
  }

  /** @param {string} text */
  #put(text) {
    this.#show(text);
    this.#keep();
  }

  #changed() {
    this.#fit();
    this.#keep();
  }

  #keep() {
    if (this.#text.value) keep(this.#draftKey, this.#text.value);
    else forget(this.#draftKey);
  }

  /** @param {string} text */
  #show(text) {
    this.#text.value = text;
    this.#fit();
  }

  #fit() {
    // Not every browser sizes a field by its content. The style sheet caps it.
    this.#text.style.setProperty('block-size', 'auto');
    this.#text.style.setProperty('block-size', `${this.#text.scrollHeight + 2}px`);
  }
}

customElements.define('message-composer', MessageComposer);
