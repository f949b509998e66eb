// A picture over everything, as large as fits: keys and swipes go to others of the conversation, fingers, the wheel and a
// double click come closer.

import { CROSS, show } from '../base/dialog.js';
import { el } from '../base/dom.js';
import { drawing } from '../base/icons.js';
import { addStyle } from '../base/load.js';
import { t } from '../words/index.js';

/** @import {Attachment} from '../base/types.js' */

addStyle(import.meta.url, 'lightbox.css');

const CLOSEST = 6;
const STEP = 1.5;
const DOUBLE = 2.5;
/** So far a finger goes to say that it wants the next one, or to leave. */
const SWIPE_PX = 60;
const DOWN = 'M12 4v11M7 11l5 5 5-5M5 20h14';
const [BEFORE, AFTER] = ['M15 5l-7 7 7 7', 'M9 5l7 7-7 7'];

/** @param {Attachment[]} pictures @param {number} index of the first that is shown */
export function openLightbox(pictures, index) {
  if (pictures.length === 0) return;
  new Lightbox(pictures, Math.max(0, index));
}

class Lightbox {
  #pictures;
  #index;
  #picture = el('img', { draggable: 'false', alt: '' });
  #stage = el('div', { class: 'stage' }, this.#picture);
  #alt = el('p', { class: 'alt', dir: 'auto' });
  #count = el('p', { class: 'place', role: 'status' });
  #download = el('a', { class: 'tool' }, drawing(DOWN));
  #before = el('button', { class: 'tool before', 'aria-label': t('files.previous'), click: () => this.#go(-1) }, drawing(BEFORE));
  #after = el('button', { class: 'tool after', 'aria-label': t('files.next'), click: () => this.#go(1) }, drawing(AFTER));
  #dialog;
  /** How close, and how far the middle has moved, in CSS pixels. */
  #view = { zoom: 1, x: 0, y: 0 };
  /** Where each finger is. @type {Map<number, {x: number, y: number}>} */
  #fingers = new Map();
  /** How far a single finger has gone. */
  #way = { x: 0, y: 0 };
  #hasPinched = false;

