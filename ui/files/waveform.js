// How loud a recording is, in a few numbers.

/** So many numbers, at most, and how large they may be, as the server takes them. */
const MOST = 64;
const LOUDEST = 31;

/** @param {number[]} levels from 0 to 1, at equal intervals */
export function waveformOf(levels) {
  const count = Math.min(MOST, levels.length);
  const loudest = Math.max(...levels, .01);
  return Array.from({ length: count }, (_, index) => {
    const from = Math.floor(index * levels.length / count);
    const part = levels.slice(from, Math.max(from + 1, Math.floor((index + 1) * levels.length / count)));
    return Math.round(LOUDEST * Math.max(...part) / loudest);
  });
}
