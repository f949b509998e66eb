// Times that nobody reads at the first look, and times as elements, which say the whole of it to whoever wants to know.

import { el } from './dom.js';
import { locale, t } from '../words/index.js';
import { clockTime, formats, fullTime, recentDay } from './format.js';

const HOUR_MS = 3_600_000;

/** @param {Date} time */
export const date = (time) => formats().date.format(time);

/** The time of a day of which it matters, else the date. @param {Date} time */
export function recentTime(time) {
  const day = recentDay(time);
  return day ? `${day}, ${clockTime(time)}` : date(time);
}

/** The day, and the hour of days of which it matters. @param {string} iso */
export function timeOf(iso) {
  const time = new Date(iso);
  return el('time', { datetime: iso, title: fullTime(time) }, recentTime(time));
}

/** When somebody was last here. The server notes it once an hour, so that they may have been there since. @param {string} iso */
export function seenAt(iso) {
  return Date.now() - Date.parse(iso) < HOUR_MS ? t('base.lastHour') : timeOf(iso);
}

/** @param {string} iso */
export function dateOf(iso) {
  const text = new Date(iso).toLocaleString(locale, { dateStyle: 'medium', timeStyle: 'short' });
  return el('time', { datetime: iso }, text);
}

/** @param {string} iso */
export function dayOf(iso) {
  return el('time', { datetime: iso }, date(new Date(iso)));
}
