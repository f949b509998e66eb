// Where a message is written. What isn't sent yet is kept, one draft a conversation.

import { Component, el } from './dom.js';

const TOUCH = matchMedia('(pointer: coarse)');
/** What an input method reports for a key that it deals with itself; Safari says so only here. */
const INPUT_METHOD_KEY = 229;

export class MessageComposer extends Component {
  #draftKey;
  #send;
  #text;

  /**
   * @param {string} userId
   * @param {string} conversationId
   * @param {string} to
   * @param {(content: string) => void} send
   */
  constructor(userId, conversationId, to, send) {
    super();
    this.#draftKey = `draft:${userId}:${conversationId}`;
    this.#send = send;
    this.#text = el('textarea', {
      rows: '1',
      dir: 'auto',
      'aria-label': `Message to ${to}`,
      placeholder: 'Write a message',
      enterkeyhint: TOUCH.matches ? 'enter' : 'send',
      input: () => this.#changed(),
      keydown: (/** @type {KeyboardEvent} */ event) => this.#key(event),
    });
  }

  start() {
    this.replaceChildren(el('form', { submit: (/** @type {Event} */ event) => this.#submit(event) },
      this.#text, el('button', { class: 'button primary' }, 'Send')));
    this.#put(sessionStorage.getItem(this.#draftKey) ?? '');
  }

  takeFocus() {
    this.#text.focus();
  }

  /**
   * Puts a text before what stands here already.
   * @param {string} content
   */
  prepend(content) {
    this.#put([content, this.#text.value].filter(Boolean).join('\n'));
    this.takeFocus();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key !== 'Enter' || event.shiftKey || TOUCH.matches) return;
    if (event.isComposing || event.keyCode === INPUT_METHOD_KEY) return;
    this.#submit(event);
  }

  /** @param {Event} event */
  #submit(event) {
    event.preventDefault();
    const content = this.#text.value.trim();
    if (content) {
      this.#put('');
      this.#send(content);
    }
    this.takeFocus();
  }

  /** @param {string} text */
  #put(text) {
    this.#text.value = text;
    this.#changed();
  }

  #changed() {
    sessionStorage.setItem(this.#draftKey, this.#text.value);
    // The style sheet caps the height; not every browser sizes a field by its content.
    this.#text.style.setProperty('block-size', 'auto');
    this.#text.style.setProperty('block-size', `${this.#text.scrollHeight + 2}px`);
  }
}

customElements.define('message-composer', MessageComposer);
