// Finding people by the beginning of their name, and starting a conversation with one of them.

import { reasonOf } from '../base/api.js';
import { Component, el, failure, nameOf } from '../base/dom.js';
import { initialOf } from '../base/format.js';
import { conversationPath } from '../base/router.js';

/** @import {Conversations} from '../models/conversations.js' */
/** @import {Router} from '../base/router.js' */

const PAUSE_MS = 150;

export class PeopleSearch extends Component {
  #conversations;
  #router;
  #pause = 0;
  // While the placeholder isn't shown, the style sheet hides the list of conversations.
  #input = el('input', {
    type: 'search', placeholder: 'Find people', 'aria-label': 'Find people by name',
    autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false', input: () => this.#typed(),
  });
  #found = el('div', { class: 'found', role: 'status' });
  #results = el('ul', { 'aria-label': 'People found' });

  /** @param {Conversations} conversations @param {Router} router */
  constructor(conversations, router) {
    super();
    this.#conversations = conversations;
    this.#router = router;
    this.append(el('form', { role: 'search', submit: (event) => this.#submit(event) }, this.#input),
      this.#found, this.#results);
    this.addEventListener('keydown', (event) => this.#key(event));
  }

  takeFocus() {
    // On a narrow screen it stands behind the conversation.
    if (!this.checkVisibility()) this.#router.go('/');
    this.#input.focus();
    this.#input.select();
  }

  #typed() {
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => this.#search(), PAUSE_MS);
  }

  /** The arrows go from the field to the people found, and back. @param {KeyboardEvent} event */
  #key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || event.isComposing || event.altKey) return;
    /** @type {(Element | null)[]} */
    const stops = [this.#input, ...this.#results.querySelectorAll('button')];
    const stop = stops[stops.indexOf(document.activeElement) + step];
    if (!(stop instanceof HTMLElement)) return;
    event.preventDefault();
    stop.focus();
  }

  /** Enter takes the first. @param {Event} event */
  async #submit(event) {
    event.preventDefault();
    clearTimeout(this.#pause);
    await this.#search();
    this.#results.querySelector('button')?.click();
  }

  async #search() {
    const start = this.#input.value.trim();
    try {
      const names = start ? await this.#conversations.findPeople(start) : [];
      // An answer to what was typed before says nothing about what stands there now.
      if (start === this.#input.value.trim()) this.#show(start, names);
    } catch (error) {
      this.#fail(error, () => this.#search());
    }
  }

  /** @param {string} start @param {string[]} names */
  #show(start, names) {
    const nobody = ['Nobody’s name starts with ', nameOf(start), '.'];
    this.#found.replaceChildren(...(names.length > 0 ? ['People'] : start ? nobody : []));
    this.#results.replaceChildren(...names.map((name) => el('li', {},
      el('button', { class: 'row', click: () => this.#open(name) },
        el('span', { class: 'avatar', 'aria-hidden': 'true' }, initialOf(name)),
        el('span', { class: 'row-name' }, nameOf(name))))));
  }

  /** @param {string} username */
  async #open(username) {
    try {
      const { id } = await this.#conversations.startWith(username);
      this.#input.value = '';
      this.#show('', []);
      this.#router.go(conversationPath(id));
    } catch (error) {
      this.#fail(error, () => this.#open(username));
    }
  }

  /** @param {unknown} error @param {() => void} retry */
  #fail(error, retry) {
    this.#found.replaceChildren(failure(reasonOf(error), retry));
    this.#results.replaceChildren();
  }
}

customElements.define('people-search', PeopleSearch);
