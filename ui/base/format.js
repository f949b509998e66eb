// Times and names, as people read them.

import { locale, t } from '../words/index.js';

/** @import {User} from './types.js' */

const DAY_MS = 86_400_000;

/** @param {Intl.DateTimeFormatOptions} options */
const format = (options) => new Intl.DateTimeFormat(locale, options);

const makeFormats = () => ({
  clock: format({ hour: 'numeric', minute: '2-digit' }),
  weekday: format({ weekday: 'short' }),
  date: format({ dateStyle: 'medium' }),
  longDate: format({ dateStyle: 'full' }),
  full: format({ dateStyle: 'full', timeStyle: 'short' }),
});
/** @type {ReturnType<typeof makeFormats> | undefined} */
let made;
/** Made when they are needed, by when the language is known. */
export const formats = () => made ??= makeFormats();

/** Goes over to the time zone that it is now; a format stays in the one where it was made. */
export function followZone() {
  made = undefined;
}

/** How many midnights ago it was. @param {Date} time */
function daysAgo(time) {
  // Rounded, because a day may have 23 or 25 hours.
  return Math.round((new Date().setHours(0, 0, 0, 0) - new Date(time).setHours(0, 0, 0, 0)) / DAY_MS);
}

/** @param {Date} time */
export const clockTime = (time) => formats().clock.format(time);

/** @param {Date} time */
export const fullTime = (time) => formats().full.format(time);

/** The heading of a day of messages. @param {Date} time */
export function dayName(time) {
  return recentDay(time) || formats().longDate.format(time);
}

/** What the last two days are called. @param {Date} time */
export function recentDay(time) {
  const days = daysAgo(time);
  return days === 0 ? t('time.today') : days === 1 ? t('time.yesterday') : '';
}

/** As little as says when: the time today, the weekday this week, else the date. @param {Date} time */
export function shortTime(time) {
  const days = daysAgo(time);
  return formats()[days < 1 ? 'clock' : days < 7 ? 'weekday' : 'date'].format(time);
}

/** What somebody is called. @param {User | null | undefined} user */
export function titleOf(user) {
  return user?.deleted ? t('people.deleted') : user?.displayName ?? user?.username ?? '';
}
