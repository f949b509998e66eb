// Offers to install the page, below the list, to whoever has come to use it.

import { Component, el, render } from '../base/dom.js';
import { addStyle, load } from '../base/load.js';
import { t } from '../words/index.js';
import { install, prompts, wayToInstall } from './install-prompt.js';

/** @import {Client} from './client.js' */
/** @import {Preferences} from './preferences.js' */

addStyle(import.meta.url, 'install-card.css');

const ASKED = 'asked-to-install';
const BEGUN = 'begun';
const SENT = 'sent';
/** Whoever has sent so many messages, or comes back on another day, has come to use it. */
const ENOUGH = 5;

/** Whether it is a good moment, in this browser. @param {Preferences} preferences */
export function isTime(preferences) {
  if (preferences.get(ASKED)) return false;
  return preferences.get(BEGUN) !== today() || (preferences.get(SENT) ?? 0) >= ENOUGH;
}

/** A day of whoever is here. */
function today() {
  return new Date().toDateString();
}

export class InstallCard extends Component {
  #preferences;
  #answer = (/** @type {boolean} */ wanted) => this.#take(wanted);

  /** @param {Client} client @param {Preferences} preferences */
  constructor(client, preferences) {
    super();
    this.#preferences = preferences;
    if (!preferences.get(BEGUN)) preferences.set(BEGUN, today());
    const sent = () => {
      if (!preferences.get(ASKED)) preferences.set(SENT, (preferences.get(SENT) ?? 0) + 1);
    };
    client.addEventListener('sent', sent, { signal: this.signal });
    this.watch(() => this.#render(), preferences, prompts);
  }

  #render() {
    const way = isTime(this.#preferences) ? wayToInstall() : null;
    this.hidden = !way;
    render(this, cardView, { way, answer: this.#answer });
  }

  /** @param {boolean} wanted */
  async #take(wanted) {
    const way = wayToInstall();
    this.#preferences.set(ASKED, true);
    if (!wanted) return;
    if (way === 'prompt') await install();
    else (await load(() => import('./home-screen.js'))).showHomeScreen();
  }
}

/** @param {{way: 'prompt' | 'hand' | null, answer: (wanted: boolean) => void}} props */
function cardView({ way, answer }) {
  if (!way) return [];
  return [
    el('img', { src: '/icon.svg', alt: '', width: '40', height: '40' }),
    el('div', {},
      el('p', { class: 'strong' }, way === 'prompt' ? t('shell.install') : t('shell.homeScreen')),
      el('p', { class: 'muted' }, t('shell.installHelp'))),
    el('div', { class: 'install-answers' },
      el('button', { class: 'button', click: () => answer(false) }, t('shell.notNow')),
      el('button', { class: 'button primary', click: () => answer(true) },
        way === 'prompt' ? t('shell.installNow') : t('shell.homeScreenHow'))),
  ];
}

customElements.define('install-card', InstallCard);
