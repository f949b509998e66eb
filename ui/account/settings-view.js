// Settings: who one is, what this browser is to look, sound and speak like, and what belongs to the account.

import { reasonOf } from '../base/api.js';
import { attempt } from '../base/attempt.js';
import { card, explained, section, setting } from '../base/cards.js';
import { Component, el, failure, render, skeleton } from '../base/dom.js';
import { selection } from '../base/fields.js';
import { icon } from '../base/icons.js';
import { addStyle, load } from '../base/load.js';
import { Switch } from '../base/switch.js';
import { t } from '../words/index.js';
import { DeviceList } from './device-list.js';
import { chooseLanguage, chosenLanguage, languages } from './language.js';
import { OwnProfile } from './own-profile.js';
import { BlockedList } from './privacy.js';
import { PushSettings } from './push-settings.js';
import { QuietSettings } from './quiet-settings.js';
import { RelaySettings } from './relay-settings.js';
import { Sessions } from './sessions.js';
import { changeSettings, settings } from './settings.js';
import { signOut } from './sign-out.js';

/** @import {Config, Settings} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */
/** @import {Preferences, Theme} from '../shell/preferences.js' */

addStyle(import.meta.url, 'settings.css');

/** @returns {[Theme, string][]} */
const themes = () => [['system', t('account.themeSystem')], ['light', t('account.themeLight')], ['dark', t('account.themeDark')]];

