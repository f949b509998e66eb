// Pictures in some twenty bytes, the same ones as those of everybody else who has them.

import { bytesOf, decode, encode, textOfBytes } from '../files/thumbhash.js';
import { range, test } from './fakes.js';
import { assert } from './runner.js';

/** @param {number} width @param {number} height @param {(x: number, y: number) => number[]} colour from 0 to 1 across and down */
function pixelsOf(width, height, colour) {
  const pixels = new Uint8ClampedArray(width * height * 4);
  for (const y of range(0, height - 1)) {
    for (const x of range(0, width - 1)) pixels.set(colour(x / width, y / height).map(Math.trunc), 4 * (y * width + x));
  }
  return pixels;
}

/**
 * What Evan Wallace’s own code (0.1.1) makes of them, and the first and the last pixel of what it makes of that.
 * @type {[string, number, number, (x: number, y: number) => number[], string, number[], number[], number[]][]}
 */
const VECTORS = [
  ['landscape', 24, 16, (x, y) => [255 * x * x, 255 * y * (1 - x), 128 + 120 * x * y * y, 255],
    'mCUKFaShh4dgd3h4eHd3eMMGBal5', [32, 23], [0, 11, 99, 255], [255, 53, 230, 255]],
  ['portrait', 10, 30, (x, y) => [40 + 200 * x * y, 200 * y * y, 255 * (1 - y) * (1 - x), 255],
    'EigGcgqJwKh3h4iHg3AY+Eo=', [9, 32], [18, 0, 218, 255], [189, 180, 0, 255]],
  ['clear corners', 20, 15, (x, y) => [10 + 200 * x * x, 90 + 100 * x * y, 255 * y * y, 255 * Math.max(0, 1 - Math.hypot(x - .3, y - .6) * 1.2)],
    '1YeFJIQXcnhweZuHR/c6gIr3ciaHKIeIBg==', [32, 26], [31, 104, 63, 69], [69, 115, 131, 51]],
];

test('a picture becomes the same few bytes as anywhere else', () => {
  for (const [name, width, height, colour, hash] of VECTORS) {
    assert.equal([name, textOfBytes(encode(width, height, pixelsOf(width, height, colour)))], [name, hash]);
  }
});

test('and those become the same small picture', () => {
  for (const [name, , , , hash, size, first, last] of VECTORS) {
    const { width, height, pixels } = decode(bytesOf(hash));
    assert.equal([name, width, height], [name, ...size]);
    assert.equal([[...pixels.slice(0, 4)], [...pixels.slice(-4)]], [first, last]);
  }
});

test('nothing breaks of bytes that are no picture', () => {
  for (const length of range(0, 30)) decode(new Uint8Array(length).fill(0xff));
  assert.ok(encode(1, 1, new Uint8ClampedArray(4)).length > 0);
});
