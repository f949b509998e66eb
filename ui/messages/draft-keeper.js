// Takes what somebody writes to their other devices, and offers what they have begun there. What stands here is never
// replaced by that: it ends where it was sent elsewhere as it stands, and otherwise it stays.

import { deviceName } from '../account/device-name.js';
import { CROSS } from '../base/dialog.js';
import { el, nameOf, render } from '../base/dom.js';
import { drawing } from '../base/icons.js';
import { inOneLine } from '../text/text-view.js';
import { t, tn } from '../words/index.js';
import { draftsOf } from './drafts.js';
import { write } from './message-composer.js';

/** @import {Client} from '../shell/client.js' */
/** @import {MessageComposer} from './message-composer.js' */

/** So long after the last letter, somebody has paused. */
const PAUSE_MS = 3_000;

export class DraftKeeper {
  #drafts;
  #timeline;
  #composer;
  #id;
  #offer = el('div', { class: 'unfinished', role: 'status' });
  #pause = 0;

  /** @param {Client} client @param {string} id of the conversation @param {MessageComposer} composer */
  constructor(client, id, composer) {
    this.#drafts = draftsOf(client);
    this.#timeline = client.timeline(id);
    this.#composer = composer;
    this.#id = id;
    composer.before(this.#offer);
    const { signal } = composer;
    composer.addEventListener('kept', () => this.#written());
    composer.watch(() => this.#follow(), this.#drafts, this.#timeline);
    document.addEventListener('visibilitychange', () => document.hidden && this.#share(), { signal });
    signal.addEventListener('abort', () => this.#share());
  }

  /** What is sent or deleted ends at once. */
  #written() {
    clearTimeout(this.#pause);
    if (this.#composer.field.value) this.#pause = setTimeout(() => this.#share(), PAUSE_MS);
    else this.#share();
    this.#follow();
  }

  #share() {
    clearTimeout(this.#pause);
    this.#drafts.share(this.#id);
  }

  #follow() {
    const { value } = this.#composer.field;
    const draft = this.#drafts.of(this.#id);
    const { content = '', device = '' } = draft ?? {};
    const { shared = '', sent = '', passed = '' } = this.#drafts.known(this.#id);
    if (draft && !content && value && value === shared && this.#wasSent(value)) this.#end();
    if (content && content === value && content !== shared) this.#drafts.learn(this.#id, { shared: content });
    const isOffered = content !== '' && ![value, shared, sent, passed].includes(content);
    render(this.#offer, offerView, {
      content: isOffered ? content : '', device: isOffered ? deviceName(device) : '', take: this.#take, pass: this.#pass,
    });
  }

  /** On whichever device. @param {string} text */
  #wasSent(text) {
    return this.#timeline.messages.some(({ mine, content }) => mine && content === text.trim());
  }

  #end() {
    const { field } = this.#composer;
    write(field, '');
    field.dispatchEvent(new Event('input', { bubbles: true }));
  }

  /** What stands here already goes on below it. */
  #take = () => {
    const { field } = this.#composer;
    const { content = '' } = this.#drafts.of(this.#id) ?? {};
    this.#drafts.learn(this.#id, { shared: content });
    write(field, [content, field.value].filter(Boolean).join('\n'));
    field.dispatchEvent(new Event('input', { bubbles: true }));
    this.#composer.takeFocus();
  };

  #pass = () => {
    this.#drafts.learn(this.#id, { passed: this.#drafts.of(this.#id)?.content });
    this.#follow();
    this.#composer.takeFocus();
  };
}

/** @param {{content: string, device: string, take: () => void, pass: () => void}} props */
function offerView({ content, device, take, pass }) {
  if (!content) return [];
  return [
    el('p', {}, ...tn('messages.draftFrom', { device, text: nameOf(inOneLine(content)) })),
    el('button', { class: 'button', click: take }, t('messages.resume')),
    el('button', { class: 'tool', 'aria-label': t('messages.dismiss'), title: t('messages.dismiss'), click: pass }, drawing(CROSS)),
  ];
}
