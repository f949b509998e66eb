// Times as elements, which say the whole of it to whoever wants to know.

import { el } from './dom.js';
import { date, dateAndTime, fullTime, recentTime } from './format.js';

/** The day, and the hour of days of which it matters. @param {string} iso */
export function timeOf(iso) {
  const time = new Date(iso);
  return el('time', { datetime: iso, title: fullTime(time) }, recentTime(time));
}

/** @param {string} iso */
export function dateOf(iso) {
  return el('time', { datetime: iso }, dateAndTime(new Date(iso)));
}

/** @param {string} iso */
export function dayOf(iso) {
  return el('time', { datetime: iso }, date(new Date(iso)));
}
