// A message as it stands among others: grouped with those above it, with its state, and made of text alone.

import { followZone } from '../base/format.js';
import { formats, showMessage } from '../messages/message-row.js';
import { showFoot } from '../messages/row-foot.js';
import { formatted } from '../text/text-view.js';
import rest from '../words/en-rest.js';
import { addWords } from '../words/index.js';
import { afterwards, JANE, replace, test } from './fakes.js';
import { assert, at } from './runner.js';

/** @import {Item} from '../messages/message-row.js' */

/** A message of somebody else's, at a local time. @param {string} time @param {Partial<Item>} [more] @returns {Item} */
function item(time, more = {}) {
  const createdAt = new Date(time).toISOString();
  return { key: 'a', id: '7', number: 1, content: 'hello', createdAt, mine: false, from: 'jane', state: 'sent', ...more };
}

/** The row of an item below another one. @param {Item} shown @param {Item} [above] @param {boolean} [fresh] */
function rowOf(shown, above, fresh = false) {
  const row = document.createElement('li');
  showMessage(row, shown, above, fresh);
  showFoot(row, shown);
  return row;
}

/** @param {Element} row @param {string} selector */
const textOf = (row, selector) => row.querySelector(selector)?.textContent ?? null;

/** Whether two messages stand together, so that the second has no name and no day of its own. @param {Item} above @param {Item} below @param {boolean} [fresh] */
function together(above, below, fresh) {
  const row = rowOf({ ...below, author: below.mine ? null : JANE }, { ...above, author: above.mine ? null : JANE }, fresh);
  const leads = row.classList.contains('leads');
  assert.equal(row.querySelector('.byline') !== null, leads && !below.mine);
  assert.ok(row.querySelector('.bubble time'));
  return !leads;
}

test('messages of one person within five minutes stand together', () => {
  assert.ok(together(item('2026-03-02T10:00:00'), item('2026-03-02T10:00:00')));
  assert.ok(together(item('2026-03-02T10:00:00'), item('2026-03-02T10:04:59.999')));
  assert.ok(together(item('2026-03-02T10:00:00', { mine: true }), item('2026-03-02T10:01:00', { mine: true, number: null })));
});

test('after five minutes a new group begins', () => {
  assert.ok(!together(item('2026-03-02T10:00:00'), item('2026-03-02T10:05:00')));
  const row = rowOf(item('2026-03-02T10:05:00'), item('2026-03-02T10:00:00'));
  assert.equal(textOf(row, '.day'), null);
});

test('another sender begins a group', () => {
  assert.ok(!together(item('2026-03-02T10:00:00'), item('2026-03-02T10:00:01', { mine: true })));
  assert.ok(!together(item('2026-03-02T10:00:00', { mine: true }), item('2026-03-02T10:00:01')));
  assert.ok(rowOf(item('2026-03-02T10:00', { mine: true })).matches('.message.mine:not(.theirs)'));
  assert.ok(rowOf(item('2026-03-02T10:00')).matches('.message.theirs:not(.mine)'));
});

test('a new day begins a group, and is named', () => {
  const [above, below] = [item('2026-03-01T23:59:50'), item('2026-03-02T00:00:10')];
  assert.ok(!together(above, below));
  const [named, sameDay] = at('2026-03-02T12:00', () => [
    rowOf(below, above), rowOf(item('2026-03-02T00:00:20'), below),
  ]);
  assert.equal([named && textOf(named, '.day'), sameDay && textOf(sameDay, '.day')], ['Today', null]);
});

test('the first message of all has a day and a time', () => {
  const row = at('2026-03-03T12:00', () => rowOf(item('2026-03-02T10:00')));
  assert.ok(row.classList.contains('leads'));
  assert.equal(textOf(row, '.day'), 'Yesterday');
  assert.equal(row.querySelector('time')?.dateTime, new Date('2026-03-02T10:00').toISOString());
  assert.ok(textOf(row, 'time')?.includes(':00'));
});

test('the unread divider begins a group', () => {
  const [above, below] = [item('2026-03-02T10:00:00'), item('2026-03-02T10:00:01')];
  assert.ok(!together(above, below, true));
  assert.equal([textOf(rowOf(below, above, true), '.fresh'), textOf(rowOf(below, above), '.fresh')], ['New', null]);
});

test('the full date is there on the time, and on what shows none', () => {
  const [row, event] = [rowOf(item('2026-03-02T10:07')), rowOf(item('2026-03-02T10:07', { system: 'left' }))];
  const titles = [row, event].flatMap((each) => [...each.querySelectorAll('[title]')])
    .map((element) => element.getAttribute('title'));
  assert.equal(titles.length, 2);
  for (const title of titles) for (const part of ['2026', '2', ':07']) assert.ok(title?.includes(part), `${title}`);
});

test('a message on its way says so, and whether it waits', async () => {
  addWords(rest);
  const show = (/** @type {Item['state']} */ state) => {
    const waitsFor = state === 'waiting' ? 'Why it waits' : '';
    const row = rowOf(item('2026-03-02T10:00', { mine: true, number: null, state, waitsFor }));
    assert.ok(row.classList.contains(state));
    return [textOf(row, '.status'), textOf(row, '.pending'), textOf(row, '.not-sent')];
  };
  assert.equal(show('sending'), [' Sending', null, null]);
  assert.equal(show('waiting'), [' Sending', 'Why it waits', null]);
  assert.equal(show('sent'), [' Sent', null, null]);
  const read = item('2026-03-02T10:00', { mine: true, read: true });
  assert.equal(textOf(rowOf(read), '.status'), ' Read');
  for (const other of [{ ...read, mine: false }, { ...read, removing: true }]) assert.equal(textOf(rowOf(other), '.status'), null);
});

