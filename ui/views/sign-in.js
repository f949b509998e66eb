// The way in. So far there is one in development mode alone.

import { reasonOf } from '../base/api.js';
import { avatar, Component, el, failure, nameOf, skeleton } from '../base/dom.js';
import { keysOf } from '../base/storage.js';

/** @import {Api} from '../base/api.js' */
/** @import {Config, User} from '../base/types.js' */

/** Whom development mode starts with. */
const PEOPLE = [{ id: '1', username: 'john' }, { id: '2', username: 'jane' }];

export class SignIn extends Component {
  #api;
  #enter;
  #heading = el('h1', { tabindex: '-1' }, 'Tincan');
  #body = el('div', { class: 'sign-in-body' });
  #problem = el('p', { id: 'problem', class: 'problem', role: 'alert' });
  #username = el('input', {
    id: 'username', autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false', required: true,
    'aria-describedby': 'problem',
  });

  /** @param {Api} api @param {(user: User) => void} enter @param {User} [former] who was here, and hasn't signed out */
  constructor(api, enter, former) {
    super();
    this.#api = api;
    this.#enter = enter;
    this.append(el('main', { class: 'centred' },
      el('img', { src: '/icon.svg', alt: '', width: '64', height: '64' }), this.#heading,
      former ? el('p', { role: 'status' }, farewellTo(former)) : null,
      this.#body));
    this.#load();
  }

  connectedCallback() {
    this.#heading.focus();
  }

  async #load() {
    this.#body.replaceChildren(skeleton());
    try {
      /** @type {Config} */
      const { dev } = await this.#api.get('/api/config');
      this.#body.replaceChildren(...(dev ? this.#wayIn() : noWayIn()));
    } catch (error) {
      this.#body.replaceChildren(failure(reasonOf(error), () => this.#load()));
    }
  }

  #wayIn() {
    return [
      el('p', { class: 'muted' }, 'Development mode: nobody is asked for a password. Who are you?'),
      el('div', { class: 'pair' }, ...PEOPLE.map((user) => el('button', {
        class: 'person', click: () => this.#ask('login', user.username),
      }, avatar(user), el('span', { class: 'visually-hidden' }, 'Sign in as '), nameOf(user.username)))),
      el('form', { submit: (event) => this.#submit(event) },
        el('label', { for: 'username' }, 'Somebody else'), this.#username, this.#problem,
        el('button', { class: 'button primary', value: 'login' }, 'Sign in'),
        el('button', { class: 'button', value: 'accounts' }, 'Create account')),
    ];
  }

  /** @param {SubmitEvent} event */
  #submit(event) {
    event.preventDefault();
    this.#ask(event.submitter?.getAttribute('value') ?? 'login', this.#username.value);
  }

  /** @param {string} path @param {string} username */
  async #ask(path, username) {
    this.#problem.textContent = '';
    try {
      this.#enter((await this.#api.post(`/api/${path}`, { username })).authUser);
    } catch (error) {
      this.#problem.textContent = reasonOf(error);
    }
  }
}

/** @param {User} user */
function farewellTo({ id }) {
  return keysOf(`outbox:${id}:`).length + keysOf(`draft:${id}:`).length > 0
    ? 'You have been signed out. What you hadn’t sent yet is kept for you.' : 'You have been signed out.';
}

function noWayIn() {
  return [
    el('p', {}, 'This server is running, but nobody can sign in to it yet.'),
    el('p', { class: 'muted' }, 'So far, Tincan can be tried out in development mode, on the machine that it runs on.'),
  ];
}

customElements.define('sign-in', SignIn);
