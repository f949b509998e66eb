// The files of a message in its bubble: pictures and videos, what can be heard, and cards for everything else.

import { CROSS } from '../base/dialog.js';
import { el } from '../base/dom.js';
import { drawing } from '../base/icons.js';
import { addStyle, load } from '../base/load.js';
import { insideOf } from '../messages/message-focus.js';
import { t, tn } from '../words/index.js';
import { endingOf, factsOf, kindOf } from './kinds.js';
import { bytesOf, decode } from './thumbhash.js';
import { uploadsOf } from './uploads.js';
import { voicePlayer } from './voice-player.js';

/** @import {Attachment} from '../base/types.js' */
/** @import {Item} from '../messages/message-row.js' */
/** @import {Client} from '../shell/client.js' */
/** @import {OutgoingFile, Uploads} from './uploads.js' */

addStyle(import.meta.url, 'message-files.css');

/** One picture alone is no larger than this, in CSS pixels, and no side of it smaller than that. */
const LARGEST = { width: 320, height: 360 };
const SMALLEST = 96;
/** On fine screens, more than a preview is shown of a picture that isn’t larger than this, in bytes. */
const MODEST = 1_500_000;
const FINE = 1.25;
const SHEET = 'M6 3h8l4 4v14H6zM14 3v4h4';
/** Of a picture that isn’t here any more. */
const NOTHING = 'data:,';
const DOWN = 'M12 4v11M7 11l5 5 5-5M5 20h14';

/** @typedef {Attachment | OutgoingFile} AnyFile */

/** By the rows of messages. @type {WeakMap<Element, MessageFiles>} */
const known = new WeakMap();

/** @param {HTMLLIElement} row as `showMessage` has shown it @param {Item} item @param {Client} client */
export function showFiles(row, item, client) {
  const bubble = row.querySelector('.bubble');
  const files = item.deleted || item.removing ? [] : item.files ?? [];
  const before = known.get(row);
  if (!bubble || files.length === 0) {
    before?.remove();
    known.delete(row);
    return;
  }
  const shown = before ?? new MessageFiles(uploadsOf(client));
  known.set(row, shown);
  row.classList.remove('big');
  row.classList.add('filed');
  const isNew = shown.show(files, item.number === null ? item.id : '', item.state === 'failed', item.from);
  // Built anew, a bubble has lost it; who says it is said first.
  if (shown.parentElement !== bubble) bubble.querySelector('.text')?.before(shown);
  const isReached = row.contains(document.activeElement);
  if (isNew) for (const inner of insideOf(row)) inner.tabIndex = isReached ? 0 : -1;
}

/** Stays the same while a message goes from waiting to sent, so that what is shown stays, too. */
export class MessageFiles extends HTMLElement {
  #uploads;
  #shown = '';
  /** The id of the message in the outbox, or ''. */
  #clientId = '';
  #media = el('div', { class: 'media' });
  #cards = el('div', { class: 'cards' });
  /** Where each picture is. @type {Map<number, HTMLElement>} */
  #cells = new Map();
  #said = el('span', { class: 'visually-hidden', role: 'status' });
  /** @type {AbortController | undefined} */
  #following;

  /** @param {Uploads} uploads */
  constructor(uploads) {
    super();
    this.#uploads = uploads;
    this.append(this.#media, this.#cards, this.#said);
    this.addEventListener('click', (event) => this.#clicked(event));
  }

  /** Pictures that can be looked at closely. @type {Attachment[]} */
  pictures = [];

  /** Gives back whether that is new. @param {AnyFile[]} files @param {string} clientId where it is on its way @param {boolean} hasFailed @param {string} from who sends it */
  show(files, clientId, hasFailed, from) {
    const shown = JSON.stringify([files, clientId, hasFailed]);
    if (shown === this.#shown) return false;
    this.#shown = shown;
    this.#clientId = clientId;
    this.pictures = files.filter((file) => isSent(file) && kindOf(file) === 'picture').map((file) => /** @type {Attachment} */ (file));
    const wanted = [...files.entries()].filter(([, file]) => !('left' in file && file.left));
    const isSeen = (/** @type {AnyFile} */ file) => ['picture', 'video'].includes(kindOf(file));
    const isAlone = wanted.filter(([, file]) => isSeen(file)).length === 1;
    const places = wanted.map(([index, file]) => ({
      index, file, place: isSeen(file) ? this.#cell(index, file, isAlone, from) : fileCard(file),
    }));
    const media = places.filter(({ file }) => isSeen(file));
    this.#media.className = `media of-${Math.min(media.length, 5)}`;
    this.#media.replaceChildren(...media.map(({ place }) => place));
    this.#cards.replaceChildren(...places.filter((each) => !media.includes(each)).map(({ place }) => place));
    this.#showProgress(places, hasFailed);
    return true;
  }

  /** @param {number} index @param {AnyFile} file @param {boolean} isAlone @param {string} from */
  #cell(index, file, isAlone, from) {
    if (kindOf(file) === 'video') return this.#video(index, file, isAlone);
    const known = this.#cells.get(index);
    const tile = known?.querySelector('button') ?? frame();
    const cell = known ?? el('div', { class: 'cell' }, tile);
    this.#cells.set(index, cell);
    address(tile, file, from);
    size(cell, file, isAlone);
    // A picture that was shown while it was sent stays.
    if (!known) this.#fill(tile, index, file, isAlone);
    return cell;
  }

  /** @param {HTMLElement} tile @param {number} index @param {AnyFile} file @param {boolean} isAlone */
  async #fill(tile, index, file, isAlone) {
    const picture = hang(tile, file);
    if (isSent(file)) paint(picture, file, isAlone);
    else picture.src = await this.#uploads.addressOf(this.#clientId, index, 'body') || NOTHING;
  }

  /** @param {number} index @param {AnyFile} file @param {boolean} isAlone */
  #video(index, file, isAlone) {
    // What this browser can’t play shows nothing before it is sent.
    if (!isSent(file) && !file.thumbhash) return fileCard(file);
    const known = this.#cells.get(index);
    const video = known?.querySelector('video') ?? el('video', { class: 'video', playsinline: true, tabindex: '-1', preload: 'none' });
    const cell = known ?? el('div', { class: 'cell', 'data-name': file.name }, video);
    this.#cells.set(index, cell);
    video.ariaLabel = file.alt || file.name;
    size(cell, shapeOf(file), isAlone);
    if (isSent(file)) play(video, file);
    else if (!known) this.#uploads.addressOf(this.#clientId, index, 'thumb').then((address) => video.poster ||= address);
    return cell;
  }

