// Changes of messages that somebody has begun and not saved: kept for each message, for all tabs, and offered again.

import { CROSS } from '../base/dialog.js';
import { el } from '../base/dom.js';
import { drawing } from '../base/icons.js';
import { forget, kept } from '../base/storage.js';
import { t } from '../words/index.js';

/** @import {Message} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */
/** @import {MessageComposer} from './message-composer.js' */
/** @import {MessageList} from './message-list.js' */

/** Where a changed text is kept until it is saved. @param {string} userId @param {Message} message */
export function editKey(userId, { conversationId, id }) {
  return `edit:${userId}:${conversationId}:${id}`;
}

export class UnfinishedEdits {
  #userId;
  #list;
  #composer;
  #offer = el('div', { class: 'unfinished', role: 'status' });
  #resume;

  /**
   * @param {Client} client @param {string} conversationId @param {MessageList} list @param {MessageComposer} composer
   * @param {(message: Message) => void} resume
   */
  constructor(client, conversationId, list, composer, resume) {
    this.#userId = client.user.id;
    this.#list = list;
    this.#composer = composer;
    this.#resume = resume;
    composer.before(this.#offer);
    composer.watch(() => this.show(), client.timeline(conversationId));
    addEventListener('storage', ({ key }) => key?.startsWith('edit:') && this.show(), { signal: composer.signal });
  }

  /** Offers the newest, unless something is being changed right now. */
  show() {
    const message = this.#composer.hidden ? undefined
      : this.#list.messages.findLast((each) => each.mine && !each.deletedAt && kept(editKey(this.#userId, each)) !== null);
    if (this.#offer.dataset.id === (message?.id ?? '')) return;
    this.#offer.dataset.id = message?.id ?? '';
    this.#offer.replaceChildren(...message ? [
      el('p', {}, t('messages.unfinished')),
      el('button', { class: 'button', click: () => this.#resume(message) }, t('messages.resume')),
      el('button', { class: 'tool', 'aria-label': t('messages.discard'), title: t('messages.discard'), click: () => this.#discard(message) }, drawing(CROSS)),
    ] : []);
  }

  /** @param {Message} message */
  #discard(message) {
    forget(editKey(this.#userId, message));
    this.show();
    this.#composer.takeFocus();
  }
}
