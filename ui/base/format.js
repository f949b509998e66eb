// Times, names and links, as people read them.

const DAY_MS = 86_400_000;

/** @param {Intl.DateTimeFormatOptions} options */
const format = (options) => new Intl.DateTimeFormat(undefined, options);

const makeFormats = () => ({
  clock: format({ hour: 'numeric', minute: '2-digit' }),
  weekday: format({ weekday: 'short' }),
  date: format({ dateStyle: 'medium' }),
  longDate: format({ dateStyle: 'full' }),
  full: format({ dateStyle: 'full', timeStyle: 'short' }),
});
let formats = makeFormats();

/** Goes over to the time zone that it is now; a format stays in the one where it was made. */
export function followZone() {
  formats = makeFormats();
}

/** How many midnights ago it was. @param {Date} time */
function daysAgo(time) {
  // Rounded, because a day may have 23 or 25 hours.
  return Math.round((new Date().setHours(0, 0, 0, 0) - new Date(time).setHours(0, 0, 0, 0)) / DAY_MS);
}

/** @param {Date} time */
export const clockTime = (time) => formats.clock.format(time);

/** @param {Date} time */
export const fullTime = (time) => formats.full.format(time);

/** The heading of a day of messages. @param {Date} time */
export function dayName(time) {
  return ['Today', 'Yesterday'][daysAgo(time)] ?? formats.longDate.format(time);
}

/** As little as says when: the time today, the weekday this week, else the date. @param {Date} time */
export function shortTime(time) {
  const days = daysAgo(time);
  return formats[days < 1 ? 'clock' : days < 7 ? 'weekday' : 'date'].format(time);
}

/** @param {string} name */
export function initialOf(name) {
  return ([...name][0] ?? '').toUpperCase();
}

/** @param {number} count */
export function countPeople(count) {
  return count === 1 ? '1 person' : `${count} people`;
}

/** One of eight hues, in degrees; a person keeps theirs. @param {string} id */
export function hueOf(id) {
  return Number(BigInt(id) % 8n) * 45 + 20;
}

/**
 * Splits a text into plain parts and the web addresses in it.
 * @param {string} text
 * @returns {(string | {text: string, href: string})[]}
 */
export function splitLinks(text) {
  return text.split(/(\bhttps?:\/\/[^\s<>"]+)/i).flatMap((part, index) => {
    if (index % 2 === 0) return [part];
    // What ends a sentence, or closes a bracket that was opened before, isn't part of the address.
    let address = part.replace(/[.,;:!?'’”…]+$/, '');
    if (address.endsWith(')') && address.split(')').length > address.split('(').length) address = address.slice(0, -1);
    if (!URL.canParse(address)) return [part];
    const { href } = new URL(address);
    // What turns the direction of writing around would make it look like another.
    const text = /\p{Bidi_Control}/u.test(address) ? href : address;
    return [{ text, href }, part.slice(address.length)];
  });
}
