// `:tada` becomes 🎉.

import { el } from '../base/dom.js';
import { load } from '../base/load.js';
import { t } from '../words/index.js';
import { complete } from './completions.js';

/** @import {Emoji} from './emoji.js' */

/** A code that is being typed before the caret; with a colon behind it, it is complete. */
const CODE = /(?:^|\s)(:([a-z0-9_+-]{2,})(:?))$/i;

/** @param {HTMLFormElement} form with a text field */
export function completeEmoji(form) {
  complete(form, {
    name: 'emoji', label: t('messages.emoji'), typed: CODE,
    find: async ([, , typed = '', colon]) => {
      const { findEmoji } = await load(() => import('./emoji.js'));
      const code = typed.toLowerCase();
      const found = findEmoji(code.replaceAll('_', ' ')).filter(({ codes }) => codes.some((each) => each.startsWith(code)));
      return colon ? { offered: [], exact: found.find(({ codes }) => codes.includes(code)) } : { offered: found };
    },
    show: (/** @type {Emoji} */ { emoji, codes: [code = ''] }) => [emoji, el('span', {}, `:${code}:`)],
    text: ({ emoji }) => emoji,
  });
}
