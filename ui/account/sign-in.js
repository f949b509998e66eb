// The way in for whoever isn't signed in: a password, somebody else who knows them, or a link.

import { ApiError, reasonOf } from '../base/api.js';
import { Component, el, failure, nameOf, skeleton } from '../base/dom.js';
import { codeField, form, passwordField, usernameField, withCode } from '../base/fields.js';
import { addStyle, load } from '../base/load.js';
import { conversationPath } from '../base/router.js';
import { avatar } from '../people/avatar.js';
import { t, tn } from '../words/index.js';
import { Entry } from './entry.js';
import { forgetToken, goalOf, problemIn } from './links.js';
import { passkeyOffer } from './passkey-offer.js';
import { obstacle } from './passkeys.js';
import { providerLinks } from './providers.js';
import { unsentOf } from './unsent.js';

/** @import {Api} from '../base/api.js' */
/** @import {Router} from '../base/router.js' */
/** @import {Config, User} from '../base/types.js' */
/** @import {Welcome} from './entry.js' */

addStyle(import.meta.url, 'entry.css');

/** Whom development mode starts with. */
const PEOPLE = [{ id: '1', username: 'john' }, { id: '2', username: 'jane' }];
/** @typedef {'signIn' | 'createAccount'} Way */

export class SignIn extends Component {
  #api;
  #entry;
  #router;
  #enter;
  #former;
  /** How often it has begun to load; what an earlier time finds out isn’t asked for any more. */
  #turns = 0;
  /** Ends what the browser offers beside a name. */
  #offer = new AbortController();
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
    this.#offer.abort();
    this.#call('Tincan', t('account.signIn'));
    this.#body.replaceChildren(skeleton());
    try {
      const [config, { openDoor }] = await Promise.all([this.#api.config(), load(() => import('./doors.js'))]);
      if (turn !== this.#turns) return;
      const isOpen = openDoor({
        entry: this.#entry, config,
        call: (title) => turn === this.#turns && this.#call(title),
        show: (...content) => turn === this.#turns && this.#body.replaceChildren(...content),
        enter: (welcome, goal) => this.#goIn(welcome, goal),
      });
      if (isOpen) return;
      this.#said.replaceChildren(...wrongAddress(config), ...this.#news());
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

  /** To where somebody new begins, or to where they wanted to go. @param {Welcome} welcome @param {string} [where] */
  #goIn({ user, conversationId }, where) {
    // It has no part in what happens now.
    this.remove();
    const goal = where ?? (conversationId ? conversationPath(conversationId) : goalOf(location.pathname));
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
        el('p', {}, t('account.notSetUp')),
        el('p', { class: 'muted' }, t('account.notSetUpHelp')),
        el('button', { class: 'button', click: () => this.#load() }, t('account.checkAgain')),
      ];
    }
    return [
      ...this.#withPassword(config), ...providerLinks(config),
      signup === 'open'
        ? el('p', {}, ...tn('account.newHere', {
          link: el('button', { class: 'link', click: () => this.#offerAccount(config) }, t('account.createAnAccount')),
        }))
        : el('p', { class: 'muted' }, signup === 'invite' ? t('account.newNeedsInvite') : t('account.newNeedsAdmin')),
      el('details', { class: 'forgot' },
        el('summary', {}, t('account.forgot')),
        el('p', {}, t('account.forgotHelp')),
        el('p', { class: 'muted' }, ...tn('account.forgotAdmin', { command: el('code', { translate: 'no' }, 'tincan user reset NAME') }))),
    ];
  }

  /** @param {Config} config */
  #withPassword(config) {
    const username = usernameField(t('account.username'));
    const password = passwordField('password', t('account.password'), 'current-password');
    const entry = form([username, password], t('account.signIn'), async () => {
      try {
        await this.#ask('signIn', username.value, password.value);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (error.code === 'second_factor_required') this.#askCode(config, username.value, password.value);
        else if (error.code === 'passkey_required') this.#askPasskey(config);
        else throw error;
      }
    });
    this.#offer = new AbortController();
    const signal = AbortSignal.any([this.signal, this.#offer.signal]);
    return [entry, ...this.#passkeys(config, { username: username.input, signal })];
  }

  /** @param {Config} config @param {{username?: HTMLInputElement, signal?: AbortSignal}} [options] */
  #passkeys(config, options) {
    return passkeyOffer(this.#entry, config, (welcome) => this.#goIn(welcome), options);
  }

  /** The second step. @param {Config} config @param {string} username @param {string} password */
  #askCode(config, username, password) {
    this.#offer.abort();
    this.#call(t('account.secondStep'));
    const code = codeField();
    this.#body.replaceChildren(
      form([code], t('account.signIn'), async () => this.#goIn(await withCode(this.#entry.signIn(username, password, code.value)))),
      ...this.#passkeys(config), this.#asOther());
    code.input.focus();
  }

  /** The second step of somebody whose only one it is. @param {Config} config */
  #askPasskey(config) {
    this.#offer.abort();
    this.#call(t('account.usePasskey'));
    const offer = this.#passkeys(config);
    this.#body.replaceChildren(
      el('p', {}, offer.length > 0 ? t('account.usePasskeyHelp') : obstacle(config)), ...offer, this.#asOther());
    this.#body.querySelector('button')?.focus();
  }

  #asOther() {
    return el('p', {}, el('button', { class: 'link', click: () => this.#load() }, t('account.signInOther')));
  }

  /** @param {Config} config */
  #offerAccount(config) {
    this.#call(t('account.createAnAccount'));
    const username = usernameField(t('account.username'), '', t('account.newNameHelp'));
    const password = passwordField('password', t('account.password'), 'new-password');
    this.#offer.abort();
    const back = () => {
      this.#call('Tincan', t('account.signIn'));
      this.#body.replaceChildren(...this.#waysIn(config));
      this.#heading.focus();
    };
    this.#body.replaceChildren(
      form([username, password], t('account.createAccount'),
        () => this.#ask('createAccount', username.value, password.value), { 409: username }),
      el('p', {}, ...tn('account.haveAccount', { link: el('button', { class: 'link', click: back }, t('account.signIn')) })));
    this.#heading.focus();
  }

  /** As development mode does. */
  #withoutPassword() {
    const username = usernameField(t('account.someoneElse'));
    const entry = form([username], t('account.signIn'), () => this.#ask('signIn', username.value).catch(sayWho));
    const problem = el('p', { class: 'problem', role: 'alert' });
    const attempt = (/** @type {Way} */ way, /** @type {string} */ name) => {
      problem.textContent = '';
      this.#ask(way, name).catch((error) => problem.replaceChildren(reasonOf(error)));
    };
    entry.append(el('button', {
      class: 'button', type: 'button', click: () => entry.reportValidity() && attempt('createAccount', username.value),
    }, t('account.createAccount')));
    return [
      el('p', { class: 'muted' }, t('account.devMode')),
      el('div', { class: 'pair' }, ...PEOPLE.map((user) => el('button', {
        class: 'person', click: () => attempt('signIn', user.username),
      }, avatar(user),
      el('span', { class: 'visually-hidden' }, t('account.signInAs', { name: user.username })),
      el('span', { 'aria-hidden': 'true' }, nameOf(user.username))))),
      entry, problem,
    ];
  }

  /** @param {Way} way @param {string} username @param {string} [password] */
  async #ask(way, username, password) {
    this.#goIn(await this.#entry[way](username, password));
  }
}

/**
 * Browsers take a cookie for https over https alone, so somebody who signs in at another address of the server isn’t in.
 * @param {Config} config
 */
function wrongAddress({ publicURL }) {
  if (!publicURL?.startsWith('https:') || isSecureContext) return [];
  const { pathname, search, hash } = location;
  return [el('p', { class: 'notice', role: 'status' }, ...tn('account.wrongAddress', {
    link: el('a', { href: publicURL + pathname + search + hash, target: '_self' }, publicURL),
  }))];
}

/** @param {User} user */
function farewellTo({ id }) {
  return unsentOf(id).length > 0 ? t('account.signedOutKept') : t('account.signedOut');
}

/** Where no password is asked for, a name may be nobody’s. @param {unknown} error @returns {never} */
function sayWho(error) {
  throw error instanceof ApiError && error.status === 404 ? new ApiError(404, t('account.unknownName')) : error;
}

customElements.define('sign-in', SignIn);
