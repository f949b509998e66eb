// Finding people by the beginning of their name, and starting a conversation with one of them.

import { reasonOf } from './api.js';
import { Component, el, failure, nameOf } from './dom.js';
import { initialOf } from './format.js';
import { conversationPath } from './router.js';

/** @import {Conversations} from './conversations.js' */
/** @import {Router} from './router.js' */

const PAUSE_MS = 150;

export class PeopleSearch extends Component {
  #conversations;
  #router;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #pause;
  #input = el('input', {
    type: 'search',
    id: 'people',
    // The style sheet hides the list while this isn't shown.
    placeholder: 'Find people',
    autocomplete: 'off',
    autocapitalize: 'none',
    spellcheck: 'false',
    'aria-describedby': 'people-found',
  });
  #found = el('p', { id: 'people-found', class: 'muted', role: 'status' });
  #results = el('ul', { class: 'rows', 'aria-label': 'People found' });

  /**
   * @param {Conversations} conversations
   * @param {Router} router
   */
  constructor(conversations, router) {
    super();
    this.#conversations = conversations;
    this.#router = router;
  }

  /** @param {AbortSignal} signal */
  start(signal) {
    this.replaceChildren(
      el('form', { role: 'search', submit: (/** @type {Event} */ event) => this.#submit(event) },
        el('label', { class: 'visually-hidden', for: 'people' }, 'Find people by name'), this.#input),
      el('div', { class: 'people-results' }, this.#found, this.#results));
    this.#input.addEventListener('input', () => this.#typed());
    this.addEventListener('keydown', (event) => this.#key(event));
    signal.addEventListener('abort', () => clearTimeout(this.#pause));
  }

  #typed() {
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => this.#search(), PAUSE_MS);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.isComposing) return;
    const choices = [this.#input, ...this.#results.querySelectorAll('button')];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const index = choices.findIndex((choice) => choice === document.activeElement);
    if (event.key === 'Escape') this.#clear();
    else if (step) choices[index + step]?.focus();
    else return;
    event.preventDefault();
  }

  /** @param {Event} event */
  #submit(event) {
    event.preventDefault();
    this.#results.querySelector('button')?.click();
  }

  #clear() {
    this.#input.value = '';
    this.#input.focus();
    this.#search();
  }

  async #search() {
    const text = this.#input.value.trim();
    try {
      const names = text ? await this.#conversations.findPeople(text) : [];
      // An answer to something typed before says nothing about what stands there now.
      if (text === this.#input.value.trim()) this.#show(text, names);
    } catch (error) {
      this.#found.replaceChildren(failure(reasonOf(error), () => this.#search()));
      this.#results.replaceChildren();
    }
  }

  /**
   * @param {string} text
   * @param {string[]} names
   */
  #show(text, names) {
    if (!text) this.#found.replaceChildren();
    else if (names.length > 0) this.#found.replaceChildren('People');
    else this.#found.replaceChildren('Nobody’s name starts with “', nameOf(text), '”.');
    this.#results.replaceChildren(...names.map((name) => el('li', {},
      el('button', { type: 'button', class: 'row', click: () => this.#open(name) },
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
      this.#found.replaceChildren(failure(reasonOf(error), () => this.#open(username)));
    }
  }
}

customElements.define('people-search', PeopleSearch);
