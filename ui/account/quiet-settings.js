// Settings of notifications on all of one’s devices: whether they say what is in a message, and the hours without any.

import { card } from '../base/cards.js';
import { refusalOf } from '../base/dialog.js';
import { Component, el } from '../base/dom.js';
import { Switch } from '../base/switch.js';
import { t } from '../words/index.js';
import { changeSettings } from './settings.js';

/** @import {Api} from '../base/api.js' */
/** @import {QuietHours, Settings} from '../base/types.js' */

/** What somebody begins with, by the clocks where they are. @returns {QuietHours} */
function usualNight() {
  return { from: '22:00', to: '07:00', zone: Intl.DateTimeFormat().resolvedOptions().timeZone };
}

export class QuietSettings extends Component {
  #api;
  #preview = new Switch('preview', t('account.preview'), (on) => this.#change({ preview: on }));
  #quiet = new Switch('quiet', t('account.quiet'), (on) => this.#change({ quiet: on ? this.#chosen() : null }));
  #from = this.#time();
  #to = this.#time();
  #times = el('div', { class: 'setting times' },
    el('label', {}, t('account.quietFrom'), this.#from), el('label', {}, t('account.quietTo'), this.#to));
  /** Whether a time has been typed since one was saved. */
  #isTyped = false;
  /** One change after the other. @type {Promise<unknown>} */
  #last = Promise.resolve();
  /** As the server has it. @type {Pick<Settings, 'preview' | 'quiet'>} */
  #own = { preview: true, quiet: null };

  /** @param {Api} api */
  constructor(api) {
    super();
    this.#api = api;
    this.append(card(this.#preview.element, this.#quiet.element, this.#times));
    this.refuse(t('account.loading'));
    // Not every browser says of a field that goes that it has been left.
    this.signal.addEventListener('abort', () => this.#leave());
  }

  /** @param {Pick<Settings, 'preview' | 'quiet'>} own */
  show({ preview, quiet }) {
    this.#own = { preview, quiet };
    const { from, to } = quiet ?? usualNight();
    this.#preview.show(preview, preview ? t('account.previewOn') : t('account.previewOff'), true);
    const help = quiet ? t('account.quietZone', { zone: quiet.zone }) : t('account.quietHelp');
    this.#quiet.show(quiet !== null, help, true);
    // One that is being typed is nobody else’s to change.
    if (this.#from !== document.activeElement) this.#from.value = from;
    if (this.#to !== document.activeElement) this.#to.value = to;
    this.#times.hidden = quiet === null;
  }

  /** Why nothing can be changed yet. @param {string} reason */
  refuse(reason) {
    this.#preview.show(false, reason, false);
    this.#quiet.show(false, reason, false);
    this.#times.hidden = true;
  }

  #time() {
    return el('input', {
      type: 'time', required: true, blur: () => this.#leave(),
      input: () => {
        this.#isTyped = true;
      },
      keydown: ({ key }) => key === 'Enter' && this.#leave(),
    });
  }

  /** Only then is it a time: some browsers take each digit that is typed for one. */
  #leave() {
    if (!this.#isTyped) return;
    this.#isTyped = false;
    const chosen = this.#chosen();
    if (chosen.from && chosen.to) this.#change({ quiet: chosen });
    const { from, to } = this.#own.quiet ?? usualNight();
    this.#from.value ||= from;
    this.#to.value ||= to;
  }

  /** Whoever travels has them by the clocks of where they are when they choose them. */
  #chosen() {
    return { ...usualNight(), from: this.#from.value, to: this.#to.value };
  }

  /** @param {Partial<Pick<Settings, 'preview' | 'quiet'>>} change */
  async #change(change) {
    const done = this.#last.then(() => changeSettings(this.#api, change));
    this.#last = done.catch(() => {});
    const current = this.#last;
    try {
      this.#own = await done;
      if (current === this.#last) this.show(this.#own);
    } catch (error) {
      if (current !== this.#last) return;
      this.show(this.#own);
      const [row, isOn] = 'preview' in change ? [this.#preview, this.#own.preview] : [this.#quiet, this.#own.quiet !== null];
      row.show(isOn, refusalOf(error), true);
    }
  }
}

customElements.define('quiet-settings', QuietSettings);
