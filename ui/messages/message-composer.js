// Where a message is written; what isn't sent yet is kept as a draft, the same one in all tabs.

import { Component, el, isComposing } from '../base/dom.js';
import { icon } from '../base/icons.js';
import { forget, keep, kept } from '../base/storage.js';
import { t } from '../words/index.js';

const isTouch = matchMedia('(pointer: coarse)').matches;

/** @import {ReplyTo} from '../base/types.js' */

/** Fires `quote` when something else is answered. */
export class MessageComposer extends Component {
  #draftKey;
  #quoteKey;
  #send;
  field = messageField('');
  form = el('form', { submit: (event) => this.#submit(event) },
    this.field, el('button', { class: 'button primary send', 'aria-label': t('messages.send') }, icon('send')));

  /** @param {string} draftKey @param {string} to @param {(content: string, replyTo?: ReplyTo) => void} send */
  constructor(draftKey, to, send) {
    super();
    this.#draftKey = draftKey;
    this.#quoteKey = draftKey.replace('draft', 'quote');
    this.#send = send;
    this.address(to);
    this.append(this.form);
  }

  connectedCallback() {
    const follow = () => write(this.field, kept(this.#draftKey) ?? '');
    follow();
    this.addEventListener('input', () => this.#keep());
    // Every letter is kept at once, so what stands here is what was kept last.
    addEventListener('storage', ({ key }) => key === this.#draftKey && follow(), { signal: this.signal });
    // The page was put away, and others have gone on.
    addEventListener('pageshow', ({ persisted }) => persisted && follow(), { signal: this.signal });
  }

  /** A room may be renamed. @param {string} to */
  address(to) {
    this.field.ariaLabel = t('messages.to', { name: to });
  }

  takeFocus() {
    this.field.focus();
  }

  /** @param {Event} event */
  #submit(event) {
    event.preventDefault();
    this.takeFocus();
    if (this.field.value.trim()) this.#send(this.take(), this.takeQuote());
  }

  /** What is answered, and isn’t any more. @returns {ReplyTo | undefined} */
  takeQuote() {
    const { quote } = this;
    this.quote = null;
    return quote ?? undefined;
  }

  /** What is answered by what is being written; kept with it. @type {ReplyTo | null} */
  get quote() {
    return kept(this.#quoteKey);
  }

  set quote(quote) {
    if (quote) keep(this.#quoteKey, quote);
    else forget(this.#quoteKey);
    this.dispatchEvent(new Event('quote'));
  }

  /** What is written, which isn’t there any more. */
  take() {
    const content = this.field.value.trimEnd();
    // A field of its own for each message: in one that was emptied, undoing would bring back what was sent.
    const field = messageField(this.field.ariaLabel ?? '');
    this.field.replaceWith(field);
    this.field = field;
    this.takeFocus();
    this.#keep();
    return content;
  }

  #keep() {
    if (this.field.value) keep(this.#draftKey, this.field.value);
    else forget(this.#draftKey);
    this.dispatchEvent(new Event('kept'));
  }
}

/** A field as high as its text. Enter submits its form; where there is no other way to begin a line, it takes Ctrl or Cmd with it. @param {string} label */
export function messageField(label) {
  const field = el('textarea', {
    rows: '1', dir: 'auto', placeholder: t('messages.write'), 'aria-label': label, enterkeyhint: isTouch ? 'enter' : 'send',
    input: () => fit(field),
    keydown: (/** @type {KeyboardEvent} */ event) => {
      const isChord = event.ctrlKey || event.metaKey;
      if (event.key !== 'Enter' || event.shiftKey || isComposing(event) || isTouch && !isChord) return;
      event.preventDefault();
      field.form?.requestSubmit();
    },
  });
  return field;
}

/** @param {HTMLTextAreaElement} field @param {string} text */
export function write(field, text) {
  if (field.value === text) return;
  field.value = text;
  fit(field);
  field.dispatchEvent(new Event('change', { bubbles: true }));
}

/** Not every browser sizes a field by its content. The style sheet caps it. @param {HTMLTextAreaElement} field */
function fit(field) {
  field.style.setProperty('block-size', 'auto');
  field.style.setProperty('block-size', `${field.scrollHeight + 2}px`);
}

customElements.define('message-composer', MessageComposer);
