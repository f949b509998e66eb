// Finding anything from one field: conversations and rooms, people, settings and what one can do.

import { settings } from '../account/settings.js';
import { reasonOf } from '../base/api.js';
import { el, failure, isComposing, nameOf } from '../base/dom.js';
import { titleOf } from '../base/format.js';
import { drawing } from '../base/icons.js';
import { addStyle } from '../base/load.js';
import { conversationPath } from '../base/router.js';
import { avatar, emblem } from '../people/avatar.js';
import { findPeople, startWith } from '../people/find.js';
import { t, tn } from '../words/index.js';
import { commandsOf } from './commands.js';

/** @import {Info} from '../conversations/conversations.js' */
/** @import {User} from '../base/types.js' */
/** @import {Context} from './messenger.js' */

addStyle(import.meta.url, 'finder.css');

const PAUSE_MS = 150;
const MOST = 8;

/** What is found stands below the field: the arrows go there and back, and Enter takes the first. */
export class Finder {
  #context;
  #field;
  #pause = 0;
  #found = el('div', { class: 'finds' });
  #said = el('p', { class: 'finds-none', role: 'status' });
  /** What the server has found, and for which text. */
  #people = { text: '', users: /** @type {User[]} */ ([]) };

  #mayInvite = false;
  #isLearning = false;

  /** @param {HTMLInputElement} field @param {Context} context */
  constructor(field, context) {
    this.#field = field;
    this.#context = context;
    field.after(this.#said, this.#found);
    field.addEventListener('input', () => this.#typed());
    field.parentElement?.addEventListener('keydown', (event) => this.#key(event));
    if (field.value) this.#typed();
  }

  get #text() {
    return this.#field.value.trim();
  }

  #typed() {
    clearTimeout(this.#pause);
    this.#show();
    this.#learn();
    if (this.#text) this.#pause = setTimeout(() => this.#ask(), PAUSE_MS);
  }

  /** What one may do, once one searches. */
  async #learn() {
    if (this.#isLearning) return;
    this.#isLearning = true;
    try {
      const { mayInvite } = await settings(this.#context.client.api);
      this.#mayInvite = mayInvite;
      this.#show();
    } catch (error) {
      reasonOf(error);
      this.#isLearning = false;
    }
  }

  async #ask() {
    const text = this.#text;
    if (!text || text === this.#people.text) return;
    try {
      const users = await findPeople(this.#context.client, text);
      // An answer to what was typed before says nothing about what stands there now.
      if (text !== this.#text) return;
      this.#people = { text, users };
      this.#show();
    } catch (error) {
      this.#said.replaceChildren(failure(reasonOf(error), () => this.#ask()));
    }
  }

  /** What is known at once, and what the server has said. */
  #show() {
    const text = this.#text;
    const { conversations, user } = this.#context.client;
    const matches = matcher(text);
    const known = text ? [...conversations.listed, ...conversations.archived]
      .filter(({ title, other }) => matches(title, other?.username)).slice(0, MOST) : [];
    const met = new Set(known.map(({ other }) => other?.id));
    const isAnswered = text === this.#people.text;
    const people = text && isAnswered ? this.#people.users.filter(({ id }) => !met.has(id) && id !== user.id) : [];
    const commands = text ? commandsOf(this.#context, this.#mayInvite).filter(({ name }) => matches(name)) : [];
    this.#found.replaceChildren(
      ...group(t('shell.conversations'), known.map((info) => this.#conversation(info))),
      ...group(t('shell.people'), people.map((person) => this.#person(person))),
      ...group(t('shell.commands'), commands.map(({ name, lines, run }) =>
        this.#result(el('span', { class: 'avatar plain' }, drawing(lines)), name, run))));
    const nothing = text && isAnswered && known.length + people.length + commands.length === 0;
    this.#said.replaceChildren(...nothing ? tn('shell.nothing', { text: nameOf(text) }) : []);
  }

  /** @param {Info} info */
  #conversation(info) {
    const { router } = this.#context;
    return this.#result(emblem(info), nameOf(info.title), () => router.go(conversationPath(info.id)));
  }

  /** @param {User} user */
  #person(user) {
    const { client, router } = this.#context;
    const { username, displayName } = user;
    return this.#result(avatar(user), el('span', {}, nameOf(titleOf(user)), displayName ? el('span', { class: 'muted' }, ` @${username}`) : null), async () => {
      const { id } = await startWith(client, username);
      router.go(conversationPath(id));
    });
  }

  /** @param {Element} picture @param {Node | string} name @param {() => unknown} choose which may be refused */
  #result(picture, name, choose) {
    const click = async () => {
      try {
        await choose();
        this.#field.value = '';
        this.#typed();
      } catch (error) {
        this.#said.replaceChildren(failure(reasonOf(error), click));
      }
    };
    return el('li', {}, el('button', { class: 'row', type: 'button', tabindex: '-1', click }, picture, el('span', { class: 'row-name' }, name)));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { key, target, altKey } = event;
    if (isComposing(event) || altKey) return;
    if (key === 'Enter' && target === this.#field) {
      event.preventDefault();
      this.#takeFirst();
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[key];
    if (!step) return;
    const stops = [this.#field, ...this.#found.querySelectorAll('button')];
    const stop = stops[stops.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement)) + step];
    if (!stop) return;
    event.preventDefault();
    stop.focus();
  }

  async #takeFirst() {
    const first = () => this.#found.querySelector('button');
    clearTimeout(this.#pause);
    if (!first()) await this.#ask();
    first()?.click();
  }
}

/** @param {string} name @param {HTMLLIElement[]} results */
function group(name, results) {
  return results.length > 0 ? [el('h2', {}, name), el('ul', { 'aria-label': name }, ...results)] : [];
}

/** Whether a text occurs in one of these, whatever its case and accents. @param {string} text */
function matcher(text) {
  const wanted = plain(text);
  return (/** @type {(string | undefined)[]} */ ...names) => names.some((name) => name && plain(name).includes(wanted));
}

/** @param {string} text */
function plain(text) {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLocaleLowerCase();
}
