// Settings of what calls somebody back: notifications on this device and, by push, on others, and a sound.

import { setSound, sounds } from '../attention/permission.js';
import { obstacle, pushOf } from '../attention/push.js';
import { about, card, explained, setting } from '../base/cards.js';
import { Component, el } from '../base/dom.js';
import { load } from '../base/load.js';
import { Switch } from '../base/switch.js';
import { homeScreenSteps } from '../shell/home-screen.js';
import { language, t } from '../words/index.js';
import { trial } from './trial.js';

/** @import {Push} from '../attention/push.js' */
/** @import {Client} from '../shell/client.js' */
/** @import {Preferences} from '../shell/preferences.js' */

/** The page on how to trust the server, which isn’t of this page. */
const TRUST = '/trust';
/** By then the worker is registered, or it never is. */
const REGISTRATION_MS = 3_000;

export class PushSettings extends Component {
  #preferences;
  #push;
  #notify = new Switch('notify', t('account.notify'), (on) => this.#set(on));
  #sound = new Switch('sound', t('account.sound'), (on) => this.#setSound(on));
  #steps = el('div', { class: 'setting' }, homeScreenSteps());
  #trust = setting(explained(t('account.trust'), t('account.trustHelp')),
    el('a', { class: 'button', href: TRUST, target: '_blank' }, t('account.open')));
  #trial = trial(async () => outcomeText(await this.#push.test()));

  /** @param {Client} client @param {Preferences} preferences */
  constructor(client, preferences) {
    super();
    this.#preferences = preferences;
    this.#push = pushOf(client, preferences);
    this.append(card(
      this.#notify.element, this.#steps, this.#trust, this.#trial, this.#sound.element,
      setting(explained(t('account.pushDevices'), t('account.pushDevicesHelp')),
        el('button', { class: 'button', click: () => showDevices(this.#push) }, t('account.show'), about(t('account.pushDevices'))))));
    this.#trust.hidden = true;
    this.#offerTrust();
    // What comes in the next frame moves what is below.
    this.#render();
    this.watch(() => this.#render(), preferences, this.#push);
  }

  #render() {
    const preferences = this.#preferences;
    const { canTest, state } = this.#push;
    const why = obstacle();
    this.#notify.show(state !== 'off', why ? obstacleText(why) : stateText(this.#push), !why);
    this.#steps.hidden = why !== 'install';
    this.#trial.hidden = !canTest;
    this.#sound.show(sounds(preferences), t('account.soundHelp'), true);
  }

  /** Where the server has an authority of its own, which this device doesn’t trust: browsers then refuse the worker alone. */
  async #offerTrust() {
    if (obstacle() || !navigator.serviceWorker) return;
    await new Promise((done) => setTimeout(done, REGISTRATION_MS));
    if (!this.isConnected || await navigator.serviceWorker.getRegistration().catch(() => undefined)) return;
    const answer = await fetch(`${TRUST}/tincan.pem`, { method: 'HEAD' }).catch(() => null);
    this.#trust.hidden = !answer?.headers.get('content-type')?.includes('pem');
  }

  /** @param {boolean} on */
  #set(on) {
    if (on) this.#push.turnOn();
    else this.#push.turnOff();
  }

  /** @param {boolean} on */
  #setSound(on) {
    setSound(this.#preferences, on);
    if (on) playSample();
  }
}

/** @param {Awaited<ReturnType<Push['test']>>} outcome */
function outcomeText(outcome) {
  if (outcome === 'arrived') return t('account.pushTestArrived');
  return outcome === 'sent' ? t('account.pushTestSent') : t('account.pushTestRenewed');
}

/** @param {NonNullable<ReturnType<typeof obstacle>>} why */
function obstacleText(why) {
  const isApp = matchMedia('(display-mode: standalone)').matches;
  if (why === 'denied') return isApp ? t('account.notifyBlockedApp') : t('account.notifyBlocked');
  if (why === 'https') return t('account.notifyNeedsHttps');
  return why === 'install' ? t('account.notifyNeedsInstall') : t('account.notifyUnknown');
}

/** @param {Push} push */
function stateText({ device, isChanging, reason, state }) {
  if (isChanging) return t('account.loading');
  if (state === 'off') return t('account.notifyHelp');
  if (state === 'page') return `${t('account.pushPageOnly')} ${reason || t('account.pushNoService')}`;
  return device?.failure ? `${t('account.pushOn')} ${failureText(device.failure)}` : t('account.pushOn');
}

/** The server says it in English. @param {string} failure */
export function failureText(failure) {
  return language === 'en' ? failure : t('account.pushFailed');
}

/** @param {Push} push */
async function showDevices(push) {
  const { showPushDevices } = await load(() => import('./push-devices.js'));
  showPushDevices(push);
}

async function playSample() {
  const { playSound } = await load(() => import('../attention/sound.js'));
  playSound();
}

customElements.define('push-settings', PushSettings);
