// Finding people by the beginning of their username or of a word of their display name, and choosing one of them.

import { reasonOf } from '../base/api.js';
import { el, failure, isComposing } from '../base/dom.js';
import { addStyle } from '../base/load.js';
import { tn, t } from '../words/index.js';
import { avatar } from './avatar.js';
import { namesOf } from './names.js';

/** @import {User} from '../base/types.js' */


addStyle(import.meta.url, 'people.css');

const PAUSE_MS = 150;

/** Makes a text field look for people, who are listed below it. */
export class PeopleSearch {
  #field;
  #find;
  #choose;
  #pause = 0;
  #found = el('div', { class: 'found', role: 'status' });
  #results = el('ul', { 'aria-label': t('people.found') });

  /**
   * @param {HTMLInputElement} field @param {(start: string) => Promise<User[]>} find
   * @param {(username: string, user: User) => unknown} choose what to do with the one who is chosen, which may be refused
   */
  constructor(field, find, choose) {
    this.#field = field;
    this.#find = find;
    this.#choose = choose;
    field.after(this.#found, this.#results);
    field.addEventListener('input', () => this.#typed());
    field.parentElement?.addEventListener('keydown', (event) => this.#key(event));
    if (field.value) this.#typed();
  }

  #typed() {
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => this.#search(), PAUSE_MS);
  }

  /** The arrows go from the field to the people found, and back; Enter takes the first. @param {KeyboardEvent} event */
  #key(event) {
    const { key, target, altKey } = event;
    if (isComposing(event) || altKey) return;
    if (key === 'Enter' && target === this.#field) {
      event.preventDefault();
      this.#takeFirst();
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[key];
    if (!step) return;
    /** @type {(Element | null)[]} */
    const stops = [this.#field, ...this.#results.querySelectorAll('button')];
    const stop = stops[stops.indexOf(document.activeElement) + step];
    if (!(stop instanceof HTMLElement)) return;
    event.preventDefault();
    stop.focus();
  }

  async #takeFirst() {
    clearTimeout(this.#pause);
    await this.#search();
    this.#results.querySelector('button')?.click();
  }

  async #search() {
    const start = this.#field.value.trim();
    try {
      const users = start ? await this.#find(start) : [];
      // An answer to what was typed before says nothing about what stands there now.
      if (start === this.#field.value.trim()) this.#show(start, users);
    } catch (error) {
      this.#fail(error, () => this.#search());
    }
  }

  /** @param {string} start @param {User[]} users */
  #show(start, users) {
    this.#found.replaceChildren(...(users.length > 0 ? [t('people.people')] : start ? tn('people.nobodyFound', { text: el('bdi', {}, start) }) : []));
    this.#results.replaceChildren(...users.map((user) => el('li', {},
      el('button', { class: 'row', type: 'button', click: () => this.#take(user) },
        avatar(user), el('span', { class: 'row-name' }, ...namesOf(user))))));
  }

  /** @param {User} user */
  async #take(user) {
    try {
      await this.#choose(user.username, user);
      if (this.#results.contains(document.activeElement)) this.#field.focus();
      this.#field.value = '';
      this.#show('', []);
    } catch (error) {
      this.#fail(error, () => this.#take(user));
    }
  }

  /** @param {unknown} error @param {() => void} retry */
  #fail(error, retry) {
    this.#found.replaceChildren(failure(reasonOf(error), retry));
    this.#results.replaceChildren();
  }
}

/**
 * A text field that does so.
 * @param {string} label @param {(start: string) => Promise<User[]>} find
 * @param {(username: string, user: User) => unknown} choose
 */
export function peopleField(label, find, choose) {
  const field = el('input', {
    'aria-label': label, placeholder: label, autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false',
  });
  const search = document.createElement('people-search');
  search.append(field);
  new PeopleSearch(field, find, choose);
  return search;
}
