// Where a message that has been sent is changed.

import { reasonOf } from '../base/api.js';
import { CROSS } from '../base/dialog.js';
import { Component, el, isComposing } from '../base/dom.js';
import { drawing } from '../base/icons.js';
import { forget, keep, kept } from '../base/storage.js';
import { t } from '../words/index.js';
import { actionsOf } from './actions.js';
import { limitLength } from './length.js';
import { messageField, write } from './message-composer.js';
import { editKey } from './unfinished-edits.js';

/** @import {Message} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */

const CHECK = 'M5 13l4 4 10-10';

export class MessageEditor extends Component {
  #client;
  #message;
  #key;
  #done;
  #text = messageField(t('messages.editText'));
  #problem = el('p', { class: 'problem', role: 'alert' });
  #isSaving = false;

  /** @param {Client} client @param {Message} message @param {() => void} done is called when it is saved, or put aside */
  constructor(client, message, done) {
    super();
    this.#client = client;
    this.#message = message;
    this.#key = editKey(client.user.id, message);
    this.#done = done;
    const form = el('form', { submit: (event) => this.#submit(event) },
      this.#text, el('button', { class: 'button primary send', 'aria-label': t('messages.save'), title: t('messages.save') }, drawing(CHECK)));
    this.append(
      el('p', { class: 'editing' }, t('messages.editing'),
        el('button', { class: 'tool', 'aria-label': t('messages.discard'), title: t('messages.discard'), click: () => this.#discard() }, drawing(CROSS))),
      this.#problem, form);
    limitLength(form);
    this.addEventListener('input', () => this.#keep());
    this.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || isComposing(event)) return;
      event.preventDefault();
      done();
    });
  }

  connectedCallback() {
    write(this.#text, kept(this.#key) ?? this.#message.content);
  }

  /** Puts it aside. */
  end() {
    this.#done();
  }

  takeFocus() {
    this.#text.focus();
    this.#text.setSelectionRange(this.#text.value.length, this.#text.value.length);
  }

  /** Put aside, it is here again another time. */
  #keep() {
    if (this.#text.value === this.#message.content) forget(this.#key);
    else keep(this.#key, this.#text.value);
  }

  #discard() {
    forget(this.#key);
    this.#done();
  }

  /** @param {Event} event */
  async #submit(event) {
    event.preventDefault();
    const content = this.#text.value.trim();
    // What comes with it may stand alone.
    if (!content && !this.#message.attachments || this.#isSaving) return;
    if (content === this.#message.content) return this.#discard();
    this.#isSaving = true;
    this.#problem.textContent = '';
    try {
      await actionsOf(this.#client).edit(this.#message, content);
      forget(this.#key);
      if (this.isConnected) this.#done();
    } catch (error) {
      this.#problem.textContent = reasonOf(error);
    } finally {
      this.#isSaving = false;
    }
  }
}

customElements.define('message-editor', MessageEditor);
