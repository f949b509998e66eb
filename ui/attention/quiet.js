// Quiet hours, in which nobody is called back to the page either. They are the same on all devices.

import { settings } from '../account/settings.js';
import { reasonOf } from '../base/api.js';

/** @import {Api} from '../base/api.js' */
/** @import {QuietHours} from '../base/types.js' */

/** So long, what the server has said of them is taken to be so. */
const KNOWN_MS = 60_000;

/** @type {WeakMap<Api, {at: number, quiet: Promise<QuietHours | null>}>} */
const known = new WeakMap();

/** @param {Api} api */
export async function isQuiet(api) {
  return covers(await hours(api), new Date());
}

/** Where that can’t be told, rather too much than too little. @param {Api} api */
function hours(api) {
  const last = known.get(api);
  if (last && Date.now() - last.at < KNOWN_MS) return last.quiet;
  const quiet = settings(api).then((own) => own.quiet, (error) => {
    reasonOf(error);
    known.delete(api);
    return null;
  });
  known.set(api, { at: Date.now(), quiet });
  return quiet;
}

/** Whether a moment is in them, by the clocks of their time zone. @param {QuietHours | null} quiet @param {Date} moment */
export function covers(quiet, moment) {
  if (!quiet) return false;
  const { from, to, zone } = quiet;
  try {
    const format = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
    const shown = format.format(moment);
    return from < to ? from <= shown && shown < to : from <= shown || shown < to;
  } catch {
    // A zone that this browser doesn’t know.
    return false;
  }
}
