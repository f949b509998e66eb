// Quiet hours, as the page keeps them. The server has a longer table of the same (src/model/quiet.rs).

import { covers } from '../attention/quiet.js';
import { assert, test } from './runner.js';

const NIGHT = { from: '22:00', to: '07:00', zone: 'Europe/Berlin' };
const NOON = { from: '12:00', to: '13:30', zone: 'Europe/Berlin' };

/** @param {import('../base/types.js').QuietHours | null} quiet @param {string} moment */
const isQuiet = (quiet, moment) => covers(quiet, new Date(moment));

test('quiet hours are those that clocks show', () => {
  assert.equal(isQuiet(NIGHT, '2026-01-10T20:59:59Z'), false);
  assert.equal(isQuiet(NIGHT, '2026-01-10T21:00:00Z'), true);
  assert.equal(isQuiet(NIGHT, '2026-01-11T05:59:59Z'), true);
  assert.equal(isQuiet(NIGHT, '2026-01-11T06:00:00Z'), false);
  assert.equal(isQuiet(NIGHT, '2026-07-11T05:00:00Z'), false);
  assert.equal(isQuiet(NOON, '2026-01-10T12:29:59Z'), true);
  assert.equal(isQuiet(NOON, '2026-01-10T10:59:59Z'), false);
  assert.equal(isQuiet({ from: '00:00', to: '00:30', zone: 'Asia/Kathmandu' }, '2026-05-01T18:15:00Z'), true);
});

test('quiet hours that a clock leaves out or shows twice are those that it shows', () => {
  assert.equal(isQuiet({ ...NIGHT, from: '02:30', to: '04:00' }, '2026-03-29T01:00:00Z'), true);
  assert.equal(isQuiet({ ...NIGHT, from: '02:15', to: '02:45' }, '2026-10-25T00:15:00Z'), true);
  assert.equal(isQuiet({ ...NIGHT, from: '02:15', to: '02:45' }, '2026-10-25T01:15:00Z'), true);
});

test('without quiet hours, or in a zone that the browser doesn’t know, it is never quiet', () => {
  assert.equal(isQuiet(null, '2026-01-10T21:00:00Z'), false);
  assert.equal(isQuiet({ ...NIGHT, zone: 'Europe/Atlantis' }, '2026-01-10T21:00:00Z'), false);
});
