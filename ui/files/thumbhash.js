// A picture in some twenty bytes, to be shown while it is loaded: ThumbHash, as published by Evan Wallace
// (https://evanw.github.io/thumbhash/). It is a cosine transform of brightness, of two differences of colour, and of
// what can be seen through, of which the lowest frequencies are kept in four bits each.

/** The longer side of what is looked at, in pixels. */
export const LARGEST = 100;
/** The longer side of what is drawn, in pixels. */
const DRAWN = 32;

/** How many frequencies of brightness there are at most, with something to see through and without. @param {boolean} isClear */
const mostOf = (isClear) => (isClear ? 5 : 7);

/**
 * Of pixels in RGBA, at most 100 on a side.
 * @param {number} width @param {number} height @param {Uint8ClampedArray} pixels
 */
export function encode(width, height, pixels) {
  const { channels, isClear } = channelsOf(width * height, pixels);
  const longer = Math.max(width, height);
  const most = mostOf(isClear);
  const across = Math.max(1, Math.round(most * width / longer));
  const down = Math.max(1, Math.round(most * height / longer));
  const [l, p, q, a] = channels.map((channel, index) => {
    const [x, y] = index === 0 ? [Math.max(3, across), Math.max(3, down)] : index === 3 ? [5, 5] : [3, 3];
    return transform(channel, width, height, x, y);
  });
  if (!l || !p || !q || !a) return new Uint8Array();
  const isLandscape = width > height;
  const colours = Math.round(63 * l.mean) | Math.round(31.5 + 31.5 * p.mean) << 6 | Math.round(31.5 + 31.5 * q.mean) << 12
    | Math.round(31 * l.scale) << 18 | Number(isClear) << 23;
  const shape = (isLandscape ? down : across) | Math.round(63 * p.scale) << 3 | Math.round(63 * q.scale) << 9
    | Number(isLandscape) << 15;
  const head = [colours, colours >> 8, colours >> 16, shape, shape >> 8];
  if (isClear) head.push(Math.round(15 * a.mean) | Math.round(15 * a.scale) << 4);
  const waves = [l, p, q, ...isClear ? [a] : []].flatMap(({ waves }) => waves);
  const nibbles = waves.map((wave) => Math.round(15 * wave));
  const pairs = Array.from({ length: Math.ceil(nibbles.length / 2) }, (_, index) =>
    (nibbles[2 * index] ?? 0) | (nibbles[2 * index + 1] ?? 0) << 4);
  return Uint8Array.from([...head, ...pairs]);
}

/**
 * Brightness, yellow against blue, red against green, and how little is seen through: each from 0 or -1 to 1, over the mean
 * colour where it is seen through.
 * @param {number} count @param {Uint8ClampedArray} pixels
 */
function channelsOf(count, pixels) {
  const at = (/** @type {number} */ index) => (pixels[index] ?? 0) / 255;
  let [red, green, blue, opacity] = [0, 0, 0, 0];
  for (let index = 0; index < count * 4; index += 4) {
    const alpha = at(index + 3);
    red += alpha * at(index);
    green += alpha * at(index + 1);
    blue += alpha * at(index + 2);
    opacity += alpha;
  }
  const [meanRed = 0, meanGreen = 0, meanBlue = 0] = [red, green, blue].map((sum) => (opacity ? sum / opacity : 0));
  const channels = Array.from({ length: 4 }, () => new Float64Array(count));
  for (let index = 0; index < count; index += 1) {
    const alpha = at(4 * index + 3);
    const r = meanRed * (1 - alpha) + alpha * at(4 * index);
    const g = meanGreen * (1 - alpha) + alpha * at(4 * index + 1);
    const b = meanBlue * (1 - alpha) + alpha * at(4 * index + 2);
    for (const [which, value] of [(r + g + b) / 3, (r + g) / 2 - b, r - g, alpha].entries()) {
      const channel = channels[which];
      if (channel) channel[index] = value;
    }
  }
  return { channels, isClear: opacity < count };
}

