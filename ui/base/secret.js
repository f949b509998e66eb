// What is shown once, to be copied: links, tokens, addresses.

import { t } from '../words/index.js';
import { toClipboard } from './clipboard.js';
import { el } from './dom.js';
import { addStyle } from './load.js';

addStyle(import.meta.url, 'secret.css');

/** So many characters stand in a line of a narrow dialog. */
const LINE = 28;

/** Numbers what is on the page. */
let count = 0;

/** What to say about it; to be focused when it is there. @param {...(Node | string)} text */
export function told(...text) {
  return el('p', { tabindex: '-1', class: 'told' }, ...text);
}

/** @param {string} label @param {string} text */
export function copyable(label, text) {
  count += 1;
  const id = `secret-${count}`;
  const input = el('textarea', {
    id, readonly: true, rows: `${Math.ceil(text.length / LINE)}`, spellcheck: 'false', focus: () => input.select(),
  }, text);
  const said = el('p', { class: 'muted', role: 'status' });
  const copy = async () => {
    said.textContent = '';
    const isThere = await toClipboard(text);
    said.textContent = isThere ? t('base.copied') : t('base.copyByHand');
    if (!isThere) input.focus();
  };
  return el('div', { class: 'field' },
    el('label', { for: id }, label),
    el('div', { class: 'secret' }, input,
      el('button', { class: 'button', type: 'button', click: copy }, t('base.copy'),
        el('span', { class: 'visually-hidden' }, ` ${label}`))),
    said);
}

/** As the browser is asked for it, whether the server says all of it or the path alone. @param {string} link */
export function absolute(link) {
  return new URL(link, location.origin).href;
}

/** A drawing from the server, as a picture, in which nothing can run. @param {string} svg @param {string} alt */
export function picture(svg, alt) {
  return el('img', { class: 'code', src: `data:image/svg+xml,${encodeURIComponent(svg)}`, alt });
}
