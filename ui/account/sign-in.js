// The way in for whoever isn't signed in: a password, somebody else who knows them, or a link.

import { reasonOf } from '../base/api.js';
import { Component, el, failure, nameOf, skeleton } from '../base/dom.js';
import { form, passwordField, usernameField } from '../base/fields.js';
import { addStyle, load } from '../base/load.js';
import { keysOf } from '../base/storage.js';
import { avatar } from '../people/avatar.js';
import { Entry } from './entry.js';
import { forgetToken, goalOf, problemIn } from './links.js';
import { providerLinks } from './providers.js';

/** @import {Api} from '../base/api.js' */
/** @import {Router} from '../base/router.js' */
/** @import {Config, User} from '../base/types.js' */

addStyle(import.meta.url, 'entry.css');

/** Whom development mode starts with. */
const PEOPLE = [{ id: '1', username: 'john' }, { id: '2', username: 'jane' }];
/** @typedef {'signIn' | 'createAccount'} Way */

/** How to come to an account, where one can’t just make one. */
const HINTS = {
  open: '', setup: '',
  invite: 'New here? You need a link with an invitation, from whoever runs this server.',
  closed: 'New here? Whoever runs this server can make an account for you.',
};

export class SignIn extends Component {
  #api;
  #entry;
  #router;
  #enter;
  #former;
  /** How often it has begun to load; what an earlier time finds out isn’t asked for any more. */
  #turns = 0;
  #heading = el('h1', { tabindex: '-1' }, 'Tincan');
  #said = el('div', { class: 'said' });
  #body = el('div', { class: 'sign-in-body' });

  /**
   * @param {Api} api @param {Router} router @param {(user: User) => void} enter
   * @param {User} [former] who was here, and hasn't signed out
   */
  constructor(api, router, enter, former) {
    super();
    this.#api = api;
    this.#entry = new Entry(api);
    this.#router = router;
    this.#enter = enter;
    this.#former = former;
    this.append(el('main', { class: 'centred' },
      el('img', { src: '/icon.svg', alt: '', width: '64', height: '64' }), this.#heading, this.#said, this.#body));
    // Another link, opened in the same tab, doesn't load the page again.
    router.addEventListener('change', () => this.#load(), { signal: this.signal });
    this.#load();
  }

  connectedCallback() {
    this.#heading.focus();
  }

  async #load() {
    this.#turns += 1;
    const turn = this.#turns;
    this.#call('Tincan', 'Sign in');
    this.#body.replaceChildren(skeleton());
    try {
      const [config, { openDoor }] = await Promise.all([this.#api.config(), load(import('./doors.js'))]);
      if (turn !== this.#turns) return;
      const isOpen = openDoor({
        entry: this.#entry, config,
        call: (title) => turn === this.#turns && this.#call(title),
        show: (...content) => turn === this.#turns && this.#body.replaceChildren(...content),
        enter: (user) => this.#goIn(user),
      });
      if (isOpen) return;
      this.#said.replaceChildren(...this.#news());
      this.#body.replaceChildren(...this.#waysIn(config));
      // Where that brings no keyboard up over half the screen.
      if (!config.dev && matchMedia('(pointer: fine)').matches) this.#body.querySelector('input')?.focus();
    } catch (error) {
      this.#body.replaceChildren(failure(reasonOf(error), () => this.#load()));
    }
  }

  /** @param {string} heading @param {string} [title] of the page */
  #call(heading, title = heading) {
    this.#heading.textContent = heading;
    document.title = title === 'Tincan' ? title : `${title} – Tincan`;
    this.#said.replaceChildren();
  }

  /** What has happened before. */
  #news() {
    const problem = location.pathname === '/sign-in' && problemIn(location.search);
    if (problem) {
      // It is told once.
      history.replaceState(history.state, '', '/sign-in');
      return [el('p', { class: 'problem', role: 'alert' }, problem)];
    }
    return this.#former ? [el('p', { role: 'status' }, farewellTo(this.#former))] : [];
  }

  /** To where they wanted to go. @param {User} user */
  #goIn(user) {
    // It has no part in what happens now.
    this.remove();
    const goal = goalOf(location.pathname);
    history.replaceState(null, '', goal);
    this.#router.go(goal);
    for (const name of /** @type {const} */ (['setup', 'invite', 'reset'])) forgetToken(name);
    this.#enter(user);
  }

  /** @param {Config} config */
  #waysIn(config) {
    const { dev, signup } = config;
    if (dev) return [...this.#withoutPassword(), ...providerLinks(config)];
    if (signup === 'setup') {
      return [
        el('p', {}, 'This server is running, and has no account yet.'),
        el('p', { class: 'muted' }, 'The link for making the first one stands in the terminal in which the server was '
          + 'started, or in its log.'),
        el('button', { class: 'button', click: () => this.#load() }, 'Look again'),
      ];
    }
    return [
      this.#withPassword(), ...providerLinks(config),
      signup === 'open'
        ? el('p', {}, 'New here? ',
          el('button', { class: 'link', click: () => this.#offerAccount(config) }, 'Create an account'))
        : el('p', { class: 'muted' }, HINTS[signup]),
    ];
  }

  #withPassword() {
    const username = usernameField('Username');
    const password = passwordField('password', 'Password', 'current-password');
    return form([username, password], 'Sign in',
      () => this.#ask('signIn', username.value, password.value));
  }

  /** @param {Config} config */
  #offerAccount(config) {
    this.#call('Create an account');
    const username = usernameField('Username', '', 'What others call you here, and find you by.');
    const password = passwordField('password', 'Password', 'new-password');
    const back = () => {
      this.#call('Tincan', 'Sign in');
      this.#body.replaceChildren(...this.#waysIn(config));
      this.#heading.focus();
    };
    this.#body.replaceChildren(
      form([username, password], 'Create account',
        () => this.#ask('createAccount', username.value, password.value), { 409: username }),
      el('p', {}, 'Have an account? ', el('button', { class: 'link', click: back }, 'Sign in')));
    this.#heading.focus();
  }

  /** As development mode does. */
  #withoutPassword() {
    const username = usernameField('Somebody else');
    const entry = form([username], 'Sign in', () => this.#ask('signIn', username.value));
    const problem = el('p', { class: 'problem', role: 'alert' });
    const attempt = (/** @type {Way} */ way, /** @type {string} */ name) => {
      problem.textContent = '';
      this.#ask(way, name).catch((error) => problem.replaceChildren(reasonOf(error)));
    };
    entry.append(el('button', {
      class: 'button', type: 'button', click: () => entry.reportValidity() && attempt('createAccount', username.value),
    }, 'Create account'));
    return [
      el('p', { class: 'muted' }, 'Development mode: nobody is asked for a password. Who are you?'),
      el('div', { class: 'pair' }, ...PEOPLE.map((user) => el('button', {
        class: 'person', click: () => attempt('signIn', user.username),
      }, avatar(user), el('span', { class: 'visually-hidden' }, 'Sign in as '), nameOf(user.username)))),
      entry, problem,
    ];
  }

  /** @param {Way} way @param {string} username @param {string} [password] */
  async #ask(way, username, password) {
    this.#goIn(await this.#entry[way](username, password));
  }
}

/** @param {User} user */
function farewellTo({ id }) {
  return keysOf(`outbox:${id}:`).length + keysOf(`draft:${id}:`).length > 0
    ? 'You have been signed out. What you hadn’t sent yet is kept for you.' : 'You have been signed out.';
}

customElements.define('sign-in', SignIn);
