// Sizes of files and lengths of recordings, as people read them.

import { locale } from '../words/index.js';

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'];
const MINUTE_S = 60;

/** In a whole number, or one with one decimal place where that is small. @param {number} bytes */
export function fileSize(bytes) {
  // As operating systems count them.
  const power = bytes < 1_000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1_000 ** power;
  const maximumFractionDigits = power > 0 && value < 10 ? 1 : 0;
  return new Intl.NumberFormat(locale, { style: 'unit', unit: UNITS[power], unitDisplay: power ? 'short' : 'long', maximumFractionDigits })
    .format(value);
}

/** As in 1:05. @param {number} milliseconds */
export function playTime(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1_000));
  const digits = new Intl.NumberFormat(locale, { minimumIntegerDigits: 2 });
  return `${new Intl.NumberFormat(locale).format(Math.floor(seconds / MINUTE_S))}:${digits.format(seconds % MINUTE_S)}`;
}
