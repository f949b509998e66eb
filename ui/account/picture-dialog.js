// A picture of oneself, or of a room: which part of a file is seen. It is made small here, before it is sent.

import { reasonOf } from '../base/api.js';
import { actions, show, withTitle } from '../base/dialog.js';
import { Component, el } from '../base/dom.js';
import { addStyle } from '../base/load.js';
import { t } from '../words/index.js';
import { CLOSEST, Crop } from './crop.js';

addStyle(import.meta.url, 'picture-dialog.css');

/** The side of what is sent, in pixels. */
const SIDE = 256;
const QUALITY = .9;
/** How far an arrow key moves the picture, in widths of what is seen. */
const STEP = .05;
const ZOOM_STEP = 1.1;
/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };

/** @param {File} file @param {{title: string, kind: 'person' | 'room', save: (picture: Blob) => Promise<unknown>}} uses */
export async function choosePicture(file, { title, kind, save }) {
  const picture = await createImageBitmap(file).catch(() => null);
  const cropper = picture && new PictureCropper(picture, kind);
  const problem = el('p', { class: 'problem', role: 'alert' }, cropper ? null : t('account.noPicture'));
  const submit = async () => {
    problem.textContent = '';
    button.disabled = true;
    try {
      await save(await /** @type {PictureCropper} */ (cropper).toBlob());
      dialog.close();
    } catch (error) {
      problem.textContent = reasonOf(error);
    } finally {
      button.disabled = false;
    }
  };
  const button = el('button', { class: 'button primary', type: 'button', click: submit }, t('account.savePicture'));
  const close = () => dialog.close();
  // Above the details of the room.
  const dialog = show(withTitle(title, cropper, problem, cropper
    ? actions(el('button', { class: 'button', type: 'button', click: close }, t('base.cancel')), button)
    : actions(el('button', { class: 'button primary', type: 'button', click: close }, t('base.close')))));
  dialog.addEventListener('close', () => picture?.close());
  cropper?.takeFocus();
}

/** Moves by dragging and the arrow keys; comes closer by the slider, the wheel, two fingers, and plus and minus. */
class PictureCropper extends Component {
  #picture;
  #crop;
  #canvas = el('canvas', {
    width: `${SIDE * 2}`, height: `${SIDE * 2}`, tabindex: '0', role: 'img', 'aria-label': t('account.cropHelp'),
  });
  #slider = el('input', {
    type: 'range', min: '1', max: `${CLOSEST}`, step: 'any', value: '1', 'aria-label': t('account.zoom'),
    input: () => this.#zoom(Number(this.#slider.value)),
  });
  /** Where each finger is. @type {Map<number, {x: number, y: number}>} */
  #fingers = new Map();

  /** @param {ImageBitmap} picture @param {'person' | 'room'} kind */
  constructor(picture, kind) {
    super();
    this.className = `of-${kind}`;
    this.#picture = picture;
    this.#crop = new Crop(picture.width, picture.height);
    const canvas = this.#canvas;
    canvas.addEventListener('keydown', (event) => this.#key(event));
    canvas.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
    canvas.addEventListener('pointerdown', (event) => this.#touch(event));
    canvas.addEventListener('pointermove', (event) => this.#drag(event));
    for (const name of ['pointerup', 'pointercancel']) {
      canvas.addEventListener(name, (event) => this.#fingers.delete(/** @type {PointerEvent} */ (event).pointerId));
    }
    this.append(canvas, el('p', { class: 'muted', 'aria-hidden': 'true' }, t('account.cropHint')), this.#slider);
    this.#draw(canvas);
  }

  takeFocus() {
    this.#canvas.focus();
  }

  /** What is seen, and the corners around it. @returns {Promise<Blob>} */
  async toBlob() {
    const canvas = el('canvas', { width: `${SIDE}`, height: `${SIDE}` });
    this.#draw(canvas);
    return new Promise((done) => {
      // Every browser can write JPEG.
      canvas.toBlob((blob) => done(/** @type {Blob} */ (blob)), 'image/jpeg', QUALITY);
    });
  }

  /** @param {HTMLCanvasElement} canvas */
  #draw(canvas) {
    const context = canvas.getContext('2d');
    if (!context) return;
    const { x, y, size } = this.#crop.part;
    context.imageSmoothingQuality = 'high';
    // What is transparent would be black in a JPEG.
    context.fillStyle = '#fff';
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(this.#picture, x, y, size, size, 0, 0, canvas.width, canvas.height);
  }

  /** @param {number} right @param {number} down in widths of what is seen */
  #move(right, down) {
    this.#crop.move(right, down);
    this.#draw(this.#canvas);
  }

  /** @param {number} zoom */
  #zoom(zoom) {
    this.#crop.zoom = zoom;
    this.#slider.value = `${this.#crop.zoom}`;
    this.#draw(this.#canvas);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const [right, down] = ARROWS[event.key] ?? [];
    if (right !== undefined && down !== undefined) this.#move(right, down);
    else if (event.key === '+' || event.key === '=') this.#zoom(this.#crop.zoom * ZOOM_STEP);
    else if (event.key === '-') this.#zoom(this.#crop.zoom / ZOOM_STEP);
    else return;
    event.preventDefault();
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    event.preventDefault();
    this.#zoom(this.#crop.zoom * (event.deltaY < 0 ? ZOOM_STEP : 1 / ZOOM_STEP));
  }

  /** @param {PointerEvent} event */
  #touch({ pointerId, clientX: x, clientY: y }) {
    this.#canvas.setPointerCapture(pointerId);
    this.#fingers.set(pointerId, { x, y });
  }

  /** @param {PointerEvent} event */
  #drag({ pointerId, clientX: x, clientY: y }) {
    const before = this.#fingers.get(pointerId);
    if (!before) return;
    const spread = this.#spread;
    this.#fingers.set(pointerId, { x, y });
    const { clientWidth } = this.#canvas;
    const share = this.#fingers.size * clientWidth;
    this.#move((x - before.x) / share, (y - before.y) / share);
    if (spread) this.#zoom(this.#crop.zoom * this.#spread / spread);
  }

  /** How far apart two fingers are, or 0. */
  get #spread() {
    const [one, other] = [...this.#fingers.values()];
    return one && other ? Math.hypot(one.x - other.x, one.y - other.y) : 0;
  }
}

customElements.define('picture-cropper', PictureCropper);