/** Which frequencies are kept: a triangle of them, without the mean. @param {number} across @param {number} down @returns {[number, number][]} */
function frequencies(across, down) {
  /** @type {[number, number][]} */
  const kept = [];
  for (let y = 0; y < down; y += 1) {
    for (let x = y ? 0 : 1; x * down < across * (down - y); x += 1) kept.push([x, y]);
  }
  return kept;
}

/** @param {number} size @param {number} frequency @param {number} place */
const wave = (size, frequency, place) => Math.cos(Math.PI / size * frequency * (place + .5));

/** @param {Float64Array} channel @param {number} width @param {number} height @param {number} across @param {number} down */
function transform(channel, width, height, across, down) {
  const strength = (/** @type {[number, number]} */ [x, y]) => {
    const row = Array.from({ length: width }, (_, place) => wave(width, x, place));
    let sum = 0;
    for (let v = 0; v < height; v += 1) {
      const factor = wave(height, y, v);
      for (let u = 0; u < width; u += 1) sum += (channel[v * width + u] ?? 0) * (row[u] ?? 0) * factor;
    }
    return sum / (width * height);
  };
  const strengths = frequencies(across, down).map(strength);
  const scale = Math.max(...strengths.map(Math.abs));
  return { mean: strength([0, 0]), scale, waves: strengths.map((each) => (scale ? .5 + .5 / scale * each : each)) };
}

/** A small picture in RGBA. @param {Uint8Array} hash */
export function decode(hash) {
  const byte = (/** @type {number} */ index) => hash[index] ?? 0;
  const colours = byte(0) | byte(1) << 8 | byte(2) << 16;
  const shape = byte(3) | byte(4) << 8;
  const isClear = Boolean(colours >> 23);
  const isLandscape = Boolean(shape >> 15);
  const [shorter, longer] = [shape & 7, mostOf(isClear)];
  const [across, down] = isLandscape ? [longer, shorter] : [shorter, longer];
  let nibble = isClear ? 12 : 10;
  /** @param {number} mean @param {number} x @param {number} y @param {number} scale */
  const channel = (mean, x, y, scale) => ({
    mean,
    waves: frequencies(x, y).map((frequency) => {
      const value = byte(nibble >> 1) >> (nibble % 2 * 4) & 15;
      nibble += 1;
      return { frequency, strength: (value / 7.5 - 1) * scale };
    }),
  });
  // Colours are a little stronger than they were, as rounding has taken some of them.
  const l = channel((colours & 63) / 63, Math.max(3, across), Math.max(3, down), (colours >> 18 & 31) / 31);
  const p = channel((colours >> 6 & 63) / 31.5 - 1, 3, 3, (shape >> 3 & 63) / 63 * 1.25);
  const q = channel((colours >> 12 & 63) / 31.5 - 1, 3, 3, (shape >> 9 & 63) / 63 * 1.25);
  const a = isClear ? channel((byte(5) & 15) / 15, 5, 5, (byte(5) >> 4) / 15) : { mean: 1, waves: [] };

  const ratio = across / Math.max(1, down);
  const width = Math.max(1, Math.round(ratio > 1 ? DRAWN : DRAWN * ratio));
  const height = Math.max(1, Math.round(ratio > 1 ? DRAWN / ratio : DRAWN));
  const pixels = new Uint8ClampedArray(width * height * 4);
  for (let v = 0; v < height; v += 1) {
    for (let u = 0; u < width; u += 1) {
      const [light = 0, yellow = 0, red = 0, alpha = 0] = [l, p, q, a].map(({ mean, waves }) =>
        waves.reduce((sum, { frequency: [x, y], strength }) => sum + 2 * strength * wave(width, x, u) * wave(height, y, v), mean));
      const b = light - 2 / 3 * yellow;
      const r = (3 * light - b + red) / 2;
      pixels.set([r, r - red, b, alpha].map((part) => Math.trunc(255 * Math.min(1, Math.max(0, part)))), 4 * (v * width + u));
    }
  }
  return { width, height, pixels };
}

/** @param {string} text in Base64 */
export function bytesOf(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/** In Base64. @param {Uint8Array} bytes */
export function textOfBytes(bytes) {
  return btoa(String.fromCharCode(...bytes));
}
