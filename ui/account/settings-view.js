// Settings: what this browser is to look and sound like, how it is connected, how one signs in, and where one is.

import { reasonOf } from '../base/api.js';
import { card, explained, note, section, setting } from '../base/cards.js';
import { Component, el, failure, nameOf, render, skeleton } from '../base/dom.js';
import { icon } from '../base/icons.js';
import { addStyle, load } from '../base/load.js';
import { switchInput } from '../base/switch.js';
import { DeviceList } from './device-list.js';
import { Sessions } from './sessions.js';
import { changeSettings, settings } from './settings.js';
import { signOut } from './sign-out.js';

/** @import {Client} from '../shell/client.js' */
/** @import {Preferences, Theme} from '../shell/preferences.js' */

addStyle(import.meta.url, 'settings.css');

/** @type {[Theme, string][]} */
const THEMES = [['system', 'System'], ['light', 'Light'], ['dark', 'Dark']];
/** What lets a stream through, where one of these holds it back. */
const REMEDIES = [
  ['nginx', 'proxy_buffering off;'],
  ['Apache', 'ProxyPass … flushpackets=on'],
  ['Traefik, in “compress”', 'excludedContentTypes: text/event-stream'],
];

export class SettingsView extends Component {
  #client;
  #preferences;
  #themes = THEMES.map(([value, name]) => ({ value, name, input: el('input', { type: 'radio', name: 'theme' }) }));
  #notify = new Switch('notify', 'Show notifications', (on) => this.#setNotify(on));
  #sound = new Switch('sound', 'Play a sound', (on) => this.#setSound(on));
  #activity = new Switch('activity', 'Show others when I’m online, typing, and what I’ve read',
    (on) => this.#setActivity(on));
  #connection = card();
  #administration = el('div');
  #waysIn = el('div', {}, waiting());
  #tokens = el('div', {}, waiting());
  #devices;
  #about = setting();
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
    this.#devices = new DeviceList(new Sessions(client.api), 'devices');
    this.append(
      el('header', { class: 'bar' },
        el('a', { class: 'tool back', href: '/', 'aria-label': 'Back to the conversations' }, icon('back')),
        el('h1', { tabindex: '-1' }, 'Settings')),
      el('div', { class: 'settings' },
        section('Appearance', card(this.#themeSetting())),
        section('Notifications', card(this.#notify.element, this.#sound.element)),
        section('Connection', this.#connection),
        section('Account', card(account(client, leave), this.#activity.element, this.#administration)),
        section('Ways to sign in', this.#waysIn),
        section('Devices', this.#devices),
        section('API tokens', this.#tokens),
        section('About', card(
          setting(el('p', { class: 'strong' }, 'Keyboard shortcuts'),
            el('button', { class: 'button', click: showHelp }, 'Show')),
          this.#about))));
    this.#loadAbout();
    this.#loadAccount();
    this.#loadTokens();
    client.stream.addEventListener('connected', () => this.#loadAccount(), { signal: this.signal });
    this.watch(() => this.#render(), preferences, client.stream);
  }

  #themeSetting() {
    for (const { value, input } of this.#themes) {
      input.addEventListener('change', () => {
        this.#preferences.theme = value;
      });
    }
    return setting(
      el('p', { class: 'strong', id: 'theme' }, 'Theme'),
      el('div', { class: 'segments', role: 'radiogroup', 'aria-labelledby': 'theme' },
        ...this.#themes.map(({ name, input }) => el('label', {}, input, name))));
  }

  #render() {
    const { theme, notify, sound } = this.#preferences;
    for (const { value, input } of this.#themes) input.checked = value === theme;
    const obstacle = obstacleToNotifications();
    this.#notify.show(notify, obstacle || 'For messages that arrive while Tincan isn’t on the screen.', !obstacle);
    this.#sound.show(sound, 'Two soft tones when a message arrives while you look elsewhere.', true);
    const { lost, transport } = this.#client.stream;
    render(this.#connection, connectionView, { lost, transport });
  }

  /** @param {boolean} on */
  #setNotify(on) {
    if (on) this.#preferences.askToNotify();
    else this.#preferences.notify = false;
  }

  /** @param {boolean} on */
  #setSound(on) {
    this.#preferences.sound = on;
    if (on) playSample();
  }

  async #loadAccount() {
    this.#activity.show(false, 'Loading …', false);
    try {
      const { api } = this.#client;
      const [own, config, { waysInView }] = await Promise.all([settings(api), api.config(), load(import('./ways-in.js'))]);
      this.#showActivity(own.showsActivity);
      render(this.#administration, administrationView, { admin: own.admin });
      render(this.#waysIn, waysInView, { client: this.#client, settings: own, config, changed: this.#changed });
    } catch (error) {
      this.#activity.show(false, reasonOf(error), false);
      render(this.#waysIn, failureView, { reason: reasonOf(error), retry: this.#changed });
    }
  }

  async #loadTokens() {
    try {
      const { TokenList } = await load(import('./token-list.js'));
      this.#tokens.replaceChildren(new TokenList(this.#client));
    } catch (error) {
      this.#tokens.replaceChildren(card(setting(failure(reasonOf(error), () => this.#loadTokens()))));
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
    this.#activity.show(on, on ? 'In the conversations that you share with them.' : 'Nobody sees any of it.', true);
  }

  async #loadAbout() {
    this.#about.replaceChildren(explained('Tincan', 'Version …'));
    try {
      const { version } = await this.#client.api.config();
      this.#about.replaceChildren(explained('Tincan', `Version ${version}`));
    } catch (error) {
      this.#about.replaceChildren(failure(reasonOf(error), () => this.#loadAbout()));
    }
  }
}

/** Something that is on or off, with what that means. */
class Switch {
  #help;
  #input;

  /** @param {string} id @param {string} name @param {(on: boolean) => void} set */
  constructor(id, name, set) {
    this.#help = el('span', { class: 'muted', id: `${id}-help` });
    this.#input = switchInput({
      'aria-labelledby': id, 'aria-describedby': `${id}-help`,
      change: () => set(this.#input.checked),
    });
    this.element = el('label', { class: 'setting' },
      el('span', {}, el('span', { class: 'strong', id }, name), this.#help), this.#input);
  }

  /** @param {boolean} on @param {string} help @param {boolean} possible */
  show(on, help, possible) {
    this.#input.checked = on;
    this.#input.disabled = !possible;
    this.#help.textContent = help;
  }
}

// Others load these two as well, whenever they need them.

async function playSample() {
  const { playSound } = await load(import('../attention/sound.js'));
  playSound();
}

async function showHelp() {
  const { showKeyboardHelp } = await load(import('../shell/keyboard-help.js'));
  showKeyboardHelp();
}

/** Why there can be no notifications, or ''. */
function obstacleToNotifications() {
  if (!isSecureContext) return 'Notifications need https.';
  if (!('Notification' in globalThis)) {
    return 'standalone' in navigator
      ? 'On an iPhone or iPad, add Tincan to the home screen first, by “Share”.' : 'This browser has none.';
  }
  return Notification.permission === 'denied'
    ? 'This browser blocks them. Allow them for this site, in the menu at the beginning of its address.' : '';
}

/** @param {{lost: boolean, transport: Client['stream']['transport']}} props */
function connectionView({ lost, transport }) {
  return [
    ...(lost ? [note('Not connected', 'Trying again. What you write waits, and is sent as soon as that is possible.')]
      : transport === 'poll' ? polling()
      : [note('Live', 'Messages arrive the moment they are sent.')]),
    !isSecureContext && note('Without https', 'Browsers install Tincan, open it offline, and show its notifications '
      + 'over https alone. Everything else works.'),
  ];
}

function polling() {
  return [
    note('Long polling', 'Something between this browser and the server holds the live stream back, so Tincan keeps '
      + 'asking for messages instead. None is missed, but it is slower and takes more battery. Whoever runs the server '
      + 'can let the stream through:'),
    el('dl', { class: 'setting remedies' },
      ...REMEDIES.flatMap(([where = '', what = '']) => [el('dt', {}, where), el('dd', {}, el('code', {}, what))])),
    note('', 'Tincan asks nginx for it by the header “X-Accel-Buffering: no”, unless something takes that out. A virus '
      + 'scanner on this device can be the reason, too.'),
  ];
}

/** @param {Client} client @param {() => void} leave */
function account(client, leave) {
  const { user } = client;
  const problem = el('p', { class: 'problem', role: 'alert' });
  const click = () => signOut(client, leave).catch((error) => problem.replaceChildren(reasonOf(error)));
  return setting(
    el('div', {}, el('p', {}, 'Signed in as ', el('strong', {}, nameOf(user.username))), problem),
    el('button', { class: 'button', click }, 'Sign out'));
}

/** @param {{admin: boolean}} props */
function administrationView({ admin }) {
  return [admin && setting(explained('Administration', 'People, and invitations for more of them.'),
    el('a', { class: 'button', href: '/admin' }, 'Open'))];
}

/** @param {{reason: string, retry: () => void}} props */
function failureView({ reason, retry }) {
  return [card(setting(failure(reason, retry)))];
}

function waiting() {
  return card(setting(skeleton()));
}

customElements.define('settings-view', SettingsView);
