// Quiet hours, in which nobody is called back to the page either. They are the same on all devices.

import { recentSettings } from '../account/settings.js';
import { reasonOf } from '../base/api.js';

/** @import {Api} from '../base/api.js' */
/** @import {QuietHours} from '../base/types.js' */

/** Where that can’t be told, rather too much than too little. @param {Api} api */
export async function isQuiet(api) {
  const { quiet } = await recentSettings(api).catch((error) => {
    reasonOf(error);
    return { quiet: null };
  });
  return covers(quiet, new Date());
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