  /** Of what is on its way, how far it is, and a way to leave it out. @param {{index: number, file: AnyFile, place: HTMLElement}[]} places @param {boolean} hasFailed */
  #showProgress(places, hasFailed) {
    this.#following?.abort();
    for (const old of this.querySelectorAll('.way')) old.remove();
    this.#said.textContent = '';
    if (!this.#clientId) return;
    this.#following = new AbortController();
    const bars = places.map(({ index, file, place }) => {
      const { name } = file;
      const bar = el('progress', { max: '1', 'aria-label': t('files.sending', { name }) });
      const stop = el('button', {
        class: 'stop', type: 'button', name: 'stop', value: `${index}`, 'aria-label': t('files.stop', { name }), title: t('files.stop', { name }),
      }, drawing(CROSS));
      bar.hidden = hasFailed;
      place.append(el('div', { class: 'way', 'aria-live': 'off' }, bar, stop));
      return { file: /** @type {OutgoingFile} */ (file), bar };
    });
    const total = places.reduce((sum, { file }) => sum + file.size, 0);
    const follow = () => {
      let done = 0;
      for (const { file, bar } of bars) {
        bar.value = this.#uploads.progressOf(file);
        done += bar.value * file.size;
      }
      // Said at each quarter, and not at the ends, which are said otherwise.
      const quarter = total ? Math.floor(4 * done / total) : 0;
      if (quarter > 0 && quarter < 4) this.#said.textContent = t('files.progress', { percent: 25 * quarter });
    };
    follow();
    this.#uploads.addEventListener('progress', follow, { signal: this.#following.signal });
  }

  /** @param {MouseEvent} event */
  async #clicked({ target }) {
    const button = target instanceof Element ? target.closest('button') : null;
    if (button?.name === 'stop') {
      // The button goes, and maybe the message. What has the focus must not.
      const remains = this.querySelectorAll('.stop').length > 1 || this.parentElement?.querySelector('.text:not(:empty)');
      /** @type {HTMLElement | null} */ (this.closest(remains ? 'li' : '[role=log]'))?.focus();
      return this.#uploads.cancel(this.#clientId, Number(button.value));
    }
    const { id } = button?.dataset ?? {};
    if (!id) return;
    const all = [...this.closest('ol')?.querySelectorAll('message-files') ?? [this]];
    const pictures = all.flatMap((each) => (each instanceof MessageFiles ? each.pictures : []));
    const { openLightbox } = await load(() => import('./lightbox.js'));
    openLightbox(pictures, pictures.findIndex((picture) => picture.id === id));
  }
}

customElements.define('message-files', MessageFiles);

/** A picture in a square, to be looked at closely. @param {Attachment} file @param {string} from who has sent it */
export function pictureTile(file, from) {
  const tile = frame();
  tile.tabIndex = 0;
  address(tile, file, from);
  paint(hang(tile, file), file, false);
  return tile;
}

function frame() {
  return el('button', { class: 'tile', type: 'button', tabindex: '-1', 'data-held': '' });
}

/** @param {HTMLElement} tile @param {AnyFile} file @param {string} from */
function address(tile, file, from) {
  tile.ariaLabel = file.alt ? t('files.openDescribed', { text: file.alt }) : t('files.open', { name: from });
  tile.title = file.alt ?? '';
  tile.dataset.id = isSent(file) ? file.id : '';
}

