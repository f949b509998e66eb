// Answering a message: what is answered stands above where one writes, until it is sent, or one thinks better of it.

import { CROSS } from '../base/dialog.js';
import { el, isComposing, render } from '../base/dom.js';
import { drawing } from '../base/icons.js';
import { t } from '../words/index.js';
import { quoteLines, quoteOf, summaryOfQuote } from './quoted.js';

/** @import {Message} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */
/** @import {MessageComposer} from './message-composer.js' */

/**
 * @param {Client} client @param {string} id of the conversation @param {MessageComposer} composer
 * @returns {(message: Message) => void} answers a message
 */
export function replyIn(client, id, composer) {
  const timeline = client.timeline(id);
  const bar = el('div', { class: 'replying', role: 'group', 'aria-label': t('messages.replying') });
  const cancel = () => {
    composer.quote = null;
    composer.takeFocus();
  };
  composer.prepend(bar);
  const show = () => {
    const { quote } = composer;
    const original = quote && timeline.find(quote.number);
    const now = original ? quoteOf(original, client) : quote;
    render(bar, barView, { quote: now && summaryOfQuote(now, client), cancel });
  };
  composer.watch(show, timeline);
  composer.addEventListener('quote', show);
  // Another tab writes.
  addEventListener('storage', ({ key }) => key?.startsWith('quote:') && show(), { signal: composer.signal });
  composer.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || event.defaultPrevented || !composer.quote || isComposing(event)) return;
    event.preventDefault();
    cancel();
  });
  return (message) => {
    composer.quote = quoteOf(message, client);
    composer.takeFocus();
  };
}

/** @param {{quote: ReturnType<typeof summaryOfQuote> | null, cancel: () => void}} props */
function barView({ quote, cancel }) {
  return quote ? [
    el('p', { role: 'status' }, el('span', { class: 'visually-hidden' }, t('messages.replying'), ' '), ...quoteLines(quote)),
    el('button', { class: 'tool', type: 'button', 'aria-label': t('messages.cancelReply'), title: t('messages.cancelReply'), click: cancel }, drawing(CROSS)),
  ] : [];
}
