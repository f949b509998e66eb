// One conversation: with whom, what was said, and where to write.

import { ApiError, reasonOf } from '../base/api.js';
import { avatar, Component, el, failure, nameOf, skeleton } from '../base/dom.js';
import { icon } from '../base/icons.js';
import { MessageComposer } from './message-composer.js';
import { MessageList } from './message-list.js';

/** @import {User} from '../base/types.js' */
/** @import {Context} from './messenger.js' */

export class ConversationView extends Component {
  #context;
  #id;
  #call;
  #heading = el('h1', { tabindex: '-1' }, 'Conversation');
  #mute = el('button', { class: 'tool', 'aria-label': 'Mute', click: () => this.#toggleMuted() });
  #body = el('div', { class: 'conversation-body' }, skeleton());
  /** @type {MessageComposer | null} */
  #composer = null;
  /** @type {MessageList | null} */
  #list = null;
  /** On a page that was just opened, nothing else has the focus. */
  #focusWanted = document.activeElement === document.body;

  /** @param {Context} context @param {string} id @param {(title: string) => void} call is told what to call it */
  constructor(context, id, call) {
    super();
    this.#context = context;
    this.#id = id;
    this.#call = call;
    const back = el('a', { class: 'tool back', href: '/', 'aria-label': 'Back to the conversations' }, icon('back'));
    this.append(el('header', { class: 'bar' }, back, this.#heading), this.#body);
    this.watch(() => this.#showMuted(), context.preferences);
    this.#load();
  }

  takeFocus() {
    this.#focusWanted = !this.#composer;
    // Where there is no keyboard, focusing a text field would cover half of the screen with one.
    if (this.#composer && matchMedia('(pointer: fine)').matches) this.#composer.takeFocus();
    else this.#heading.focus();
  }

  goToNewest() {
    this.#list?.goToNewest();
    this.#composer?.takeFocus();
  }

  async #load() {
    try {
      const other = await this.#context.client.conversations.other(this.#id);
      if (this.isConnected) this.#show(other);
    } catch (error) {
      const reason = reasonOf(error);
      const missing = error instanceof ApiError && error.status === 404;
      this.#body.replaceChildren(el('div', { class: 'centred' }, ...(missing
        ? [el('p', {}, 'This conversation doesn’t exist, or isn’t yours to read.'),
          el('a', { class: 'button', href: '/' }, 'To the conversations')]
        : [failure(reason, () => this.#load())])));
    }
  }

  /** @param {User} other */
  #show(other) {
    const { user, outbox } = this.#context.client;
    this.#call(other.username);
    this.#heading.replaceChildren(nameOf(other.username));
    this.#heading.before(avatar(other));
    this.#heading.after(this.#mute);
    const composer = new MessageComposer(`draft:${user.id}:${this.#id}`, other, (content) => {
      list.goToNewest();
      outbox.add(this.#id, content);
    });
    const list = new MessageList(this.#context, this.#id, other, ({ clientId, content }) => {
      outbox.remove(clientId);
      composer.giveBack(content);
    });
    this.#composer = composer;
    this.#list = list;
    this.#body.replaceChildren(list, composer);
    if (this.#focusWanted) this.takeFocus();
  }

  #toggleMuted() {
    const { preferences } = this.#context;
    preferences.setMuted(this.#id, !preferences.isMuted(this.#id));
  }

  #showMuted() {
    const muted = this.#context.preferences.isMuted(this.#id);
    const text = muted ? 'Muted: no notifications, no sound' : 'Mute: no notifications, no sound';
    this.#mute.title = text;
    this.#mute.setAttribute('aria-pressed', `${muted}`);
    this.#mute.replaceChildren(icon(muted ? 'bell-off' : 'bell'));
  }
}

customElements.define('conversation-view', ConversationView);