/** @param {HTMLElement} tile @param {AnyFile} file */
function hang(tile, file) {
  if (file.thumbhash) tile.append(blurred(file.thumbhash));
  const picture = el('img', { alt: '', decoding: 'async', draggable: 'false' });
  picture.addEventListener('load', async () => {
    // Only then is there something to see.
    await picture.decode().catch(() => {});
    tile.classList.add('loaded');
  });
  picture.addEventListener('error', () => tile.classList.add('missing'));
  tile.append(picture);
  return picture;
}

/** @param {HTMLImageElement} picture @param {Attachment} file @param {boolean} isAlone */
function paint(picture, file, isAlone) {
  const whole = addressOf(file);
  const hasPreview = file.hasThumb && file.type !== 'image/gif';
  picture.loading = 'lazy';
  picture.src = hasPreview ? `${whole}/thumb` : whole;
  if (!hasPreview || !isAlone || devicePixelRatio <= FINE || file.size > MODEST) return;
  picture.addEventListener('load', () => replace(picture, whole), { once: true });
}

/** What is heard, or taken away. @param {AnyFile} file @param {(string | Node)[]} [more] is said below its name */
export function fileCard(file, more) {
  const { name } = file;
  const kind = kindOf(file);
  const facts = el('span', { class: 'facts' }, ...more ?? factsOf(file));
  const title = el('bdi', { class: 'file-name', translate: 'no' }, name);
  // The arrow says so to those who see it.
  const words = tn('files.download', { name: title }).map((part) =>
    (typeof part === 'string' ? el('span', { class: 'visually-hidden' }, part) : part));
  if (isSent(file) && kind === 'voice') {
    return el('div', { class: 'sound' }, more ? facts : null, voicePlayer(addressOf(file), file.waveform ?? [], file.duration ?? 0));
  }
  if (isSent(file) && kind === 'audio') {
    return el('div', { class: 'sound' }, title, more ? facts : null,
      el('audio', { controls: true, preload: 'none', src: addressOf(file), 'aria-label': name }));
  }
  const sheet = el('span', { class: 'sheet', 'aria-hidden': 'true', 'data-ending': endingOf(name) }, drawing(SHEET));
  if (!isSent(file)) return el('div', { class: 'file' }, sheet, el('span', { class: 'file-text' }, title, facts));
  return el('a', { class: 'file', href: `${addressOf(file)}?download`, download: name, draggable: 'false', 'data-held': '' },
    sheet, el('span', { class: 'file-text' }, ...words, ' ', facts), drawing(DOWN));
}

/** @param {AnyFile} file @returns {file is Attachment} */
function isSent(file) {
  return 'id' in file;
}

/** @param {Pick<Attachment, 'id'>} file */
function addressOf({ id }) {
  return `/api/files/${id}`;
}

/** The picture that was shown while it was sent stays. @param {HTMLVideoElement} video @param {Attachment} file */
function play(video, file) {
  const address = addressOf(file);
  if (video.getAttribute('src') === address) return;
  if (file.hasThumb) video.poster ||= `${address}/thumb`;
  else video.preload = 'metadata';
  video.controls = true;
  video.src = address;
}

/** Of a video of which nobody has said how large it is, what its blurred picture says. @param {AnyFile} file */
function shapeOf({ width, height, thumbhash }) {
  if (width) return { width, height };
  const shape = thumbhash ? decode(bytesOf(thumbhash)) : { width: 16, height: 9 };
  const factor = LARGEST.width / Math.max(shape.width, shape.height);
  return { width: factor * shape.width, height: factor * shape.height };
}

/** As large as it is going to be before anything of it is here. @param {HTMLElement} element @param {Pick<Attachment, 'width' | 'height'>} file @param {boolean} isAlone */
function size(element, { width = 4, height = 3 }, isAlone) {
  const scale = Math.min(LARGEST.width / width, LARGEST.height / height, Math.max(1, SMALLEST / width, SMALLEST / height));
  element.style.setProperty('inline-size', isAlone ? `${Math.max(SMALLEST, Math.round(width * scale))}px` : '');
  element.style.setProperty('aspect-ratio', isAlone ? `${Math.max(SMALLEST, width * scale)} / ${Math.max(SMALLEST, height * scale)}` : '');
}

/** @param {string} thumbhash */
function blurred(thumbhash) {
  const { width, height, pixels } = decode(bytesOf(thumbhash));
  const canvas = el('canvas', { width: `${width}`, height: `${height}`, 'aria-hidden': 'true' });
  canvas.getContext('2d')?.putImageData(new ImageData(pixels, width, height), 0, 0);
  return canvas;
}

/** In place of a preview, once all of it is here. @param {HTMLImageElement} picture @param {string} address */
async function replace(picture, address) {
  const better = new Image();
  better.src = address;
  try {
    await better.decode();
    picture.src = address;
  } catch {
    // The preview stays.
  }
}
