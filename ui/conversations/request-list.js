// The rooms that others would like one to join, above the conversations.

import { refusalOf } from '../base/dialog.js';
import { arrange, Component, el, nameOf } from '../base/dom.js';
import { titleOf } from '../base/format.js';
import { addStyle } from '../base/load.js';
import { conversationPath } from '../base/router.js';
import { emblem } from '../people/avatar.js';
import { t, tn } from '../words/index.js';
import { RoomRequests } from './room-requests.js';

/** @import {RoomRequest} from '../base/types.js' */
/** @import {Context} from '../shell/messenger.js' */

addStyle(import.meta.url, 'request-list.css');

export class RequestList extends Component {
  #router;
  #requests;
  #list = el('ul', { 'aria-label': t('conversations.requests'), 'aria-live': 'polite' });
  /** By the ids of the rooms and of the requests’ times. @type {Map<string, HTMLLIElement>} */
  #rows = new Map();

  /** @param {Context} context @param {AbortSignal} signal */
  constructor({ client, router }, signal) {
    super();
    this.#router = router;
    this.#requests = new RoomRequests(client, signal);
    this.append(this.#list);
    this.watch(() => this.#render(), this.#requests);
  }

  #render() {
    const { open } = this.#requests;
    this.hidden = open.length === 0;
    arrange(this.#list, open.map((request) => this.#row(request)));
  }

  /** @param {RoomRequest} request */
  #row({ conversationId, name, participantCount, askedBy, askedAt }) {
    const key = `${conversationId} ${askedAt}`;
    const known = this.#rows.get(key);
    if (known) return known;
    const problem = el('p', { class: 'problem', role: 'alert' });
    const attempt = (/** @type {() => Promise<unknown>} */ act) => {
      problem.textContent = '';
      act().catch((error) => problem.replaceChildren(refusalOf(error)));
    };
    const accept = async () => {
      await this.#requests.accept(conversationId);
      this.#router.go(conversationPath(conversationId));
    };
    const room = el('span', { class: 'visually-hidden' }, ' ', nameOf(name));
    const row = el('li', { class: 'request' },
      emblem({ id: conversationId, title: name, other: null }),
      el('div', {},
        el('p', {}, ...tn('conversations.request', { name: nameOf(titleOf(askedBy)), room: el('strong', {}, nameOf(name)) })),
        el('p', { class: 'muted' }, t('people.count', { count: participantCount })),
        problem,
        el('div', { class: 'request-answers' },
          el('button', { class: 'button', click: () => attempt(() => this.#requests.decline(conversationId)) },
            t('conversations.decline'), room.cloneNode(true)),
          el('button', { class: 'button primary', click: () => attempt(accept) }, t('conversations.join'), room))));
    this.#rows.set(key, row);
    return row;
  }
}

customElements.define('request-list', RequestList);
