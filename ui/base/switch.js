// A switch: something that is on or off, and is so at once.

import { el } from './dom.js';
import { addStyle } from './load.js';

addStyle(import.meta.url, 'switch.css');

/** @param {Record<string, string | boolean | ((event: any) => void)>} [attributes] */
export function switchInput(attributes = {}) {
  return el('input', { class: 'switch', type: 'checkbox', role: 'switch', ...attributes });
}
