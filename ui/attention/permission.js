// Whether somebody wants to be called back to this browser, and how; whether it may, and whether they have been asked.

import { forget } from '../base/storage.js';
import { PREFIX } from '../shell/preferences.js';

/** @import {Preferences} from '../shell/preferences.js' */

const ASKED = 'asked-to-notify';
const NOTIFY = 'notify';
const RINGS = 'rings';
const SOUND = 'sound';

/** On only where the browser allows it. @param {Preferences} preferences @returns {boolean} */
export function notifies(preferences) {
  return preferences.get(NOTIFY) === true && globalThis.Notification?.permission === 'granted';
}

/** @param {Preferences} preferences @param {boolean} on */
export function setNotify(preferences, on) {
  preferences.set(NOTIFY, on);
}

/** Whether the server pushes to this browser, so that the page needn’t notify anybody itself. @param {Preferences} preferences @returns {boolean} */
export function rings(preferences) {
  return notifies(preferences) && preferences.get(RINGS) === true;
}

/** @param {Preferences} preferences @param {boolean} on */
export function setRings(preferences, on) {
  preferences.set(RINGS, on);
}

/** Whoever signs in here next hasn’t asked for it. */
export function forgetNotify() {
  for (const name of [NOTIFY, RINGS]) forget(PREFIX + name);
}

/** @param {Preferences} preferences @returns {boolean} */
export function sounds(preferences) {
  return preferences.get(SOUND) ?? false;
}

/** @param {Preferences} preferences @param {boolean} on */
export function setSound(preferences, on) {
  preferences.set(SOUND, on);
}

/** Whether somebody has said already what they want, so that the page needn’t ask by itself. @param {Preferences} preferences @returns {boolean} */
export function wasAsked(preferences) {
  return preferences.get(ASKED) ?? false;
}

/** @param {Preferences} preferences */
export function keepAsked(preferences) {
  preferences.set(ASKED, true);
}

/** Turns notifications on if the browser, and whoever it asks, allow it. @param {Preferences} preferences */
export async function askToNotify(preferences) {
  keepAsked(preferences);
  setNotify(preferences, await Notification.requestPermission() === 'granted');
}

/** It can be taken back in the browser’s own settings. Not every browser can tell. @param {Preferences} preferences @param {AbortSignal} signal */
export function watchPermission(preferences, signal) {
  navigator.permissions?.query({ name: 'notifications' })
    .then((status) => status.addEventListener('change', () => preferences.changed(), { signal }), () => {});
}
