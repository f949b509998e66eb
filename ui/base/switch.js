// A switch: something that is on or off, and is so at once.

import { el } from './dom.js';
import { addStyle } from './load.js';

addStyle(import.meta.url, 'switch.css');

/** @param {Record<string, string | boolean | ((event: any) => void)>} [attributes] */
export function switchInput(attributes = {}) {
  return el('input', { class: 'switch', type: 'checkbox', role: 'switch', ...attributes });
}

/** A row of settings: something that is on or off, with what that means. */
export class Switch {
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
