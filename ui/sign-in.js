// The way in. So far there is one in development mode alone.

import { reasonOf } from './api.js';
import { avatar, Component, el, failure, nameOf, skeleton } from './dom.js';

/** @import {Api} from './api.js' */
/** @import {Config, User} from './types.js' */

/** The people that development mode starts with. */
const PEOPLE = ['john', 'jane'];

export class SignIn extends Component {
  #api;
  #enter;
  #body = el('div', { class: 'sign-in-body' });
  #problem = el('p', { id: 'sign-in-problem', class: 'problem', role: 'alert' });
  #username = el('input', {
    id: 'username',
    name: 'username',
    autocomplete: 'username',
    autocapitalize: 'none',
    spellcheck: 'false',
    maxlength: '32',
    required: true,
    'aria-describedby': 'sign-in-problem',
  });

  /**
   * @param {Api} api
   * @param {(user: User) => void} enter
   */
  constructor(api, enter) {
    super();
    this.#api = api;
    this.#enter = enter;
  }

  start() {
    const logo = el('img', { src: '/icon.svg', alt: '', width: '64', height: '64' });
    const title = el('h1', { tabindex: '-1' }, 'Tincan');
    this.replaceChildren(el('main', { class: 'centred' }, logo, title, this.#body));
    title.focus();
    this.#load();
  }

  async #load() {
    this.#body.replaceChildren(skeleton(3, 'Loading'));
    try {
      /** @type {Config} */
      const config = await this.#api.get('/api/config');
      this.#body.replaceChildren(...(config.dev ? this.#development() : this.#noWayIn()));
    } catch (error) {
      this.#body.replaceChildren(failure(reasonOf(error), () => this.#load()));
    }
  }

  #development() {
    const form = el('form', {
      class: 'sign-in-form',
      submit: (/** @type {SubmitEvent} */ event) => this.#submit(event),
    },
    el('label', { for: 'username' }, 'Or by another name'),
    this.#username,
    this.#problem,
    el('button', { class: 'button primary', value: '/api/login' }, 'Sign in'),
    el('button', { class: 'button', value: '/api/accounts' }, 'Create account'));
    return [
      el('p', { class: 'muted' }, 'Development mode: nobody is asked for a password. Who are you?'),
      el('div', { class: 'pair' }, ...PEOPLE.map((name, index) => this.#person(name, index))),
      form,
    ];
  }

  /**
   * @param {string} username
   * @param {number} index
   */
  #person(username, index) {
    const picture = avatar({ id: `${index + 1}`, username, avatarURL: null });
    return el('button', {
      type: 'button',
      class: 'person-card',
      'aria-label': `Sign in as ${username}`,
      click: () => this.#post('/api/login', username),
    }, picture, nameOf(username));
  }

  #noWayIn() {
    return [
      el('p', {}, 'This server is running, but there is no way to sign in to it yet.'),
      el('p', { class: 'muted' }, 'This version of Tincan can be tried out in development mode, on the machine that it runs on.'),
    ];
  }

  /** @param {SubmitEvent} event */
  #submit(event) {
    event.preventDefault();
    const path = event.submitter instanceof HTMLButtonElement ? event.submitter.value : '/api/login';
    this.#post(path, this.#username.value);
  }

  /**
   * @param {string} path
   * @param {string} username
   */
  async #post(path, username) {
    this.#problem.textContent = '';
    try {
      const { authUser } = await this.#api.post(path, { username });
      this.#enter(authUser);
    } catch (error) {
      this.#problem.textContent = reasonOf(error);
    }
  }
}

customElements.define('sign-in', SignIn);
