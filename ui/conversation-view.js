// One conversation: with whom, what was said, and where to write.

import { ApiError, reasonOf } from './api.js';
import { avatar, Component, el, failure, nameOf, skeleton } from './dom.js';
import { MessageComposer } from './message-composer.js';
import { MessageList } from './message-list.js';

/** @import {Client} from './client.js' */
/** @import {User} from './types.js' */

/** Where a keyboard isn't at hand, focusing a text field would cover half of the screen with one. */
const TOUCH = matchMedia('(pointer: coarse)');

export class ConversationView extends Component {
  #client;
  #id;
  #titled;
  #focusWanted = document.activeElement === document.body;
  #heading = el('h2', { tabindex: '-1' });
  #header = el('header', { class: 'bar' },
    el('a', { class: 'back', href: '/', 'aria-label': 'Back to the conversations' }, '←'), this.#heading);
  #body = el('div', { class: 'conversation-body' });
  /** @type {MessageComposer | null} */
  #composer = null;

  /**
   * @param {Client} client
   * @param {string} id
   * @param {(title: string) => void} titled is told what to call it
   */
  constructor(client, id, titled) {
    super();
    this.#client = client;
    this.#id = id;
    this.#titled = titled;
  }

  start() {
    this.replaceChildren(this.#header, this.#body);
    this.#load();
  }

  takeFocus() {
    this.#focusWanted = !this.#composer;
    if (this.#composer && !TOUCH.matches) this.#composer.takeFocus();
    else this.#heading.focus();
  }

  async #load() {
    this.#body.replaceChildren(skeleton(6, 'Loading the conversation'));
    try {
      const { otherParticipant } = await this.#client.conversations.find(this.#id);
      if (otherParticipant && this.isConnected) this.#show(otherParticipant);
    } catch (error) {
      const reason = reasonOf(error);
      const gone = error instanceof ApiError && error.status === 404;
      this.#body.replaceChildren(gone ? this.#notFound() : failure(reason, () => this.#load()));
    }
  }

  /** @param {User} other */
  #show(other) {
    this.#titled(other.username);
    this.#heading.replaceChildren(nameOf(other.username));
    this.#heading.before(avatar(other));
    const { outbox } = this.#client;
    const composer = new MessageComposer(this.#client.user.id, this.#id, other.username, (content) => {
      outbox.add(this.#id, content);
      list.stickToNewest();
    });
    const list = new MessageList(this.#client, this.#id, other, (entry) => {
      outbox.remove(entry.clientId);
      composer.prepend(entry.content);
    });
    this.#composer = composer;
    this.#body.replaceChildren(list, composer);
    if (this.#focusWanted) this.takeFocus();
  }

  #notFound() {
    this.#titled('Not found');
    return el('div', { class: 'centred placeholder' },
      el('p', {}, 'This conversation doesn’t exist, or isn’t yours to read.'),
      el('a', { class: 'button', href: '/' }, 'To the conversations'));
  }
}

customElements.define('conversation-view', ConversationView);