test('a message that wasn’t sent says why, and can be sent again or written anew', async () => {
  addWords(rest);
  const row = document.createElement('li');
  for (const reason of ['Too <b>long</b>.', 'No.']) {
    const failed = item('2026-03-02T10:00', { id: 'mine', mine: true, number: null, state: 'failed', reason });
    showMessage(row, failed, undefined, false);
    showFoot(row, failed);
    assert.equal(textOf(row, '.not-sent p'), `Not sent. ${reason}`);
  }
  const buttons = [...row.querySelectorAll('button')].map(({ textContent, name, value }) => [textContent, name, value]);
  assert.equal(buttons, [['Retry', 'retry', 'mine'], ['Edit', 'edit', 'mine']]);
});

test('a row goes with what becomes of its message and of the one above, and is left alone where nothing does', () => {
  const row = document.createElement('li');
  const [above, below] = [item('2026-03-02T10:00', { mine: true }), item('2026-03-02T10:01', { mine: true, number: null })];
  showMessage(row, { ...below, state: 'sending' }, above, false);
  const text = row.querySelector('.text');
  showMessage(row, { ...below, state: 'sending' }, above, false);
  assert.ok(row.querySelector('.text') === text, 'it was built anew');
  showMessage(row, { ...below, state: 'waiting' }, above, false);
  showFoot(row, { ...below, state: 'waiting' });
  assert.ok(row.querySelector('.pending'));
  const arrived = { ...below, id: '8', state: /** @type {'sent'} */ ('sent'), number: 2, createdAt: new Date('2026-03-02T10:02').toISOString() };
  showMessage(row, arrived, above, false);
  showFoot(row, arrived);
  showMessage(row, { ...arrived, read: true }, above, false);
  // A screen reader would say it once more.
  assert.ok(row.querySelector('.text') === text, 'it was built anew on its way');
  for (const quiet of row.querySelectorAll('.meta, .below')) assert.equal(quiet.ariaLive, 'off');
  assert.equal([row.className.trim(), row.querySelector('.pending')], ['message mine sent', null]);
  showMessage(row, { ...below, state: 'sent', number: 2 }, above, true);
  assert.ok(row.matches('.leads:has(.fresh)'));
  showMessage(row, { ...below, state: 'sent', number: 2 }, item('2026-03-02T10:00'), false);
  assert.ok(row.matches('.leads:not(:has(.fresh))'));
  at('2026-03-02T12:00', () => showMessage(row, { ...below, state: 'sent', number: 2 }, undefined, false));
  assert.equal(textOf(row, '.day'), 'Today');
  at('2026-03-03T12:00', () => showMessage(row, { ...below, state: 'sent', number: 2 }, undefined, false));
  assert.equal(textOf(row, '.day'), 'Yesterday');
});

test('whoever travels sees the time that it is there', () => {
  const row = document.createElement('li');
  const above = item('2026-03-02T12:00:00', { mine: true });
  const below = item('2026-03-02T12:30:00');
  showMessage(row, below, above, false);
  const before = textOf(row, 'time');
  const { DateTimeFormat } = Intl;
  // Runs after the formats of the browser are back.
  afterwards(followZone);
  replace(Intl, 'DateTimeFormat', {
    value: function inKolkata(/** @type {string | undefined} */ locale, /** @type {Intl.DateTimeFormatOptions} */ options) {
      return new DateTimeFormat(locale, { ...options, timeZone: 'Asia/Kolkata' });
    },
  });
  followZone();
  showMessage(row, below, above, false);
  assert.ok(textOf(row, 'time') !== before, `it still says ${before}`);
});

test('content is text, whatever it looks like', () => {
  for (const content of ['<img src=x onerror="alert(1)">', '&lt;b&gt;', '</p><script>alert(1)</script>', 'a\n\nb  c', '']) {
    const row = rowOf(item('2026-03-02T10:00', { content, from: content }));
    assert.equal([textOf(row, '.text'), textOf(row, 'bdi')], [content, content]);
    assert.equal(row.querySelectorAll('img, script, b').length, 0);
  }
});

test('a text has its own direction, and so has a name', () => {
  const row = rowOf(item('2026-03-02T10:00', { content: 'שלום', from: 'יוסי' }));
  assert.equal(row.querySelector('.text')?.getAttribute('dir'), 'auto');
  assert.ok(textOf(row, '.bubble')?.startsWith('יוסי: שלום'));
  assert.equal(textOf(row, '.visually-hidden bdi'), 'יוסי');
});

test('web addresses are links that tell the other page nothing, once what knows them is loaded', () => {
  assert.equal(rowOf(item('2026-03-02T10:00', { content: 'https://x.y' })).querySelectorAll('a').length, 0);
  const other = rowOf(item('2026-03-02T10:00', { content: 'just this' }));
  const text = other.querySelector('.text');
  replace(formats, 'text', { value: formatted });
  showMessage(other, item('2026-03-02T10:00', { content: 'just this' }), undefined, false);
  assert.ok(other.querySelector('.text') === text, 'a plain text was built anew');
  const content = 'See https://example.org/a?b=c, (http://example.org) and javascript:alert(1) <a href="https://x.y">z</a>';
  const row = rowOf(item('2026-03-02T10:00', { content }));
  assert.equal(textOf(row, '.text'), content);
  const links = [...row.querySelectorAll('a')];
  assert.equal(links.map(({ href, textContent }) => [href, textContent]), [
    ['https://example.org/a?b=c', 'https://example.org/a?b=c'],
    ['http://example.org/', 'http://example.org'],
    ['https://x.y/', 'https://x.y'],
  ]);
  for (const { rel, target } of links) assert.equal([rel, target], ['noopener noreferrer', '_blank']);
});
