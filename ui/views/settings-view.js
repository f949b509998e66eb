// Settings: what this browser is to look and sound like, how it is connected, and where else one is signed in.

import { reasonOf } from '../base/api.js';
import { Component, el, failure, fill, nameOf } from '../base/dom.js';
import { icon } from '../base/icons.js';
import { forget, keysOf } from '../base/storage.js';
import { changeSettings, settings } from '../models/requests.js';
import { DeviceList } from './device-list.js';

/** @import {Config} from '../base/types.js' */
/** @import {Client} from '../models/client.js' */
/** @import {Preferences, Theme} from '../models/preferences.js' */

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
  #about = setting();

  /** @param {Client} client @param {Preferences} preferences @param {() => void} leave for whoever has signed out */
  constructor(client, preferences, leave) {
    super();
    this.#client = client;
    this.#preferences = preferences;
    this.append(
      el('header', { class: 'bar' },
        el('a', { class: 'tool back', href: '/', 'aria-label': 'Back to the conversations' }, icon('back')),
        el('h1', { tabindex: '-1' }, 'Settings')),
      el('div', { class: 'settings' },
        section('Appearance', card(this.#themeSetting())),
        section('Notifications', card(this.#notify.element, this.#sound.element)),
        section('Connection', this.#connection),
        section('Devices', new DeviceList(client.api)),
        section('About', card(
          setting(el('p', { class: 'strong' }, 'Keyboard shortcuts'),
            el('button', { class: 'button', click: showHelp }, 'Show')),
          this.#about)),
        section('Account', card(account(client, leave), this.#activity.element))));
    this.#loadAbout();
    this.#loadActivity();
    client.stream.addEventListener('connected', () => this.#loadActivity(), { signal: this.signal });
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
    fill(this.#connection, [lost, transport], () => [
      ...(lost ? [note('Not connected', 'Trying again. What you write waits, and is sent as soon as that is possible.')]
        : transport === 'poll' ? polling()
        : [note('Live', 'Messages arrive the moment they are sent.')]),
      !isSecureContext && note('Without https', 'Browsers install Tincan, open it offline, and show its notifications '
        + 'over https alone. Everything else works.'),
    ]);
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

  async #loadActivity() {
    this.#activity.show(false, 'Loading …', false);
    try {
      const { showsActivity } = await settings(this.#client.api);
      this.#showActivity(showsActivity);
    } catch (error) {
      this.#activity.show(false, reasonOf(error), false);
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
      /** @type {Config} */
      const { version } = await this.#client.api.get('/api/config');
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
    this.#input = el('input', {
      class: 'switch', type: 'checkbox', role: 'switch', 'aria-labelledby': id, 'aria-describedby': `${id}-help`,
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
  const { playSound } = await import('../sound.js');
  playSound();
}

async function showHelp() {
  const { showKeyboardHelp } = await import('./keyboard-help.js');
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

/**
 * What one has written and not sent outlives a session that ends by itself, but isn't left to who sits down here next.
 * @param {Client} client @param {() => void} leave
 */
async function signOut({ api, user }, leave) {
  const unsent = keysOf(`outbox:${user.id}:`);
  if (unsent.length > 0 && !confirm('Not all of your messages have been sent. Sign out, and lose them?')) return;
  await api.post('/api/logout');
  for (const key of [...unsent, ...keysOf(`draft:${user.id}:`)]) forget(key);
  leave();
}

/** @param {string} name @param {Element} content */
function section(name, content) {
  const id = name.toLowerCase();
  return el('section', { 'aria-labelledby': id }, el('h2', { id }, name), content);
}

/** @param {...Element} settings */
function card(...settings) {
  return el('div', { class: 'card' }, ...settings);
}

/** @param {...Element} children */
function setting(...children) {
  return el('div', { class: 'setting' }, ...children);
}

/** @param {string} title @param {string} text */
function note(title, text) {
  return setting(explained(title, text));
}

/** @param {string} title @param {string} text */
function explained(title, text) {
  return el('div', {}, title && el('p', { class: 'strong' }, title), el('p', { class: 'muted' }, text));
}

customElements.define('settings-view', SettingsView);
