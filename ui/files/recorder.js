// Voice messages: held while one speaks, or tapped once to begin and once to send.

import { CROSS } from '../base/dialog.js';
import { el } from '../base/dom.js';
import { drawing } from '../base/icons.js';
import { addStyle } from '../base/load.js';
import { t } from '../words/index.js';
import { playTime } from './size.js';
import { waveformOf } from './waveform.js';

/** @import {MessageComposer} from '../messages/message-composer.js' */
/** @import {Outgoing} from './uploads.js' */

addStyle(import.meta.url, 'recorder.css');

/** What most can play comes first. */
const TYPES = ['audio/mp4', 'audio/webm;codecs=opus', 'audio/ogg;codecs=opus'];
/** @type {Record<string, string>} */
const ENDINGS = { 'audio/mp4': 'm4a', 'audio/webm': 'weba', 'audio/ogg': 'ogg' };
const TICK_MS = 100;
const SHORTEST_MS = 700;
/** Held for longer, letting go sends. */
const HOLD_MS = 400;
const SLIDE_PX = 80;
/** However a finger leaves: it is lifted, or the system takes it away. */
const LIFTED = ['pointerup', 'pointercancel'];
const ARROW = 'M12 19V5M6 11l6-6 6 6';

/**
 * Begins to record in place of what one writes.
 * @param {MessageComposer} composer @param {PointerEvent | null} held by which it was begun, if a finger is still down
 * @param {(recording: Outgoing) => void} send
 */
export async function record(composer, held, send) {
  /** Where the finger is let go before there is a microphone. */
  let isHeld = Boolean(held);
  const life = new AbortController();
  const { signal } = life;
  const begun = performance.now();
  for (const name of LIFTED) {
    addEventListener(name, () => {
      isHeld = false;
    }, { signal });
  }
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const type = TYPES.find((each) => MediaRecorder.isTypeSupported(each)) ?? '';
  const recorder = new MediaRecorder(stream, { mimeType: type, audioBitsPerSecond: 32_000 });
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  /** @type {Blob[]} */
  const pieces = [];
  /** @type {number[]} */
  const levels = [];
  let start = performance.now();
  let isWanted = true;

  const time = el('output', { class: 'record-time', role: 'timer', 'aria-live': 'off' }, playTime(0));
  const level = el('span', { class: 'level', 'aria-hidden': 'true' });
  const hint = el('span', { class: 'slide muted', hidden: !isHeld }, t('files.slideToCancel'));
  const bar = el('div', { class: 'recorder', role: 'group', 'aria-label': t('files.recording') },
    el('button', { class: 'tool', type: 'button', 'aria-label': t('files.discard'), title: t('files.discard'), click: () => stop(false) }, drawing(CROSS)),
    level, time, hint,
    el('button', { class: 'button primary send-recording', type: 'button', 'aria-label': t('files.sendRecording'), title: t('files.sendRecording'), click: () => stop(true) }, drawing(ARROW)));

  /** @param {boolean} wanted */
  const stop = (wanted) => {
    isWanted = wanted;
    if (recorder.state !== 'inactive') recorder.stop();
  };
  const tick = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const loudness = Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);
    levels.push(loudness);
    level.style.setProperty('scale', `${1 + Math.min(1, 4 * loudness)}`);
    // Whole seconds that have passed.
    time.textContent = playTime(1_000 * Math.floor((performance.now() - start) / 1_000));
  }, TICK_MS);
  recorder.addEventListener('dataavailable', ({ data }) => pieces.push(data));
  recorder.addEventListener('stop', () => {
    const duration = Math.round(performance.now() - start);
    clearInterval(tick);
    life.abort();
    context.close();
    for (const track of stream.getTracks()) track.stop();
    bar.remove();
    composer.form.hidden = false;
    composer.takeFocus();
    if (!isWanted || duration < SHORTEST_MS) return;
    const [kind = ''] = recorder.mimeType.split(';');
    const body = new Blob(pieces, { type: kind });
    const name = `${t('files.voice')}.${ENDINGS[kind] ?? 'bin'}`;
    send({ info: { name, size: body.size, type: kind, duration, waveform: waveformOf(levels) }, body, thumb: null });
  });
  // Where one goes, nothing goes on listening.
  composer.signal.addEventListener('abort', () => stop(false), { signal });
  addEventListener('keydown', ({ key }) => key === 'Escape' && stop(false), { signal });
  if (held) followFinger(held, begun, signal, stop, hint);

  composer.form.hidden = true;
  composer.form.after(bar);
  start = performance.now();
  recorder.start();
  bar.querySelector('button')?.focus();
  // A finger that was lifted while somebody was asked for the microphone isn’t held any more.
  if (held && !isHeld) hint.hidden = true;
}

/** @param {PointerEvent} held @param {number} begun @param {AbortSignal} signal @param {(wanted: boolean) => void} stop @param {HTMLElement} hint */
function followFinger({ clientX, pointerId }, begun, signal, stop, hint) {
  const direction = document.dir === 'rtl' ? 1 : -1;
  const isOurs = (/** @type {PointerEvent} */ event) => event.pointerId === pointerId && !hint.hidden;
  addEventListener('pointermove', (event) => {
    if (isOurs(event) && (event.clientX - clientX) * direction > SLIDE_PX) stop(false);
  }, { signal });
  for (const name of LIFTED) {
    addEventListener(name, (event) => {
      if (!isOurs(/** @type {PointerEvent} */ (event))) return;
      hint.hidden = true;
      // A tap has only begun it; and what the system takes away has decided nothing.
      if (name === 'pointerup' && performance.now() - begun > HOLD_MS) stop(true);
    }, { signal });
  }
}
