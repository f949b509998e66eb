// The page with what one has saved.

import { reasonOf } from '../base/api.js';
import { Component, el, failure, render, skeleton } from '../base/dom.js';
import { drawing, icon } from '../base/icons.js';
import { addStyle } from '../base/load.js';
import { messageCard } from '../messages/message-card.js';
import { t } from '../words/index.js';
import { savedOf } from './saved.js';

/** @import {Message} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */
/** @import {Saved} from './saved.js' */

addStyle(import.meta.url, '../base/cards.css');

const RIBBON_OFF = 'M7 4h10v16l-5-4-5 4zM4 4l16 16';

export class SavedView extends Component {
  #client;
  #saved;
  #problem = el('p', { class: 'problem', role: 'alert' });
  #list = el('ul', { class: 'message-cards' });
  #rest = el('div', { class: 'list-rest' });

  /** @param {Client} client */
  constructor(client) {
    super();
    this.#client = client;
    this.#saved = savedOf(client);
    this.append(
      el('header', { class: 'bar' },
        el('a', { class: 'tool back', href: '/', 'aria-label': t('conversation.back') }, icon('back')),
        el('h1', { tabindex: '-1' }, t('saved.title'))),
      el('div', { class: 'settings' }, el('section', {}, this.#problem, this.#list, this.#rest)));
    this.watch(() => this.#render(), this.#saved, client.conversations);
    this.#render();
  }

  #render() {
    const { list, state, reason } = this.#saved;
    const places = list.map(({ message }) => this.#client.conversations.known(message.conversationId)?.title ?? '');
    render(this.#list, listView, {
      messages: list.map(({ message }) => message), places, me: this.#client.user.id, unsave: this.#unsave,
    });
    render(this.#rest, restView, { saved: this.#saved, state, reason, isEmpty: list.length === 0 });
  }

  #unsave = async (/** @type {Message} */ message) => {
    try {
      await this.#saved.unsave(message);
      this.#problem.replaceChildren();
    } catch (error) {
      this.#problem.textContent = reasonOf(error);
    }
  };
}

/** @param {{messages: Message[], places: string[], me: string, unsave: (message: Message) => void}} props */
function listView({ messages, places, me, unsave }) {
  return messages.map((message, index) => messageCard(message, places[index] ?? '', me, () => {},
    el('button', { class: 'tool', 'aria-label': t('messages.unsave'), title: t('messages.unsave'), click: () => unsave(message) }, drawing(RIBBON_OFF))));
}

/** @param {{saved: Saved, state: Saved['state'], reason: string, isEmpty: boolean}} props */
function restView({ saved, state, reason, isEmpty }) {
  if (state === 'failed') return [failure(reason, () => saved.load())];
  if (state === 'loading') return [skeleton()];
  return isEmpty ? [el('p', {}, t('saved.none')), el('p', { class: 'muted' }, t('saved.noneMore'))] : [];
}

customElements.define('saved-view', SavedView);
