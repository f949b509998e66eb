// What kinds of files there are, and how they are said.

import { el } from '../base/dom.js';
import { fileSize } from './size.js';
import { t, tn } from '../words/index.js';

/** @import {Attachment} from '../base/types.js' */
/** @typedef {'picture' | 'video' | 'voice' | 'audio' | 'file'} Kind */

/** What browsers show. */
const PICTURES = ['image/jpeg', 'image/png', 'image/gif', 'image/webp', 'image/avif'];

/** What is larger, a browser may not have the memory to draw; in pixels. */
export const MOST_PIXELS = 100_000_000;

/** @param {Pick<Attachment, 'type' | 'waveform' | 'width' | 'height'>} file @returns {Kind} */
export function kindOf({ type, waveform, width = 0, height = 0 }) {
  if (PICTURES.includes(type)) return width * height > MOST_PIXELS ? 'file' : 'picture';
  if (waveform) return 'voice';
  return type.startsWith('video/') ? 'video' : type.startsWith('audio/') ? 'audio' : 'file';
}

/** What came with a message, where it has no text: “Photo”, “3 photos”, or what a file is called. @param {{attachments?: Omit<Attachment, 'id' | 'size' | 'hasThumb'>[]}} message */
export function summaryOf({ attachments = [] }) {
  const [first] = attachments;
  if (!first) return '';
  const count = attachments.length;
  const kinds = new Set(attachments.map(kindOf));
  const [kind] = kinds.size === 1 ? kinds : ['file'];
  if (kind === 'picture') return t('files.photos', { count });
  if (kind === 'video') return t('files.videos', { count });
  if (kind === 'voice') return t('files.voice');
  return count === 1 ? first.name : t('files.files', { count });
}

/** What an ending says of a file, in capitals. @param {string} name */
export function endingOf(name) {
  return /\.([^.\s]{1,5})$/u.exec(name)?.[1]?.toUpperCase() ?? '';
}

/**
 * What is said of a file below its name, each part in its own direction.
 * @param {Pick<Attachment, 'name' | 'size'>} file
 */
export function factsOf({ name, size }) {
  const ending = endingOf(name);
  return ending ? factsFrom(ending, fileSize(size)) : [fileSize(size)];
}

/** @param {string} first @param {string} second */
export function factsFrom(first, second) {
  return tn('files.facts', { type: el('bdi', {}, first), size: el('bdi', {}, second) });
}
