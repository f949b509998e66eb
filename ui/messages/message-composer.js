// Where a message is written; what isn't sent yet is kept as a draft.

import { Component, el } from '../base/dom.js';
import { icon } from '../base/icons.js';
import { forget, keep, kept } from '../base/storage.js';
import { t } from '../words/index.js';
import { messageField, write } from './message-field.js';

export class MessageComposer extends Component {
  #draftKey;
  #send;
  #text = messageField('');

  /** @param {string} draftKey @param {string} to @param {(content: string) => void} send */
  constructor(draftKey, to, send) {
    super();
    this.#draftKey = draftKey;
    this.#send = send;
    this.address(to);
    this.#text.addEventListener('input', () => this.#keep());
    this.append(el('form', { submit: (event) => this.#submit(event) },
      this.#text, el('button', { class: 'button primary send', 'aria-label': t('messages.send') }, icon('send'))));
  }

  connectedCallback() {
    this.#put(kept(this.#draftKey) ?? '');
    // Another tab may write in the same conversation. What stands here isn't taken away from under somebody's fingers.
    addEventListener('storage', ({ key }) => {
      if (key === this.#draftKey && document.activeElement !== this.#text) write(this.#text, kept(key) ?? '');
    }, { signal: this.signal });
    addEventListener('pagehide', () => this.#keep(), { signal: this.signal });
  }

  /** A room may be renamed. @param {string} to */
  address(to) {
    this.#text.setAttribute('aria-label', t('messages.to', { name: to }));
  }

  takeFocus() {
    this.#text.focus();
  }

  /** Puts a text before what stands here already. @param {string} content */
  giveBack(content) {
    this.#put([content, this.#text.value].filter(Boolean).join('\n'));
    this.takeFocus();
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
    write(this.#text, text);
    this.#keep();
  }

  #keep() {
    if (this.#text.value) keep(this.#draftKey, this.#text.value);
    else forget(this.#draftKey);
  }
}

customElements.define('message-composer', MessageComposer);