  /** @param {Attachment[]} pictures @param {number} index */
  constructor(pictures, index) {
    this.#pictures = pictures;
    this.#index = index;
    const close = el('button', { class: 'tool', 'aria-label': t('base.close'), autofocus: true, click: () => this.#dialog.close() }, drawing(CROSS));
    this.#dialog = show(el('dialog', { class: 'lightbox', 'aria-label': t('files.photo') },
      this.#stage, el('header', {}, this.#count, this.#download, close), this.#before, this.#after, this.#alt));
    this.#dialog.addEventListener('keydown', (event) => this.#key(event));
    const stage = this.#stage;
    stage.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
    stage.addEventListener('dblclick', () => this.#zoom(this.#view.zoom > 1 ? 1 : DOUBLE));
    stage.addEventListener('pointerdown', (event) => this.#touch(event));
    stage.addEventListener('pointermove', (event) => this.#drag(event));
    stage.addEventListener('pointerup', (event) => this.#lift(event));
    stage.addEventListener('pointercancel', ({ pointerId }) => this.#fingers.delete(pointerId));
    stage.addEventListener('click', ({ target }) => target === stage && this.#view.zoom === 1 && Math.abs(this.#way.x) < 5 && this.#dialog.close());
    this.#show();
  }

  #show() {
    const picture = this.#pictures[this.#index];
    if (!picture) return;
    const { id, name, alt = '', width, height, hasThumb } = picture;
    const address = `/api/files/${id}`;
    this.#picture.alt = alt || t('files.photo');
    // Known, its place is there before it is.
    if (width && height) Object.assign(this.#picture, { width, height });
    this.#stage.style.setProperty('background-image', hasThumb ? `url("${address}/thumb")` : 'none');
    this.#stage.classList.remove('loaded');
    this.#picture.onload = () => this.#stage.classList.add('loaded');
    this.#picture.src = address;
    this.#alt.textContent = alt;
    this.#download.href = `${address}?download`;
    this.#download.download = name;
    this.#download.ariaLabel = t('files.download', { name });
    const count = this.#pictures.length;
    this.#count.textContent = count > 1 ? t('files.place', { place: this.#index + 1, count }) : '';
    this.#before.disabled = this.#index === 0;
    this.#after.disabled = this.#index === count - 1;
    this.#zoom(1);
  }

  /** @param {number} step */
  #go(step) {
    if (!this.#pictures[this.#index + step]) return;
    this.#index += step;
    this.#show();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { key, altKey, ctrlKey, metaKey } = event;
    if (altKey || ctrlKey || metaKey) return;
    const forwards = document.dir === 'rtl' ? -1 : 1;
    if (key === 'ArrowRight') this.#go(forwards);
    else if (key === 'ArrowLeft') this.#go(-forwards);
    else if (key === '+' || key === '=') this.#zoom(this.#view.zoom * STEP);
    else if (key === '-') this.#zoom(this.#view.zoom / STEP);
    else if (key === '0') this.#zoom(1);
    else return;
    event.preventDefault();
  }

  /** @param {number} zoom */
  #zoom(zoom) {
    const closer = Math.min(Math.max(zoom, 1), CLOSEST);
    const ratio = closer / this.#view.zoom;
    this.#view = closer === 1 ? { zoom: 1, x: 0, y: 0 } : { zoom: closer, x: this.#view.x * ratio, y: this.#view.y * ratio };
    this.#place();
  }

  /** @param {number} right @param {number} down */
  #move(right, down) {
    const { zoom } = this.#view;
    // Its middle stays somewhere in the picture.
    const most = { x: this.#picture.clientWidth * (zoom - 1) / 2, y: this.#picture.clientHeight * (zoom - 1) / 2 };
    this.#view.x = Math.min(Math.max(this.#view.x + right, -most.x), most.x);
    this.#view.y = Math.min(Math.max(this.#view.y + down, -most.y), most.y);
    this.#place();
  }

  #place() {
    const { zoom, x, y } = this.#view;
    this.#picture.style.setProperty('transform', zoom === 1 ? '' : `translate(${x}px, ${y}px) scale(${zoom})`);
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    event.preventDefault();
    this.#zoom(this.#view.zoom * Math.exp(-event.deltaY / 300));
  }

  /** @param {PointerEvent} event */
  #touch({ target, pointerId, clientX: x, clientY: y }) {
    // Of the stage, it would make each click on the picture one beside it.
    if (target instanceof Element) target.setPointerCapture(pointerId);
    if (this.#fingers.size === 0) {
      this.#way = { x: 0, y: 0 };
      this.#hasPinched = false;
    }
    this.#fingers.set(pointerId, { x, y });
  }

  /** @param {PointerEvent} event */
  #drag({ pointerId, clientX: x, clientY: y }) {
    const before = this.#fingers.get(pointerId);
    if (!before) return;
    const spread = this.#spread;
    this.#fingers.set(pointerId, { x, y });
    const count = this.#fingers.size;
    this.#way.x += x - before.x;
    this.#way.y += y - before.y;
    this.#move((x - before.x) / count, (y - before.y) / count);
    if (!spread) return;
    this.#hasPinched = true;
    this.#zoom(this.#view.zoom * this.#spread / spread);
  }

  /** @param {PointerEvent} event */
  #lift({ pointerId, pointerType }) {
    this.#fingers.delete(pointerId);
    if (this.#fingers.size > 0 || this.#hasPinched || this.#view.zoom > 1 || pointerType === 'mouse') return;
    const { x, y } = this.#way;
    const forwards = document.dir === 'rtl' ? -1 : 1;
    if (Math.abs(x) > SWIPE_PX && Math.abs(x) > Math.abs(y)) this.#go(x < 0 ? forwards : -forwards);
    else if (Math.abs(y) > 2 * SWIPE_PX) this.#dialog.close();
  }

  /** How far apart two fingers are, or 0. */
  get #spread() {
    const [one, other] = [...this.#fingers.values()];
    return one && other ? Math.hypot(one.x - other.x, one.y - other.y) : 0;
  }
}
