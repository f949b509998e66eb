// A voice message to be heard: how loud it is from its beginning to its end, and where one is in it.

import { el } from '../base/dom.js';
import { drawing } from '../base/icons.js';
import { t } from '../words/index.js';
import { playTime } from './size.js';

const PLAY = 'M8 5l11 7-11 7z';
const PAUSE = 'M8 5v14M16 5v14';
const LOUDEST = 31;
const SVG = 'http://www.w3.org/2000/svg';

/** The one that is heard. @type {HTMLAudioElement | null} */
let heard = null;

/** @param {string} address @param {number[]} waveform @param {number} duration in milliseconds */
export function voicePlayer(address, waveform, duration) {
  const audio = el('audio', { preload: 'none', src: address });
  const time = el('span', { class: 'facts' }, playTime(duration));
  const place = el('input', {
    type: 'range', min: '0', max: `${duration}`, step: '100', value: '0', 'aria-label': t('files.voice'),
    input: () => {
      audio.currentTime = Number(place.value) / 1_000;
      show();
    },
  });
  const button = el('button', {
    class: 'play', type: 'button', 'aria-label': t('files.play'), click: () => (audio.paused ? play() : audio.pause()),
  }, drawing(PLAY));
  const bars = wave(waveform);
  const play = () => {
    if (heard !== audio) heard?.pause();
    heard = audio;
    audio.play().catch(() => audio.pause());
  };
  const show = () => {
    const now = audio.currentTime * 1_000;
    place.value = `${now}`;
    place.ariaValueText = playTime(now);
    time.textContent = playTime(audio.paused && now === 0 ? duration : now);
    const done = duration ? now / duration : 0;
    for (const [index, bar] of [...bars.children].entries()) bar.classList.toggle('done', index < done * bars.children.length);
  };
  const turn = () => {
    button.ariaLabel = t(audio.paused ? 'files.play' : 'files.pause');
    button.replaceChildren(drawing(audio.paused ? PLAY : PAUSE));
    show();
  };
  audio.addEventListener('timeupdate', show);
  audio.addEventListener('play', turn);
  audio.addEventListener('pause', turn);
  audio.addEventListener('ended', () => {
    audio.currentTime = 0;
    show();
  });
  return el('div', { class: 'voice' }, audio, button, el('div', { class: 'wave' }, bars, place), time);
}

/** @param {number[]} waveform */
function wave(waveform) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', `0 0 ${waveform.length * 3} 32`);
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('aria-hidden', 'true');
  for (const [index, level] of waveform.entries()) {
    const bar = document.createElementNS(SVG, 'rect');
    const height = 2 + 30 * level / LOUDEST;
    for (const [name, value] of Object.entries({ x: 3 * index, y: (32 - height) / 2, width: 2, height, rx: 1 })) bar.setAttribute(name, `${value}`);
    svg.append(bar);
  }
  return svg;
}
