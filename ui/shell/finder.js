// Finding anything from one field: conversations and people at once from what is known here, settings and what one can do,
// and then messages.

import { settings } from '../account/settings.js';
import { reasonOf } from '../base/api.js';
import { CROSS } from '../base/dialog.js';
import { arrange, el, failure, isComposing, nameOf, render, skeleton } from '../base/dom.js';
import { titleOf } from '../base/format.js';
import { drawing } from '../base/icons.js';
import { addStyle } from '../base/load.js';
import { conversationPath } from '../base/router.js';
import { avatar, emblem } from '../people/avatar.js';
import { findPeople, startWith } from '../people/find.js';
import { completionsOf, dayField, labelOf, OPERATORS, plainPicture } from '../search/filters.js';
import { foundMessage } from '../search/found-message.js';
import { knownPeople, matcher } from '../search/known-people.js';
import { MessageSearch } from '../search/message-search.js';
import { t, tn } from '../words/index.js';
import { commandsOf } from './commands.js';

/** @import {User} from '../base/types.js' */
/** @import {Info} from '../conversations/conversations.js' */
/** @import {Completion} from '../search/filters.js' */
/** @import {Found} from '../search/message-search.js' */
/** @import {Context} from './messenger.js' */

addStyle(import.meta.url, 'finder.css');

const PAUSE_MS = 150;
const MOST = 6;
/** Nobody is called so. */
const FILTER = /(^|\s)(from|in|has|before|after):/i;
const KINDS = /** @type {const} */ (['completions', 'conversations', 'people', 'commands', 'messages']);

