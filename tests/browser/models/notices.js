// What stands above the page: one notice, the one that matters most.

import { watchConnection } from '../shell/connection-help.js';
import { INCOMPLETE, LOST, Notices, showNotice, UPDATED } from '../shell/notices.js';
import { afterwards, test } from './fakes.js';
import { assert } from './runner.js';

/** @import {Context} from '../shell/messenger.js' */
/** @import {Kind, Notice} from '../shell/notices.js' */

/** What is so at the same time, and what is said then. @type {[Kind[], Kind | undefined][]} */
const TABLE = [
  [[], undefined],
  [['offer'], 'offer'],
  [['offer', 'polling'], 'polling'],
  [['polling', 'unkept'], 'unkept'],
  [['unkept', 'incomplete'], 'incomplete'],
  [['incomplete', 'updated'], 'updated'],
  [['updated', 'lost'], 'lost'],
  [['lost', 'denied'], 'denied'],
  [['offer', 'polling', 'unkept', 'incomplete', 'updated', 'lost', 'denied'], 'denied'],
  [['offer', 'lost', 'polling'], 'lost'],
];

/** @type {Record<string, Notice>} */
const TEXTS = { incomplete: INCOMPLETE, lost: LOST, updated: UPDATED };

test('of all that is so, what matters most is said, whatever came first', () => {
  for (const [kinds, first] of TABLE) {
    for (const order of [kinds, kinds.toReversed()]) {
      const notices = new Notices();
      for (const kind of order) notices.tell(kind, TEXTS[kind] ?? { text: 'shell.lost' });
      assert.equal([order, notices.first?.kind], [order, first]);
    }
  }
});

test('what isn’t so any more makes way for the next', () => {
  const notices = new Notices();
  notices.tell('updated', UPDATED);
  notices.tell('lost', LOST);
  notices.tell('lost', null);
  assert.equal(notices.first?.kind, 'updated');
  notices.tell('updated', false);
  assert.equal(notices.first, undefined);
});

test('one notice is shown, and what can be done about it', () => {
  const notices = new Notices();
  const bar = document.createElement('div');
  notices.addEventListener('change', () => showNotice(bar, notices));
  let answers = 0;
  notices.tell('polling', { text: 'shell.updated', actions: [['shell.reload', () => { answers += 1; }]] });
  notices.tell('lost', LOST);
  assert.equal([bar.querySelectorAll('p').length, bar.querySelectorAll('button').length, bar.dataset.kind], [1, 0, 'lost']);
  notices.tell('lost', null);
  bar.querySelector('button')?.click();
  assert.equal([bar.querySelectorAll('p').length, answers], [1, 1]);
});

test('whoever has too many pages open is told so, and not that the server is away', () => {
  const life = new AbortController();
  afterwards(() => life.abort());
  const stream = Object.assign(new EventTarget(), { lost: true, displaced: false, transport: 'stream' });
  const notices = new Notices();
  // As the frame of the page says it.
  stream.addEventListener('change', () => notices.tell('lost', stream.lost && LOST));
  watchConnection(/** @type {Context} */ (/** @type {unknown} */ ({ client: { stream }, notices })), life.signal);
  for (const [lost, displaced, text] of /** @type {const} */ ([
    [true, false, 'shell.lost'], [true, true, 'shell.displaced'], [false, true, undefined], [true, false, 'shell.lost'],
  ])) {
    Object.assign(stream, { lost, displaced });
    stream.dispatchEvent(new Event('change'));
    assert.equal(notices.first?.notice?.text, text);
  }
});
