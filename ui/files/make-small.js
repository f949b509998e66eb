// Makes pictures small before they are sent, so that they travel fast and cost whoever gets them little; and makes
// pictures of videos, so that there is something to see before they are played.

import { MOST_PIXELS } from './kinds.js';
import { encode, LARGEST, textOfBytes } from './thumbhash.js';

/** @import {Outgoing} from './uploads.js' */

/** The longer sides of a picture and of its preview, in pixels. */
const SIDE = 2_048;
const THUMB_SIDE = 480;
const QUALITY = .85;
/** A preview is as good as its size permits. */
const THUMB_QUALITIES = [.8, .65, .5, .3];
const THUMB_BYTES = 64 * 1024;
/** What every browser shows, and so what others may be sent. */
const SHOWN = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'];
const UNKNOWN = 'application/octet-stream';
/** So far into a file, it says whether it moves. */
const HEAD_BYTES = 4_096;
/** Of a video or a recording, how long it takes to say how long it is, or to show something. */
const PATIENCE_MS = 5_000;
/** A video begins with a black picture more often than not; this far into it, in seconds, there is something to see. */
const BEGINNING = 1;

/** What can be drawn. @typedef {HTMLImageElement | HTMLVideoElement} Picture */

/**
 * What is to be sent of a file. What can’t be drawn here goes as it is.
 * @param {File} file @param {boolean} [asIs] whether it is sent as it is, too large or not @returns {Promise<Outgoing>}
 */
export async function prepare(file, asIs = false) {
  const { name, size, type } = file;
  if (type.startsWith('image/')) {
    const picture = type === 'image/svg+xml' ? null : await open(file);
    return picture ? preparePicture(file, picture, asIs) : { info: { name, size, type: UNKNOWN }, body: file, thumb: null };
  }
  const info = { name, size, type: type || UNKNOWN };
  if (!/^(audio|video)\//.test(type)) return { info, body: file, thumb: null };
  const player = document.createElement(type.startsWith('video/') ? 'video' : 'audio');
  player.src = URL.createObjectURL(file);
  try {
    const made = await told(player);
    return { info: { ...info, ...made.info }, body: file, thumb: made.thumb };
  } finally {
    URL.revokeObjectURL(player.src);
    player.removeAttribute('src');
    // Only then it lets go what it holds.
    player.load();
  }
}

/** What a player tells of what it has, and what can be seen of it at its beginning. @param {HTMLMediaElement} player */
async function told(player) {
  player.preload = 'metadata';
  await once(player, 'loadedmetadata');
  const duration = Number.isFinite(player.duration) ? Math.round(player.duration * 1_000) : undefined;
  const nothing = { info: { duration }, thumb: null };
  if (!(player instanceof HTMLVideoElement) || !player.videoWidth || !player.videoHeight) return nothing;
  const { videoWidth: width, videoHeight: height } = player;
  player.muted = true;
  player.currentTime = Math.min(BEGINNING, (player.duration || 0) / 2);
  if (!await once(player, 'seeked')) return nothing;
  const sample = pixelsOf(player, fit(width, height, LARGEST));
  const thumbhash = textOfBytes(encode(sample.width, sample.height, sample.data));
  const thumb = await thumbOf(player, fit(width, height, THUMB_SIDE), false);
  return { info: { duration, width, height, thumbhash }, thumb };
}

/** Whether it comes in time, and nothing else. @param {HTMLMediaElement} player @param {string} event @returns {Promise<boolean>} */
function once(player, event) {
  return new Promise((done) => {
    player.addEventListener(event, () => done(true), { once: true });
    player.addEventListener('error', () => done(false), { once: true });
    setTimeout(done, PATIENCE_MS, false);
  });
}

/** @param {File} file @param {HTMLImageElement} picture @param {boolean} asIs @returns {Promise<Outgoing>} */
async function preparePicture(file, picture, asIs) {
  const { naturalWidth: width, naturalHeight: height } = picture;
  const sample = pixelsOf(picture, fit(width, height, LARGEST));
  const isClear = sample.data.some((value, index) => index % 4 === 3 && value < 255);
  const thumbhash = textOfBytes(encode(sample.width, sample.height, sample.data));
  const stays = asIs || file.type === 'image/gif' || isClear || await moves(file);
  const small = stays ? null : await draw(picture, fit(width, height, SIDE), 'image/jpeg', QUALITY);
  const isSmaller = small && (small.size < file.size || Math.max(width, height) > SIDE || !SHOWN.includes(file.type));
  const body = isSmaller ? small : file;
  const size = isSmaller ? fit(width, height, SIDE) : { width, height };
  const name = isSmaller ? `${file.name.replace(/\.[^.]*$/, '')}.jpg` : file.name;
  const thumb = await thumbOf(picture, fit(width, height, THUMB_SIDE), isClear);
  URL.revokeObjectURL(picture.src);
  return {
    info: { name, size: body.size, type: body.type, ...size, thumbhash }, body,
    thumb: thumb && thumb.size < body.size ? thumb : null,
  };
}

/** An image element is drawn as it is to be seen, turned as the camera was, and never larger than it is needed. @param {File} file */
async function open(file) {
  const picture = new Image();
  picture.src = URL.createObjectURL(file);
  try {
    await new Promise((done, fail) => Object.assign(picture, { onload: done, onerror: fail }));
    // Until now it wasn’t drawn, and a small file can be a huge picture.
    const pixels = picture.naturalWidth * picture.naturalHeight;
    if (pixels > 0 && pixels <= MOST_PIXELS) {
      await picture.decode();
      return picture;
    }
  } catch {
    // It isn’t one that this browser knows.
  }
  URL.revokeObjectURL(picture.src);
  return null;
}

/** Whether it is more than one picture: an animated PNG or WebP says so at its beginning. @param {File} file */
async function moves(file) {
  const bytes = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  return /acTL|ANIM/.test(String.fromCharCode(...bytes));
}

/** The size at which a picture fits into a square. @param {number} width @param {number} height @param {number} side */
export function fit(width, height, side) {
  const scale = Math.min(1, side / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** @param {Picture} picture @param {{width: number, height: number}} size */
function canvasOf(picture, { width, height }) {
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width, height });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.imageSmoothingQuality = 'high';
  context.drawImage(picture, 0, 0, width, height);
  return { canvas, context };
}

/** @param {Picture} picture @param {{width: number, height: number}} size */
function pixelsOf(picture, size) {
  return canvasOf(picture, size).context.getImageData(0, 0, size.width, size.height);
}

/** Null where the browser can’t write that. @param {Picture} picture @param {{width: number, height: number}} size @param {string} type @param {number} quality @returns {Promise<Blob | null>} */
function draw(picture, size, type, quality) {
  const { canvas } = canvasOf(picture, size);
  return new Promise((done) => canvas.toBlob((blob) => done(blob?.type === type ? blob : null), type, quality));
}

/** @param {Picture} picture @param {{width: number, height: number}} size @param {boolean} isClear */
async function thumbOf(picture, size, isClear) {
  // What can be seen through has no JPEG, and not every browser writes WebP.
  const type = isClear ? 'image/webp' : 'image/jpeg';
  for (const quality of THUMB_QUALITIES) {
    const thumb = await draw(picture, size, type, quality);
    if (thumb && thumb.size <= THUMB_BYTES) return thumb;
  }
  return null;
}