/** A heading, and a list below it. */
class Group {
  #heading = el('h2');
  #list = el('ul');
  /** By key, so that what stays has its focus. @type {Map<string, HTMLLIElement>} */
  #rows = new Map();
  element = el('section', { hidden: true }, this.#heading, this.#list);

  get count() {
    return this.#rows.size;
  }

  /** @template T @param {string} name @param {T[]} things @param {(thing: T) => string} keyOf @param {(thing: T) => HTMLLIElement} make */
  show(name, things, keyOf, make) {
    this.#rows = new Map(things.map((thing) => [keyOf(thing), this.#rows.get(keyOf(thing)) ?? make(thing)]));
    this.#heading.textContent = name;
    this.#list.ariaLabel = name;
    arrange(this.#list, [...this.#rows.values()]);
    this.element.hidden = things.length === 0;
  }
}

/** What is found stands below the field: the arrows go there and back, and Enter takes the first. */
export class Finder {
  #context;
  #field;
  #search;
  #pause = 0;
  #filters = el('div', { class: 'filters', role: 'group', 'aria-label': t('search.filters'), hidden: true });
  #groups = { completions: new Group(), conversations: new Group(), people: new Group(), commands: new Group(), messages: new Group() };
  #found = el('div', { class: 'finds' }, ...KINDS.map((kind) => this.#groups[kind].element));
  /** Where the operator takes a day. */
  #day = dayField((day) => this.#complete({ text: `${this.#completed?.operator}:${day}` }));
  #rest = el('div', { class: 'list-rest' });
  #said = el('div', { class: 'finds-none', role: 'status' });
  /** What the server has found, and for which text. */
  #people = { text: '', users: /** @type {User[]} */ ([]) };
  /** Where alone one searches. @type {Info | null} */
  #place = null;
  /** Where the message is that was opened last: its row may be another one by now. */
  #opened = '';
  #problem = '';

  #mayInvite = false;
  #isLearning = false;

  /** @param {HTMLInputElement} field @param {Context} context @param {AbortSignal} signal */
  constructor(field, context, signal) {
    const { client, router } = context;
    this.#field = field;
    this.#context = context;
    this.#search = new MessageSearch(client);
    this.#search.addEventListener('change', () => this.#show());
    field.maxLength = 256;
    field.after(this.#filters, this.#said, this.#found, this.#rest);
    field.addEventListener('input', ({ isTrusted }) => {
      // Escape has emptied it, and ends the search.
      if (!isTrusted && !field.value) this.#place = null;
      this.#typed();
    });
    field.addEventListener('search-in', (event) => this.#searchIn(/** @type {CustomEvent<string>} */ (event).detail));
    field.parentElement?.addEventListener('keydown', (event) => this.#key(event));
    this.#found.addEventListener('click', ({ target }) => this.#follow(target));
    router.addEventListener('change', () => this.#arrived(), { signal });
    if (field.value) this.#typed();
  }

  get #text() {
    return this.#field.value.trim();
  }

  /** What is asked of the server: without an operator whose value is still being typed. */
  get #wanted() {
    return (this.#completed?.before ?? this.#text).trim();
  }

  /** What the operator may become that is being typed. */
  get #completed() {
    return completionsOf(this.#field.value, this.#context.client);
  }

  #typed() {
    clearTimeout(this.#pause);
    this.#problem = '';
    this.#show();
    this.#learn();
    this.#pause = setTimeout(() => this.#ask(), this.#text ? PAUSE_MS : 0);
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

  #ask() {
    return Promise.all([this.#search.look(this.#wanted, this.#place?.id ?? ''), this.#askForPeople()]);
  }

  async #askForPeople() {
    const text = this.#text;
    if (!text || this.#place || text === this.#people.text) return;
    try {
      const users = FILTER.test(text) ? [] : await findPeople(this.#context.client, text);
      // An answer to what was typed before says nothing about what stands there now.
      if (text !== this.#text) return;
      this.#people = { text, users };
    } catch (error) {
      // Those who are known are there, and why nobody else is found is said with the messages.
      reasonOf(error);
      if (text === this.#text) this.#people = { text, users: [] };
    }
    this.#show();
  }

  /** What is known at once, and what the server has said. */
  #show() {
    const text = this.#text;
    const { client } = this.#context;
    const completed = this.#completed;
    // The style sheet goes by what is typed into the fields that are here.
    if (!['before', 'after'].includes(completed?.operator ?? '')) this.#day.remove();
    else if (!this.#day.isConnected) this.#groups.completions.element.append(this.#day);
    const isOpen = Boolean(text || this.#place);
    this.#field.parentElement?.classList.toggle('scoped', Boolean(this.#place));
    this.#showFilters(isOpen);
    const { completions, conversations, people, commands, messages } = this.#groups;
    completions.show(completed ? labelOf(completed.operator) : '', completed?.completions ?? [], ({ key }) => key,
      (completion) => this.#result(completion.picture, completion.name, () => this.#complete(completion), true));
    const matches = matcher(text);
    const names = text && !this.#place && !completed;
    const known = names ? this.#conversations(matches) : [];
    conversations.show(t('shell.conversations'), known, ({ id, title, avatarURL }) => `${id} ${title} ${avatarURL}`, (info) => this.#conversation(info));
    people.show(t('shell.people'), names ? this.#persons(matches, known) : [], ({ id }) => id, (person) => this.#person(person));
    commands.show(t('shell.commands'), names ? commandsOf(this.#context, this.#mayInvite).filter(({ name }) => matches(name)) : [], ({ name }) => name,
      ({ name, lines, run }) => this.#result(plainPicture(lines), [name], run));
    const { results, isDevice } = this.#search;
    messages.show(t(isDevice ? 'search.onDevice' : 'search.messages'), isOpen ? results : [], keyOfFound, (found) => foundMessage(client, found));
    this.#markOpened();
    this.#showRest(isOpen);
  }

  /** @param {ReturnType<typeof matcher>} matches */
  #conversations(matches) {
    const { conversations } = this.#context.client;
    return [...conversations.listed, ...conversations.archived].filter(({ title, other }) => matches(title, other?.username)).slice(0, MOST);
  }

  /** Without those whose conversation is there. @param {ReturnType<typeof matcher>} matches @param {Info[]} conversations */
  #persons(matches, conversations) {
    const { client } = this.#context;
    const known = knownPeople(client).filter((user) => matches(user.username, titleOf(user)));
    const users = this.#people.text === this.#text ? this.#people.users : [];
    const met = new Set([client.user.id, ...conversations.map(({ other }) => other?.id)]);
    const people = new Map([...known, ...users].map((user) => [user.id, user]));
    return [...people.values()].filter(({ id }) => !met.has(id)).slice(0, MOST);
  }

  /** @param {boolean} isOpen */
  #showFilters(isOpen) {
    this.#filters.hidden = !isOpen;
    const place = this.#place;
    if (this.#filters.dataset.place === (place?.id ?? '')) return;
    this.#filters.dataset.place = place?.id ?? '';
    this.#filters.replaceChildren(
      ...place ? [el('button', {
        class: 'filter place', type: 'button', 'aria-label': t('search.leave', { name: place.title }), click: () => this.#searchIn(''),
      }, el('span', {}, ...tn('search.inside', { name: nameOf(place.title) })), drawing(CROSS))] : [],
      ...OPERATORS.filter((operator) => !place || operator !== 'in').map((operator) =>
        el('button', { class: 'filter', type: 'button', click: () => this.#write(`${this.#text} ${operator}:`.trimStart()) }, labelOf(operator))));
  }

  /** What stands below what was found, and what is said of it. @param {boolean} isOpen */
  #showRest(isOpen) {
    const search = this.#search;
    const { state, reason, before, isDevice, results } = search;
    const wanted = this.#wanted;
    const isAnswered = isOpen && search.hasAnswered(wanted) && (this.#place !== null || this.#people.text === this.#text);
    const isEmpty = !before && KINDS.every((kind) => this.#groups[kind].count === 0);
    render(this.#rest, restView, { search, state: isOpen ? state : 'idle', reason, count: results.length, goesOn: before !== null });
    render(this.#said, saidView, {
      problem: this.#problem, count: isAnswered ? results.length : null, isEmpty, isDevice, text: wanted || (this.#place?.title ?? ''),
    });
  }

  /** In place of the operator that is being typed. @param {Pick<Completion, 'text' | 'conversation'>} completion */
  #complete({ text, conversation }) {
    const { before = '' } = this.#completed ?? {};
    if (!conversation) return this.#write(`${before} ${text} `.trimStart());
    this.#place = conversation;
    this.#write(before && `${before} `);
  }

  /** @param {string} text */
  #write(text) {
    this.#field.value = text;
    this.#field.focus();
    this.#typed();
  }

  /** @param {string} id of a conversation, or '' for all of them */
  #searchIn(id) {
    this.#place = id ? this.#context.client.conversations.known(id) ?? null : null;
    this.#field.focus();
    this.#typed();
  }

  /** @param {Info} info */
  #conversation(info) {
    return this.#result(emblem(info), [nameOf(info.title)], () => this.#context.router.go(conversationPath(info.id)));
  }

  /** @param {User} user */
  #person(user) {
    const { client, router } = this.#context;
    const { username, displayName } = user;
    return this.#result(avatar(user), [nameOf(titleOf(user)), displayName ? el('span', { class: 'muted' }, ` @${username}`) : ''], async () => {
      const { id } = await startWith(client, username);
      router.go(conversationPath(id));
    });
  }

  /** @param {Element} picture @param {(Node | string)[]} name @param {() => unknown} choose which may be refused @param {boolean} [goesOn] */
  #result(picture, name, choose, goesOn = false) {
    const click = async () => {
      try {
        await choose();
        if (!goesOn) this.#clear();
      } catch (error) {
        this.#problem = reasonOf(error);
        this.#show();
      }
    };
    return el('li', {}, el('button', { class: 'row', type: 'button', tabindex: '-1', click }, picture, el('span', { class: 'row-name' }, ...name)));
  }

  #clear() {
    this.#place = null;
    this.#field.value = '';
    this.#typed();
  }

  /** Whoever opens a message finds the others again. @param {EventTarget | null} target */
  #follow(target) {
    const link = target instanceof Element && target.closest('a');
    if (!link) return;
    this.#opened = link.pathname;
    this.#markOpened();
  }

  /** Gives back its row. */
  #markOpened() {
    const links = [...this.#found.querySelectorAll('a')];
    for (const link of links) link.ariaCurrent = link.pathname === this.#opened ? 'true' : null;
    return links.find((link) => link.pathname === this.#opened);
  }

  /** Who comes back to what was found is where they left it. */
  #arrived() {
    const { name } = this.#context.router.route;
    requestAnimationFrame(() => {
      if (name === 'home' && document.activeElement === document.body) this.#markOpened()?.focus();
    });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { key, target, altKey } = event;
    if (isComposing(event) || altKey) return;
    if (key === 'Enter' && target === this.#field) {
      event.preventDefault();
      this.#takeFirst();
    }
    // Where nothing is typed, what narrows the search goes.
    if ((key === 'Escape' || key === 'Backspace') && this.#place && !this.#field.value) {
      event.preventDefault();
      this.#searchIn('');
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[key];
    if (!step) return;
    const stops = [this.#field, ...this.#stops, ...this.#rest.querySelectorAll('button')];
    const stop = stops[stops.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement)) + step];
    if (!stop) return;
    event.preventDefault();
    stop.focus();
  }

  /** What can be chosen, in order. @returns {HTMLElement[]} */
  get #stops() {
    return [...this.#found.querySelectorAll('button, a')].filter((each) => each instanceof HTMLElement);
  }

  /** Messages that were found for what was typed before aren’t meant. */
  async #takeFirst() {
    clearTimeout(this.#pause);
    const isFound = KINDS.some((kind) => kind !== 'messages' && this.#groups[kind].count > 0);
    if (!isFound) await this.#ask();
    this.#stops[0]?.click();
  }
}

/** @param {{search: MessageSearch, state: MessageSearch['state'], reason: string, count: number, goesOn: boolean}} props */
function restView({ search, state, reason, count, goesOn }) {
  if (state === 'loading') return count > 0 ? [] : [skeleton()];
  if (state === 'failed') return [failure(reason, () => search.retry())];
  if (state === 'idle' || !goesOn) return [];
  return [el('button', { class: 'button', type: 'button', click: () => search.more() }, t(count > 0 ? 'search.more' : 'search.older'))];
}

/** `count` is null before there is an answer. @param {{problem: string, count: number | null, isEmpty: boolean, isDevice: boolean, text: string}} props */
function saidView({ problem, count, isEmpty, isDevice, text }) {
  if (problem) return [el('span', { class: 'danger' }, problem)];
  if (count === null) return [];
  if (!isEmpty) return [el('span', { class: 'visually-hidden' }, t('search.count', { count }))];
  return isDevice ? [t('search.noneOnDevice')] : tn('shell.nothing', { text: nameOf(text) });
}

/** @param {Found} found */
function keyOfFound({ message: { id, version }, matches }) {
  return `${id} ${version} ${matches.map(({ start }) => start).join()}`;
}
