// One conversation: with whom, what was said, and where to write.

import { ApiError, reasonOf } from './api.js';
import { avatar, Component, el, failure, nameOf, skeleton } from './dom.js';
import { MessageComposer } from './message-composer.js';
import { MessageList } from './message-list.js';

/** @import {Client} from './client.js' */
/** @import {User} from './types.js' */

export class ConversationView extends Component {
  #client;
  #id;
  #call;
  #heading = el('h1', { tabindex: '-1' }, 'Conversation');
  #body = el('div', { class: 'conversation-body' }, skeleton());
  /** @type {MessageComposer | null} */
  #composer = null;
  /** On a page that was just opened, nothing else has the focus. */
  #focusWanted = document.activeElement === document.body;

  /** @param {Client} client @param {string} id @param {(title: string) => void} call is told what to call it */
  constructor(client, id, call) {
    super();
    this.#client = client;
    this.#id = id;
    this.#call = call;
    const back = el('a', { class: 'back', href: '/', 'aria-label': 'Back to the conversations' }, '←');
    this.append(el('header', { class: 'bar' }, back, this.#heading), this.#body);
    this.#load();
  }

  takeFocus() {
    this.#focusWanted = !this.#composer;
    // Where there is no keyboard, focusing a text field would cover half of the screen with one.
    if (this.#composer && matchMedia('(pointer: fine)').matches) this.#composer.takeFocus();
    else this.#heading.focus();
  }

  async #load() {
    try {
      const other = await this.#client.conversations.other(this.#id);
      if (this.isConnected) this.#show(other);
    } catch (error) {
      const reason = reasonOf(error);
      const missing = error instanceof ApiError && error.status === 404;
      this.#body.replaceChildren(el('div', { class: 'centred' }, missing
        ? el('p', {}, 'This conversation doesn’t exist, or isn’t yours to read.')
        : failure(reason, () => this.#load())));
    }
  }

  /** @param {User} other */
  #show(other) {
    const { user, outbox } = this.#client;
    this.#call(other.username);
    this.#heading.replaceChildren(nameOf(other.username));
    this.#heading.before(avatar(other));
    const composer = new MessageComposer(`draft:${user.id}:${this.#id}`, other, (content) => {
      list.stickToNewest();
      outbox.add(this.#id, content);
    });
    const list = new MessageList(this.#client, this.#id, other, ({ clientId, content }) => {
      outbox.remove(clientId);
      composer.prepend(content);
    });
    this.#composer = composer;
    this.#body.replaceChildren(list, composer);
    if (this.#focusWanted) this.takeFocus();
  }
}

customElements.define('conversation-view', ConversationView);