export class SettingsView extends Component {
  #client;
  #preferences;
  #leave;
  #themes = themes().map(([value, name]) => ({ value, name, input: el('input', { type: 'radio', name: 'theme' }) }));
  #activity = new Switch('activity', t('account.activity'), (on) => this.#setActivity(on));
  #asksFirst = new Switch('asks-first', t('account.asksFirst'), (on) => this.#setAsksFirst(on));
  #others = el('div');
  #waysIn = el('div', {}, waiting());
  #quiet;
  #devices;
  #about = setting();
  /** @type {Promise<Config> | undefined} */
  #asked;
  #hasPassword = true;
  #changed = () => {
    this.#loadAccount();
    // Every other device may have been signed out with that.
    this.#devices.load();
  };

  /** @param {Client} client @param {Preferences} preferences @param {() => void} leave for whoever has signed out */
  constructor(client, preferences, leave) {
    super();
    this.#client = client;
    this.#preferences = preferences;
    this.#leave = leave;
    this.#quiet = new QuietSettings(client.api);
    this.#devices = new DeviceList(new Sessions(client.api), 'devices');
    this.append(
      el('header', { class: 'bar' },
        el('a', { class: 'tool back', href: '/', 'aria-label': t('account.backToConversations') }, icon('back')),
        el('h1', { tabindex: '-1' }, t('account.settings'))),
      el('div', { class: 'settings' },
        section('profile', t('account.profile'), new OwnProfile(client)),
        section('notifications', t('account.notifications'), new PushSettings(client, preferences), this.#quiet),
        section('appearance', t('account.appearance'), card(this.#themeSetting(), languageSetting())),
        section('privacy', t('account.privacy'), card(this.#activity.element, this.#asksFirst.element)),
        // From here on all is loaded, and what comes late moves nothing that is above it.
        this.#others,
        new RelaySettings(client.api),
        section('blocked', t('account.blocked'), new BlockedList(client)),
        section('devices', t('account.devices'), this.#devices),
        section('sign-in-methods', t('account.signInMethods'), this.#waysIn),
        section('passkeys', t('account.passkeys'), later(async () => new (await load(() => import('./passkey-list.js'))).PasskeyList(client, () => this.#config()))),
        section('two-step', t('account.twoStep'), later(async () => new (await load(() => import('./second-factor-view.js'))).SecondFactorView(client))),
        section('api-tokens', t('account.tokens'), later(async () => new (await load(() => import('./token-list.js'))).TokenList(client))),
        section('account', t('account.account'), this.#accountCard()),
        section('about', t('account.about'), card(
          setting(el('p', { class: 'strong' }, t('account.shortcuts')),
            el('button', { class: 'button', click: showHelp }, t('account.show'))),
          this.#about))));
    this.#loadAbout();
    this.#loadAccount();
    client.stream.addEventListener('connected', () => this.#loadAccount(), { signal: this.signal });
    // What comes in the next frame moves what is below.
    this.#render();
    this.watch(() => this.#render(), preferences);
  }

  /** Asked for once, as several parts need it. A failure is asked for again. @returns {Promise<Config>} */
  #config() {
    this.#asked ??= this.#client.api.config().catch((error) => {
      this.#asked = undefined;
      throw error;
    });
    return this.#asked;
  }

  #themeSetting() {
    for (const { value, input } of this.#themes) {
      input.addEventListener('change', () => {
        this.#preferences.theme = value;
      });
    }
    return setting(
      el('p', { class: 'strong', id: 'theme' }, t('account.theme')),
      el('div', { class: 'segments', role: 'radiogroup', 'aria-labelledby': 'theme' },
        ...this.#themes.map(({ name, input }) => el('label', {}, input, name))));
  }

  #render() {
    const { theme } = this.#preferences;
    for (const { value, input } of this.#themes) input.checked = value === theme;
  }

  async #loadAccount() {
    this.#activity.show(false, t('account.loading'), false);
    this.#asksFirst.show(false, t('account.loading'), false);
    try {
      const { api } = this.#client;
      const [own, config, { waysInView }] = await Promise.all([settings(api), this.#config(), load(() => import('./ways-in.js'))]);
      this.#hasPassword = own.hasPassword;
      this.#showActivity(own.showsActivity);
      this.#showAsksFirst(own.asksFirst);
      this.#quiet.show(own);
      render(this.#others, othersView, { mayInvite: own.mayInvite, admin: own.admin });
      render(this.#waysIn, waysInView, { client: this.#client, settings: own, config, changed: this.#changed });
    } catch (error) {
      this.#activity.show(false, reasonOf(error), false);
      this.#asksFirst.show(false, reasonOf(error), false);
      this.#quiet.refuse(reasonOf(error));
      render(this.#waysIn, failureView, { reason: reasonOf(error), retry: this.#changed });
    }
  }

  /** @param {boolean} on */
  async #setActivity(on) {
    try {
      const { showsActivity } = await changeSettings(this.#client.api, { showsActivity: on });
      this.#showActivity(showsActivity);
    } catch (error) {
      this.#activity.show(!on, reasonOf(error), true);
    }
  }

  /** @param {boolean} on */
  #showActivity(on) {
    this.#activity.show(on, on ? t('account.activityOn') : t('account.activityOff'), true);
  }

  /** @param {boolean} on */
  async #setAsksFirst(on) {
    try {
      const { asksFirst } = await changeSettings(this.#client.api, { asksFirst: on });
      this.#showAsksFirst(asksFirst);
    } catch (error) {
      this.#asksFirst.show(!on, reasonOf(error), true);
    }
  }

  /** @param {boolean} on */
  #showAsksFirst(on) {
    this.#asksFirst.show(on, on ? t('account.asksFirstOn') : t('account.asksFirstOff'), true);
  }

  #accountCard() {
    const problem = el('p', { class: 'problem', role: 'alert' });
    const remove = async () => {
      const { openDeletion } = await load(() => import('./delete-account.js'));
      openDeletion(this.#client, this.#hasPassword, this.#leave);
    };
    return card(
      setting(el('div', {}, el('p', { class: 'strong' }, t('account.signOutTitle')), problem),
        el('button', { class: 'button', click: () => attempt(problem, () => signOut(this.#client, this.#leave)) }, t('account.signOut'))),
      setting(explained(t('account.deleteAccount'), t('account.deleteHelp')),
        el('button', { class: 'button danger', click: () => attempt(problem, remove) }, t('account.delete'))));
  }

  async #loadAbout() {
    this.#about.replaceChildren(explained('Tincan', t('account.loading')));
    try {
      const { version } = await this.#config();
      this.#about.replaceChildren(explained('Tincan', t('account.version', { version })));
    } catch (error) {
      this.#about.replaceChildren(failure(reasonOf(error), () => this.#loadAbout()));
    }
  }
}

function languageSetting() {
  const { input } = selection('language', '', languages(), chosenLanguage());
  input.setAttribute('aria-labelledby', 'language');
  input.addEventListener('change', () => chooseLanguage(input.value));
  return setting(el('p', { class: 'strong', id: 'language' }, t('account.language')), input);
}

// Others load this as well, whenever they need it.

async function showHelp() {
  const { showKeyboardHelp } = await load(() => import('../shell/keyboard-help.js'));
  showKeyboardHelp();
}

/** Other people: inviting them, and administering. @param {Pick<Settings, 'mayInvite' | 'admin'>} props */
function othersView({ mayInvite, admin }) {
  if (!mayInvite && !admin) return [];
  return [section('people-here', t('account.people'), card(
    mayInvite ? setting(explained(t('account.invite'), t('account.inviteHelp')),
      el('a', { class: 'button', href: '/invite-people' }, t('account.inviteOpen'))) : null,
    admin ? setting(explained(t('account.administration'), t('account.administrationHelp')),
      el('a', { class: 'button', href: '/admin' }, t('account.open'))) : null))];
}

/** @param {{reason: string, retry: () => void}} props */
function failureView({ reason, retry }) {
  return [card(setting(failure(reason, retry)))];
}

/** What is loaded by itself. @param {() => Promise<Element>} make */
function later(make) {
  const place = el('div', {}, waiting());
  const look = async () => {
    try {
      place.replaceChildren(await make());
    } catch (error) {
      place.replaceChildren(...failureView({ reason: reasonOf(error), retry: look }));
    }
  };
  look();
  return place;
}

function waiting() {
  return card(setting(skeleton()));
}

customElements.define('settings-view', SettingsView);
