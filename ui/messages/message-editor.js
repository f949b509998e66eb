// Where a message that has been sent is changed.

import { reasonOf } from '../base/api.js';
import { CROSS } from '../base/dialog.js';
import { Component, el } from '../base/dom.js';
import { drawing, icon } from '../base/icons.js';
import { t } from '../words/index.js';
import { messageField, write } from './message-field.js';

/** @import {Message} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */

export class MessageEditor extends Component {
  #client;
  #message;
  #done;
  #text = messageField(t('messages.editText'));
  #problem = el('p', { class: 'problem', role: 'alert' });
  #isSaving = false;

  /** @param {Client} client @param {Message} message @param {() => void} done is called when it is saved, or isn't to be */
  constructor(client, message, done) {
    super();
    this.#client = client;
    this.#message = message;
    this.#done = done;
    this.append(
      el('p', { class: 'editing' }, t('messages.editing'),
        el('button', { class: 'tool', 'aria-label': t('messages.cancelEditing'), click: done }, drawing(CROSS))),
      this.#problem,
      el('form', { submit: (event) => this.#submit(event) },
        this.#text, el('button', { class: 'button primary send', 'aria-label': t('messages.save') }, icon('send'))));
    this.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || event.isComposing) return;
      event.preventDefault();
      done();
    });
  }

  connectedCallback() {
    write(this.#text, this.#message.content);
  }

  takeFocus() {
    this.#text.focus();
    this.#text.setSelectionRange(this.#text.value.length, this.#text.value.length);
  }

  /** @param {Event} event */
  async #submit(event) {
    event.preventDefault();
    const content = this.#text.value.trim();
    if (!content || this.#isSaving) return;
    if (content === this.#message.content) return this.#done();
    this.#isSaving = true;
    this.#problem.textContent = '';
    try {
      await this.#client.edit(this.#message, content);
      if (this.isConnected) this.#done();
    } catch (error) {
      this.#problem.textContent = reasonOf(error);
    } finally {
      this.#isSaving = false;
    }
  }
}

customElements.define('message-editor', MessageEditor);
