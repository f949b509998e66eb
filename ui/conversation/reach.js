// Where one can't write: why, in place of where one writes.

import { reasonOf } from '../base/api.js';
import { el, nameOf, render } from '../base/dom.js';
import { t, tn } from '../words/index.js';

/** @import {MessageComposer} from '../messages/message-composer.js' */
/** @import {Client} from '../shell/client.js' */
/** @import {Blocks} from './blocks.js' */

/** @typedef {'' | 'gone' | 'blocked' | 'unreachable'} Reach */

/** @param {Client} client @param {Blocks} blocks @param {string} id the conversation's @param {MessageComposer} composer */
export function showReach(client, blocks, id, composer) {
  const note = el('div', { class: 'reach', role: 'status' });
  composer.before(note);
  const { conversations, outbox } = client;
  const retry = () => {
    for (const { clientId } of refused()) outbox.retry(clientId);
  };
  const unblock = () => {
    const other = conversations.known(id)?.other;
    if (other) blocks.remove(other.id).then(retry).catch(reasonOf);
  };
  const refused = () => outbox.of(id).filter(({ code }) => code === 'unreachable' || code === 'blocked');
  composer.watch(() => {
    const { other, title = '' } = conversations.known(id) ?? {};
    /** @type {Reach} */
    const reach = other?.deleted ? 'gone' : blocks.has(other?.id) ? 'blocked' : refused().length > 0 ? 'unreachable' : '';
    render(note, noteView, { reach, title, retry, unblock });
    composer.classList.toggle('out-of-reach', reach !== '');
  }, conversations, outbox, blocks);
}

/** @param {{reach: Reach, title: string, retry: () => void, unblock: () => void}} props */
function noteView({ reach, title, retry, unblock }) {
  if (reach === 'gone') return [el('p', {}, t('conversation.gone'))];
  if (reach === 'blocked') {
    return [el('p', {}, ...tn('conversation.blocked', { name: nameOf(title) })),
      el('button', { class: 'button', click: unblock }, t('conversation.unblock'))];
  }
  return reach === 'unreachable' ? [el('p', {}, t('conversation.unreachable')),
    el('button', { class: 'button', click: retry }, t('conversation.tryAgain'))] : [];
}
