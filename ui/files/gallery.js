// The photos and files of a conversation: what can be seen as a grid, and below it everything else, the newest first.

import { reasonOf } from '../base/api.js';
import { openDialog } from '../base/dialog.js';
import { el, failure, skeleton } from '../base/dom.js';
import { titleOf } from '../base/format.js';
import { date } from '../base/times.js';
import { t } from '../words/index.js';
import { factsFrom, kindOf } from './kinds.js';
import { openLightbox } from './lightbox.js';
import { fileCard, pictureTile } from './message-files.js';
import { PAGE, sharedIn } from './shared.js';

/** @import {Attachment, Shared} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */

/** @param {Client} client @param {string} id of the conversation */
export function openGallery(client, id) {
  /** @type {Attachment[]} */
  const pictures = [];
  const seen = el('div', { class: 'media gallery' });
  const others = el('ul', { class: 'cards' });
  const rest = el('div', { class: 'list-rest' });
  /** @param {Shared} shared */
  const add = ({ attachment, author, createdAt }) => {
    if (kindOf(attachment) === 'picture') {
      pictures.push(attachment);
      const tile = pictureTile(attachment, titleOf(author));
      tile.addEventListener('click', () => openLightbox(pictures, pictures.indexOf(attachment)));
      seen.append(tile);
    } else {
      others.append(el('li', {}, fileCard(attachment, factsFrom(titleOf(author), date(new Date(createdAt))))));
    }
  };
  const load = async (before = '') => {
    rest.replaceChildren(skeleton());
    try {
      const page = await sharedIn(client.api, id, before);
      for (const shared of page) add(shared);
      const last = page.at(-1)?.attachment.id ?? '';
      const more = page.length === PAGE && el('button', { class: 'button', click: () => load(last) }, t('files.more'));
      const isEmpty = !before && page.length === 0;
      rest.replaceChildren(more || (isEmpty ? el('p', { class: 'muted' }, t('files.noGallery')) : ''));
    } catch (error) {
      rest.replaceChildren(failure(reasonOf(error), () => load(before)));
    }
  };
  openDialog(t('files.gallery'), seen, others, rest);
  load();
}
