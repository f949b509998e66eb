// What a device is called, by what its browser or program says of itself.

import { t } from '../words/index.js';

/** What a User-Agent may say, and what to call that. The first counts, as many browsers claim to be others too. */
const BROWSERS = {
  Edg: 'Edge', OPR: 'Opera', SamsungBrowser: 'Samsung Internet', Firefox: 'Firefox', FxiOS: 'Firefox', Chrome: 'Chrome',
  CriOS: 'Chrome', Safari: 'Safari',
};
const SYSTEMS = {
  iPhone: 'iPhone', iPad: 'iPad', Android: 'Android', Windows: 'Windows', 'Mac OS X': 'Mac', CrOS: 'ChromeOS',
  Linux: 'Linux',
};

/** @param {string} userAgent */
export function deviceName(userAgent) {
  const find = (/** @type {Record<string, string>} */ names) =>
    Object.entries(names).find(([sign]) => userAgent.includes(sign))?.[1];
  // Other programs begin with their name, as in curl/8.5.0.
  const program = find(BROWSERS) ?? (userAgent.split('/', 1)[0] || t('account.unknownDevice'));
  const system = find(SYSTEMS);
  return system ? t('account.device', { program, system }) : program;
}
