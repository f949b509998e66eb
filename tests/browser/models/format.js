// Times and names, as people read them. The browser is in Berlin, where 29 March 2026 has 23 hours.

import { dayName, shortTime } from '../base/format.js';
import { hueOf, initialOf } from '../people/avatar.js';
import { assert, at, test } from './runner.js';

test('a day is named by how many midnights ago it was, not by hours', () => {
  const justBefore = new Date('2026-11-20T23:59:59');
  const justAfter = new Date('2026-11-21T00:00:00');
  assert.equal(at('2026-11-20T23:59:59', () => dayName(justBefore)), 'Today');
  assert.equal(at('2026-11-21T00:00:01', () => dayName(justBefore)), 'Yesterday');
  assert.equal(at('2026-11-21T00:00:01', () => dayName(justAfter)), 'Today');
  assert.equal(at('2026-11-22T23:59:59', () => dayName(justAfter)), 'Yesterday');
  assert.ok(at('2026-11-23T00:00:00', () => dayName(justAfter)).includes('2026'));
});

test('a day with 23 or 25 hours is a day', () => {
  const earlySaturday = new Date('2026-03-28T00:10:00');
  assert.equal(at('2026-03-29T23:50', () => dayName(earlySaturday)), 'Yesterday');
  assert.ok(at('2026-03-30T00:10', () => dayName(earlySaturday)).includes('28'));
  assert.equal(at('2026-10-25T23:50', () => dayName(new Date('2026-10-24T00:10'))), 'Yesterday');
  assert.equal(at('2026-10-25T23:50', () => dayName(new Date('2026-10-25T00:10'))), 'Today');
});

test('a list shows the time today, the weekday this week, and the date before', () => {
  const time = new Date('2026-11-18T17:38');
  assert.ok(at('2026-11-18T23:59', () => shortTime(time)).includes(':38'));
  assert.equal(at('2026-11-19T00:01', () => shortTime(time)), 'Wed');
  assert.equal(at('2026-11-24T12:00', () => shortTime(time)), 'Wed');
  assert.ok(at('2026-11-25T00:01', () => shortTime(time)).includes('18'));
});

test('an initial is a whole character, and a hue belongs to an id', () => {
  assert.equal(initialOf('jane'), 'J');
  assert.equal(initialOf('𝒥ane'), '𝒥');
  assert.equal(initialOf(''), '');
  assert.ok(hueOf('9223372036854775807', 'person') < 360);
});

test('people and rooms that came after each other are told apart by their hues', () => {
  /** @type {('person' | 'room')[]} */
  const kinds = ['person', 'room'];
  for (const kind of kinds) {
    for (let first = 1; first <= 100; first += 1) {
      const hues = new Set(Array.from({ length: 8 }, (_, index) => hueOf(`${first + index}`, kind)));
      assert.ok(hues.size >= 7, `${kind} ${first}: ${[...hues]}`);
    }
  }
  const same = Array.from({ length: 100 }, (_, id) => `${id + 1}`).filter((id) => hueOf(id, 'person') === hueOf(id, 'room'));
  assert.equal(same.length, 0);
});
