// How files are called and measured, in words.

import { el } from '../base/dom.js';
import { endingOf, factsOf, kindOf, summaryOf } from '../files/kinds.js';
import { fit } from '../files/make-small.js';
import { fileSize, playTime } from '../files/size.js';
import { waveformOf } from '../files/waveform.js';
import rest from '../words/en-rest.js';
import { addWords } from '../words/index.js';
import { test } from './fakes.js';
import { assert } from './runner.js';

/** @param {string} type @param {string} [name] @param {number[]} [waveform] */
const file = (type, name = 'a', waveform = undefined) => ({ type, name, size: 1, waveform });

test('what came without a text is said', async () => {
  addWords(rest);
  const [photo, video, sheet] = [file('image/png'), file('video/mp4'), file('application/pdf', 'plan.pdf')];
  const voice = file('audio/mp4', 'voice.m4a', [1, 2]);
  const said = [[], [photo], [photo, photo, photo], [video], [voice], [sheet], [sheet, sheet], [photo, sheet]]
    .map((attachments) => summaryOf({ attachments }));
  assert.equal(said, ['', 'Photo', '3 photos', 'Video', 'Voice message', 'plan.pdf', '2 files', '2 files']);
  assert.equal(summaryOf({}), '');
});

test('only what every browser shows is a picture', () => {
  const kinds = ['image/jpeg', 'image/svg+xml', 'image/heic', 'video/webm', 'audio/ogg', 'text/html'].map((type) => kindOf(file(type)));
  assert.equal(kinds, ['picture', 'file', 'file', 'video', 'audio', 'file']);
  const sides = [10_000, 10_001].map((width) => kindOf({ ...file('image/png'), width, height: 10_000 }));
  assert.equal(sides, ['picture', 'file']);
});

test('sizes are told as people read them', () => {
  const sizes = [0, 1, 999, 1_000, 1_540, 15_400, 1_000_000, 1_234_567_890].map(fileSize);
  assert.equal(sizes, ['0 bytes', '1 byte', '999 bytes', '1 kB', '1.5 kB', '15 kB', '1 MB', '1.2 GB']);
  assert.equal([0, 5_400, 65_000, 3_600_000].map(playTime), ['0:00', '0:05', '1:05', '60:00']);
  assert.equal(['a.pdf', 'b.tar.gz', 'c', 'd.', 'e.somewhat', '.x'].map(endingOf), ['PDF', 'GZ', '', '', '', 'X']);
  assert.equal(el('p', {}, ...factsOf({ name: 'a.pdf', size: 2_000 })).textContent, 'PDF, 2 kB');
});

test('a picture keeps its shape in a square, and is never made larger', () => {
  assert.equal(fit(4_000, 3_000, 2_048), { width: 2_048, height: 1_536 });
  assert.equal(fit(30, 6_000, 480), { width: 2, height: 480 });
  assert.equal(fit(1, 60_000, 100), { width: 1, height: 100 });
  assert.equal(fit(30, 20, 480), { width: 30, height: 20 });
});

test('a recording is as loud as it is in at most 64 numbers', () => {
  assert.equal(waveformOf([]), []);
  assert.equal(waveformOf([0, .25, .5]), [0, 16, 31]);
  const long = waveformOf(Array.from({ length: 1_000 }, (_, index) => index / 1_000));
  assert.equal([long.length, long[0], long.at(-1)], [64, 0, 31]);
  // A murmur isn’t a shout.
  assert.ok(Math.max(...waveformOf([.001, .002])) < 10);
});
