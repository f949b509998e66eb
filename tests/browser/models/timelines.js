// The messages of one conversation: paged, in any order and twice, and never shown with a hole.

import { Timeline } from '../messages/timeline.js';
import { caught, counted, FakeApi, message, page, randomFrom, range, settle, stopClock, test } from './fakes.js';
import { assert } from './runner.js';

/** @import {Message} from '../base/types.js' */

const PATH = '/api/conversations/7/messages';
/** Until what is missing is asked for. */
const HOLE_WAIT_MS = 400;

/** @param {Timeline} timeline */
const shown = (timeline) => timeline.messages.map(({ number }) => number);

/** A clock that stands still, a server, and a timeline. @param {Message[]} [kept] */
function begin(kept = []) {
  const clock = stopClock();
  const api = new FakeApi();
  return { clock, api, timeline: new Timeline(api, '7', kept) };
}

/** The same, where the newest messages have been loaded. @param {number} first @param {number} last */
async function loaded(first, last) {
  const all = begin();
  all.timeline.load();
  await (await all.api.next()).answer(page(first, last));
  return all;
}

test('the newest messages come first, then those before the oldest that is here', async () => {
  const { api, timeline } = begin();
  timeline.load();
  assert.equal([timeline.state, timeline.loaded], ['loading', false]);
  const newest = await api.next();
  assert.equal(newest.path, `${PATH}?limit=40`);
  await newest.answer(page(61, 100));
  assert.equal(shown(timeline), range(61, 100));
  assert.equal([timeline.state, timeline.loaded, timeline.hasOlder], ['ready', true, true]);

  timeline.load();
  assert.equal(timeline.state, 'loading');
  const older = await api.next();
  assert.equal(older.path, `${PATH}?limit=40&before=1061`);
  await older.answer(page(21, 60));
  assert.equal(shown(timeline), range(21, 100));
  assert.equal([timeline.state, timeline.first, timeline.last], ['ready', 21, 100]);
});

test('there is nothing older than the first message', async () => {
  const { api, timeline } = await loaded(2, 41);
  assert.ok(timeline.hasOlder);
  timeline.load();
  await (await api.next()).answer(page(1, 1));
  assert.equal([timeline.hasOlder, timeline.state], [false, 'ready']);
  assert.equal(shown(timeline), range(1, 41));
});

/** Answers everything that is asked, and returns with which limits it was. @param {FakeApi} api @param {number} written */
async function serve(api, written) {
  const limits = [];
  while (api.open.length > 0) {
    const question = await api.next();
    const query = new URLSearchParams(question.path.split('?')[1]);
    const limit = Number(query.get('limit'));
    limits.push(limit);
    const last = query.has('before') ? Number(query.get('before')) - 1_001 : written;
    await question.answer(page(Math.max(1, last - limit + 1), last));
  }
  return limits;
}

test('as many messages are loaded as one asks for, but forty at least and a thousand at most, by the hundred', async () => {
  const hundreds = (/** @type {number} */ count) => Array.from({ length: count }, () => 100);
  for (const [wanted, limits] of /** @type {const} */ ([
    [0, [40]], [3, [40]], [70, [70]], [100, [100]], [101, [100, 1]], [250, [100, 100, 50]],
    [1_000, hundreds(10)], [5_000, hundreds(10)],
  ])) {
    const { api, timeline } = begin();
    timeline.load(wanted);
    assert.equal([wanted, await serve(api, 3_000)], [wanted, limits]);
    const first = 3_001 - limits.reduce((total, limit) => total + limit, 0);
    assert.equal([timeline.first, timeline.last, timeline.state, timeline.hasOlder], [first, 3_000, 'ready', true]);
  }
});

test('no more pages are asked for than there are', async () => {
  for (const [written, limits] of /** @type {const} */ ([[0, [100]], [30, [100]], [100, [100]], [130, [100, 100]]])) {
    const { api, timeline } = begin();
    timeline.load(500);
    assert.equal([written, await serve(api, written)], [written, limits]);
    assert.equal([shown(timeline), timeline.hasOlder, timeline.loaded], [range(1, written), false, true]);
  }
});

test('it isn’t loaded before all pages are, and what comes meanwhile is shown then', async () => {
  const { api, clock, timeline } = begin();
  timeline.load(250);
  await (await api.next()).answer(page(201, 300));
  assert.equal([timeline.loaded, timeline.state], [false, 'loading']);
  timeline.take(message(301));
  await clock.advance(2 * HOLE_WAIT_MS);
  const second = await api.next();
  assert.equal([second.path, api.open.length], [`${PATH}?limit=100&before=1201`, 0]);
  await second.answer(page(101, 200));
  assert.equal([timeline.loaded, timeline.state, shown(timeline)], [false, 'loading', range(101, 300)]);
  const third = await api.next();
  assert.equal(third.path, `${PATH}?limit=50&before=1101`);
  await third.answer(page(51, 100));
  assert.equal([timeline.loaded, timeline.state, shown(timeline)], [true, 'ready', range(51, 301)]);
});

test('where a later page can’t be had, another try begins with what is newest', async () => {
  const { api, timeline } = begin();
  timeline.load(150);
  await (await api.next()).answer(page(201, 300));
  await (await api.next()).refuse(0);
  assert.equal([timeline.loaded, timeline.state], [false, 'failed']);
  timeline.load();
  const again = await api.next();
  assert.equal(again.path, `${PATH}?limit=100`);
  await again.answer(page(211, 310));
  assert.equal([timeline.loaded, timeline.state, shown(timeline)], [true, 'ready', range(211, 310)]);
  assert.ok(timeline.hasOlder);
});

test('kept messages are no others where many are loaded', async () => {
  const { api, timeline } = begin(page(101, 150).reverse());
  timeline.load(180);
  assert.equal(await serve(api, 240), [100, 80]);
  assert.equal([timeline.state, shown(timeline)], ['ready', range(61, 240)]);
});

test('a conversation without messages is one that is loaded, and its first message comes like any other', async () => {
  const { api, clock, timeline } = await loaded(1, 0);
  assert.equal([timeline.state, timeline.loaded, timeline.hasOlder, shown(timeline)], ['ready', true, false, []]);
  timeline.take(message(1));
  assert.equal([timeline.hasOlder, shown(timeline)], [false, [1]]);
  await clock.advance(HOLE_WAIT_MS);
  assert.equal(api.open.length, 0);
});

test('messages come in any order, and twice', async () => {
  const { api, clock, timeline } = await loaded(1, 3);
  for (const number of [5, 4, 5, 2, 7, 6, 7, 3]) timeline.take(message(number));
  assert.equal(shown(timeline), range(1, 7));
  assert.equal(timeline.ahead, []);
  await clock.advance(10 * HOLE_WAIT_MS);
  assert.equal(api.open.length, 0);
});

test('every change is told', async () => {
  const { api, timeline } = begin();
  const changes = counted(timeline, 'change');
  timeline.load();
  assert.equal(changes.count, 1);
  await (await api.next()).answer(page(1, 3));
  assert.equal(changes.count, 2);
  timeline.take(message(4));
  assert.equal(changes.count, 3);
});

test('an event that overtakes the first page waits for it', async () => {
  const { api, clock, timeline } = begin();
  timeline.load();
  const newest = await api.next();
  timeline.take(message(101));
  assert.equal([shown(timeline), timeline.loaded], [[], false]);
  await clock.advance(2 * HOLE_WAIT_MS);
  assert.equal(api.open.length, 0);
  await newest.answer(page(61, 100));
  assert.equal(shown(timeline), range(61, 101));
});

test('a hole is not shown, and not asked for if it closes by itself', async () => {
  const { api, clock, timeline } = await loaded(1, 10);
  timeline.take(message(12));
  assert.equal([shown(timeline), timeline.last], [range(1, 10), 10]);
  await clock.advance(HOLE_WAIT_MS - 1);
  timeline.take(message(11));
  assert.equal(shown(timeline), range(1, 12));
  await clock.advance(2 * HOLE_WAIT_MS);
  assert.equal(api.open.length, 0);
});

test('what is missing is fetched after a moment', async () => {
  const { api, clock, timeline } = await loaded(1, 10);
  timeline.take(message(15));
  await clock.advance(HOLE_WAIT_MS - 1);
  assert.equal(api.open.length, 0);
  await clock.advance(1);
  const missing = await api.next();
  assert.equal(missing.path, `${PATH}?limit=100&before=1015`);
  assert.equal(shown(timeline), range(1, 10));
  await missing.answer(page(1, 14));
  assert.equal(shown(timeline), range(1, 15));
});

test('a hole larger than a page is filled page by page, and shown once it is whole', async () => {
  const { api, clock, timeline } = await loaded(1, 10);
  timeline.take(message(300));
  for (const [before, first] of /** @type {const} */ ([[300, 200], [200, 100], [100, 1]])) {
    assert.equal(shown(timeline), range(1, 10));
    await clock.advance(HOLE_WAIT_MS);
    const missing = await api.next();
    assert.equal(missing.path, `${PATH}?limit=100&before=${1_000 + before}`);
    await missing.answer(page(first, before - 1));
  }
  assert.equal(shown(timeline), range(1, 300));
  await clock.advance(10 * HOLE_WAIT_MS);
  assert.equal(api.open.length, 0);
});

test('of two holes the earlier is filled first', async () => {
  const { api, clock, timeline } = await loaded(1, 10);
  timeline.take(message(400));
  timeline.take(message(13));
  await clock.advance(HOLE_WAIT_MS);
  const first = await api.next();
  assert.equal(first.path, `${PATH}?limit=100&before=1013`);
  await first.answer(page(1, 12));
  assert.equal(shown(timeline), range(1, 13));
  await clock.advance(HOLE_WAIT_MS);
  assert.equal((await api.next()).path, `${PATH}?limit=100&before=1400`);
});

test('messages that keep coming don’t put off the filling of a hole', async () => {
  const { api, clock, timeline } = await loaded(1, 10);
  for (const number of range(12, 20)) {
    timeline.take(message(number));
    await clock.advance(HOLE_WAIT_MS / 2);
  }
  assert.ok(api.open.length > 0, 'what is missing is still not asked for after nine half waits');
});

test('one’s own message beyond a hole is ahead of what is shown', async () => {
  const { timeline } = await loaded(1, 10);
  timeline.take(message(14));
  timeline.take(message(12, { mine: true, clientId: 'a' }));
  assert.equal(timeline.ahead.map(({ number, mine }) => [number, mine]), [[12, true], [14, false]]);
  timeline.take(message(11));
  assert.equal(timeline.ahead.map(({ number }) => number), [14]);
  assert.equal(shown(timeline), range(1, 12));
});

test('a first page that can’t be had can be asked for again', async () => {
  const { api, timeline } = begin();
  timeline.load();
  await (await api.next()).refuse(503, 'Not now');
  assert.equal([timeline.state, timeline.reason, timeline.loaded], ['failed', 'Not now', false]);
  timeline.load();
  assert.equal(timeline.state, 'loading');
  const again = await api.next();
  assert.equal(again.path, `${PATH}?limit=40`);
  await again.answer(page(1, 3));
  assert.equal([timeline.state, shown(timeline)], ['ready', [1, 2, 3]]);
});

test('older messages that can’t be had leave what is shown, and can be asked for again', async () => {
  const { api, timeline } = await loaded(61, 100);
  timeline.load();
  await (await api.next()).refuse(0, 'Nobody there');
  assert.equal([timeline.state, timeline.reason, timeline.loaded], ['failed', 'Nobody there', true]);
  assert.equal(shown(timeline), range(61, 100));
  timeline.load();
  const again = await api.next();
  assert.equal(again.path, `${PATH}?limit=40&before=1061`);
  await again.answer(page(21, 60));
  assert.equal([timeline.state, shown(timeline)], ['ready', range(21, 100)]);
});

test('a hole that can’t be filled leaves what is shown, and is filled by another try', async () => {
  const { api, clock, timeline } = await loaded(1, 10);
  timeline.take(message(15));
  await clock.advance(HOLE_WAIT_MS);
  await (await api.next()).refuse(500, 'Broken');
  assert.equal([timeline.state, timeline.reason, shown(timeline)], ['failed', 'Broken', range(1, 10)]);
  // As the button Retry does.
  timeline.load();
  await (await api.next()).answer([]);
  await clock.advance(HOLE_WAIT_MS);
  await (await api.next()).answer(page(1, 14));
  assert.equal([timeline.state, shown(timeline)], ['ready', range(1, 15)]);
});

test('a hole that an event’s coming has filled after all is no failure any more', async () => {
  const { api, clock, timeline } = await loaded(1, 10);
  timeline.take(message(15));
  await clock.advance(HOLE_WAIT_MS);
  await (await api.next()).refuse(500);
  timeline.take(message(16));
  await clock.advance(HOLE_WAIT_MS);
  await (await api.next()).answer(page(1, 14));
  assert.equal(shown(timeline), range(1, 16));
  assert.equal(timeline.state, 'ready');
});

test('kept messages are shown until they are loaded anew, as many as they are', async () => {
  for (const [kept, first, limit] of /** @type {const} */ ([[21, 41, 50], [51, 51, 40], [61, 51, 40]])) {
    const { api, timeline } = begin(page(kept, 70).reverse());
    assert.equal([shown(timeline), timeline.loaded], [range(kept, 70), false]);
    timeline.load();
    const newest = await api.next();
    assert.equal(newest.path, `${PATH}?limit=${limit}`);
    await newest.answer(page(first, 90));
    assert.equal([shown(timeline), timeline.hasOlder], [range(first, 90), true]);
    timeline.load();
    assert.equal((await api.next()).path, `${PATH}?limit=40&before=${1_000 + first}`);
  }
});

test('kept messages from the first on have nothing older', async () => {
  const { api, timeline } = begin(page(1, 50).reverse());
  timeline.load();
  await (await api.next()).answer(page(1, 50));
  assert.equal([shown(timeline), timeline.hasOlder], [range(1, 50), false]);
});

test('kept messages stay while the server can’t be reached', async () => {
  const { api, timeline } = begin(page(21, 50).reverse());
  timeline.load();
  await (await api.next()).refuse(0);
  assert.equal([timeline.state, timeline.loaded, shown(timeline)], ['failed', false, range(21, 50)]);
});

/** The same, where a part of history is shown in place of the newest messages. @param {number} first @param {number} last */
async function away(first, last) {
  const all = await loaded(961, 1_000);
  all.timeline.show(page(first, last));
  return all;
}

test('a part of history is shown without what is between it and the newest, and the newest again', async () => {
  const { api, clock, timeline } = await away(101, 200);
  assert.equal([shown(timeline), timeline.isAway, timeline.hasOlder], [range(101, 200), true, true]);
  assert.equal(timeline.newest.map(({ number }) => number), range(961, 1_000));
  timeline.take(message(1_001));
  assert.equal([shown(timeline), timeline.ahead], [range(101, 200), []]);
  await clock.advance(10 * HOLE_WAIT_MS);
  assert.equal(api.open.length, 0);
  timeline.show();
  assert.equal([shown(timeline), timeline.isAway, timeline.hasOlder], [range(961, 1_001), false, true]);
});

test('a part of history grows backwards by pages, and so do the newest messages after it', async () => {
  const { api, timeline } = await away(101, 200);
  timeline.load();
  const older = await api.next();
  assert.equal(older.path, `${PATH}?limit=40&before=1101`);
  // What was asked for one part is nothing to another one.
  timeline.show();
  await older.answer(page(61, 100));
  assert.equal(shown(timeline), range(961, 1_000));
  timeline.load();
  const newest = await api.next();
  assert.equal(newest.path, `${PATH}?limit=40&before=1961`);
  timeline.show(page(101, 200));
  await newest.answer(page(921, 960));
  assert.equal([shown(timeline), timeline.newest.length], [range(101, 200), 80]);
});

test('a part of history that has grown up to the newest messages is one with them', async () => {
  const { timeline } = await away(901, 950);
  for (const number of range(951, 959)) timeline.take(message(number));
  assert.equal([timeline.isAway, timeline.last], [true, 959]);
  timeline.take(message(960));
  assert.equal([shown(timeline), timeline.isAway], [range(901, 1_000), false]);
  timeline.take(message(1_001));
  assert.equal([timeline.last, timeline.newest.length], [1_001, 101]);
  timeline.show(page(880, 920));
  assert.equal([shown(timeline), timeline.isAway], [range(880, 1_001), false]);
});

test('what changes is so in a part of history and among the newest, and what nobody looks at isn’t held', async () => {
  const { timeline } = await away(101, 200);
  for (const number of [150, 970]) timeline.takeChange(message(number, { version: '5000', content: 'Changed' }));
  timeline.guess(151, (each) => ({ ...each, content: 'Guessed' }));
  assert.equal(timeline.messages.slice(49, 51).map(({ content }) => content), ['Changed', 'Guessed']);
  assert.equal(timeline.newest[9]?.content, 'Changed');
  timeline.show(page(301, 400));
  assert.equal([timeline.known.length, shown(timeline)], [140, range(301, 400)]);
});

test('a hole before the newest messages is filled while a part of history is shown', async () => {
  const { api, clock, timeline } = await away(101, 200);
  timeline.take(message(1_005));
  await clock.advance(HOLE_WAIT_MS);
  const missing = await api.next();
  assert.equal(missing.path, `${PATH}?limit=100&before=2005`);
  await missing.answer(page(905, 1_004));
  assert.equal([shown(timeline), timeline.newest.at(-1)?.number], [range(101, 200), 1_005]);
});

test('what came before the events is fetched when they begin', async () => {
  const { api, timeline } = await loaded(1, 10);
  timeline.refresh();
  assert.equal(timeline.state, 'ready');
  const newest = await api.next();
  assert.equal(newest.path, `${PATH}?limit=40`);
  timeline.take(message(14));
  await newest.answer(page(1, 13));
  assert.equal(shown(timeline), range(1, 14));
});

test('when more than a page came before the events, all of it is fetched', async () => {
  const { api, clock, timeline } = await loaded(1, 10);
  timeline.refresh();
  await (await api.next()).answer(page(161, 200));
  assert.equal(shown(timeline), range(1, 10));
  await clock.advance(HOLE_WAIT_MS);
  await (await api.next()).answer(page(61, 160));
  await clock.advance(HOLE_WAIT_MS);
  await (await api.next()).answer(page(1, 60));
  assert.equal(shown(timeline), range(1, 200));
});

test('where what came before the events can’t be had, another try gets it', async () => {
  const { api, clock, timeline } = await loaded(61, 100);
  timeline.refresh();
  await (await api.next()).refuse(503);
  assert.equal([timeline.state, shown(timeline)], ['failed', range(61, 100)]);
  // As the button Retry does, and the next connection. Meanwhile the server has two more.
  timeline.load();
  while (api.open.length > 0) {
    const question = await api.next();
    await question.answer(question.path.includes('before') ? page(21, 60) : page(63, 102));
    await clock.advance(HOLE_WAIT_MS);
  }
  assert.equal([timeline.state, timeline.last], ['ready', 102]);
});

test('where the first page can’t be had, what came before the events isn’t all, and another try gets it', async () => {
  const { api, clock, timeline } = begin();
  timeline.load();
  timeline.refresh();
  await (await api.next()).refuse(503);
  await (await api.next()).answer(page(261, 300));
  await clock.advance(HOLE_WAIT_MS);
  assert.equal([timeline.state, timeline.loaded, api.open.length], ['failed', false, 0]);
  timeline.load();
  await serve(api, 300);
  assert.equal([timeline.state, timeline.loaded, timeline.hasOlder, shown(timeline)], ['ready', true, true, range(261, 300)]);
});

test('where neither the first page nor what came before the events can be had, another try gets both', async () => {
  const { api, clock, timeline } = begin();
  timeline.load();
  timeline.refresh();
  for (const _ of range(1, 2)) await (await api.next()).refuse(503);
  assert.equal([timeline.state, timeline.loaded], ['failed', false]);
  // As the button Retry does, and the next connection.
  timeline.load();
  await serve(api, 300);
  assert.equal([timeline.state, timeline.loaded, timeline.hasOlder], ['ready', true, true]);
  await clock.advance(HOLE_WAIT_MS);
  assert.equal([shown(timeline), api.open.length], [range(261, 300), 0]);
});

test('what came before the events is asked for until it is had, and then what is older is', async () => {
  const { api, timeline } = await loaded(61, 100);
  timeline.refresh();
  await (await api.next()).refuse(0);
  timeline.load();
  await (await api.next()).refuse(0);
  assert.equal(timeline.state, 'failed');
  timeline.load();
  const newest = await api.next();
  assert.equal(newest.path, `${PATH}?limit=40`);
  await newest.answer(page(63, 102));
  await (await api.next()).answer(page(23, 62));
  assert.equal([timeline.state, shown(timeline)], ['ready', range(61, 102)]);
  timeline.load();
  assert.equal((await api.next()).path, `${PATH}?limit=40&before=1061`);
});

test('a hole in what was empty can be filled by another try', async () => {
  const { api, clock, timeline } = await loaded(1, 0);
  const defects = caught();
  timeline.take(message(3));
  await clock.advance(HOLE_WAIT_MS);
  await (await api.next()).refuse(0);
  timeline.load();
  for (const _ of range(1, 3)) {
    await serve(api, 3);
    await clock.advance(HOLE_WAIT_MS);
  }
  assert.equal([defects.count, timeline.state, shown(timeline)], [0, 'ready', [1, 2, 3]]);
});

/** A later state of a message. @param {number} number @param {number} version @param {Partial<Message>} [more] */
const changed = (number, version, more) => message(number, { version: `${version}`, content: `version ${version}`, ...more });

/** @param {Timeline} timeline @param {number} number */
const contentOf = (timeline, number) => timeline.messages.find((each) => each.number === number)?.content;

test('of two states of a message the later stays, whichever comes first and wherever from', async () => {
  /** @type {Record<string, (timeline: Timeline, api: FakeApi, state: Message) => unknown>} */
  const ways = {
    event: (timeline, _, state) => timeline.take(state),
    change: (timeline, _, state) => timeline.takeChange(state),
    page: async (timeline, api, state) => {
      timeline.refresh();
      await (await api.next()).answer([message(3), state, message(1)]);
    },
  };
  // The longer number is the larger, whatever it begins with.
  const [earlier, later] = [changed(2, 9_999), changed(2, 10_000)];
  for (const [first, takeFirst] of Object.entries(ways)) {
    for (const [second, takeSecond] of Object.entries(ways)) {
      for (const states of [[earlier, later], [later, earlier]]) {
        const { api, timeline } = await loaded(1, 3);
        await takeFirst(timeline, api, states[0] ?? later);
        await takeSecond(timeline, api, states[1] ?? later);
        assert.equal([first, second, contentOf(timeline, 2)], [first, second, 'version 10000']);
      }
    }
  }
});

test('a message that changes while the page with it is on its way is shown as it is then', async () => {
  const { api, timeline } = begin();
  timeline.load();
  const newest = await api.next();
  timeline.takeChange(changed(2, 5_000));
  assert.equal([shown(timeline), timeline.last], [[], 0]);
  await newest.answer(page(1, 3));
  assert.equal([shown(timeline), contentOf(timeline, 2)], [range(1, 3), 'version 5000']);
});

test('a change of what isn’t here makes no hole, and is there with the page that brings it', async () => {
  const { api, clock, timeline } = await loaded(61, 100);
  for (const number of [30, 105]) timeline.takeChange(changed(number, 5_000));
  await clock.advance(10 * HOLE_WAIT_MS);
  assert.equal([shown(timeline), timeline.ahead, api.open.length], [range(61, 100), [], 0]);
  timeline.load();
  await (await api.next()).answer(page(21, 60));
  assert.equal([shown(timeline), contentOf(timeline, 30)], [range(21, 100), 'version 5000']);
});

test('what was kept without a version is the oldest', async () => {
  const { version: _, ...old } = message(2, { content: 'kept' });
  const { api, timeline } = begin([message(1), /** @type {Message} */ (old), message(3)]);
  timeline.takeChange(changed(2, 1));
  assert.equal(contentOf(timeline, 2), 'version 1');
  timeline.load();
  await (await api.next()).answer(page(1, 3));
  assert.equal(contentOf(timeline, 2), 'message 2');
});

test('what was kept is as the server says, where that has the same version', async () => {
  const { api, timeline } = begin([message(1, { content: 'guessed' })]);
  timeline.load();
  await (await api.next()).answer(page(1, 1));
  assert.equal(contentOf(timeline, 1), 'message 1');
});

test('a deleted message keeps its number', async () => {
  const { timeline } = await loaded(1, 3);
  timeline.takeChange(changed(2, 5_000, { content: '', deletedAt: '2026-03-02T08:00:00Z' }));
  assert.equal([shown(timeline), timeline.messages[1]?.deletedAt], [range(1, 3), '2026-03-02T08:00:00Z']);
});

test('what had changed before the events is asked for down to the oldest that is here', async () => {
  const { api, timeline } = await loaded(61, 100);
  timeline.load();
  await (await api.next()).answer(page(21, 60));
  timeline.refresh();
  assert.equal((await serve(api, 100)).length, 2);
  timeline.refresh();
  await (await api.next()).answer(page(61, 100));
  await (await api.next()).answer(page(21, 60).map((each) => (each.number === 30 ? changed(30, 5_000) : each)));
  assert.equal([timeline.state, contentOf(timeline, 30), api.open.length], ['ready', 'version 5000', 0]);
});

test('whoever came later sees nothing of what was before, and nothing is missing then', async () => {
  const { api, clock, timeline } = await loaded(1, 0);
  timeline.take(message(60));
  await clock.advance(HOLE_WAIT_MS);
  await (await api.next()).answer(page(57, 59));
  assert.equal([shown(timeline), timeline.first, timeline.hasOlder], [range(57, 60), 57, false]);
  await clock.advance(10 * HOLE_WAIT_MS);
  assert.equal([api.open.length, timeline.state], [0, 'ready']);
});

test('what one may see no more isn’t shown, and isn’t asked for', async () => {
  const { api, clock, timeline } = await loaded(61, 100);
  assert.ok(timeline.hasOlder);
  timeline.take(message(160));
  await clock.advance(HOLE_WAIT_MS);
  await (await api.next()).answer(page(157, 159));
  assert.equal([shown(timeline), timeline.hasOlder, timeline.ahead], [range(157, 160), false, []]);
});

test('whoever came later has nothing older than the first that they see', async () => {
  const { api, timeline } = await loaded(57, 60);
  assert.equal([shown(timeline), timeline.first], [range(57, 60), 57]);
  timeline.load();
  await (await api.next()).answer([]);
  assert.equal([shown(timeline), timeline.hasOlder, timeline.state], [range(57, 60), false, 'ready']);
});

test('a guess is shown on top of whatever is there, and not any more when it is over', async () => {
  const { timeline } = await loaded(1, 3);
  const changes = counted(timeline, 'change');
  timeline.guess(2, (each) => ({ ...each, content: `${each.content}!` }));
  assert.equal([contentOf(timeline, 2), changes.count], ['message 2!', 1]);
  timeline.takeChange(changed(2, 5_000));
  assert.equal(contentOf(timeline, 2), 'version 5000!');
  timeline.guess(2);
  assert.equal([contentOf(timeline, 2), changes.count], ['version 5000', 3]);
});

test('in whatever order pages and events come, there is never a hole, and all is there as it is in the end', async () => {
  const clock = stopClock();
  for (const seed of range(1, 150)) await live(seed, clock);
});

/**
 * A life of a timeline: somebody writes and changes things while it is loaded, paged and refreshed, answers take their
 * time or fail, and events come late, early and twice.
 * @param {number} seed @param {ReturnType<typeof stopClock>} clock
 */
async function live(seed, clock) {
  const random = randomFrom(seed);
  const upTo = (/** @type {number} */ limit) => Math.floor(random() * limit);
  const api = new FakeApi();
  let written = upTo(3) ? upTo(350) : 0;
  const keptLast = upTo(2) ? upTo(written + 1) : 0;
  const kept = keptLast ? page(Math.max(1, keptLast - upTo(60)), keptLast).reverse() : [];
  const timeline = new Timeline(api, '7', kept);
  /** On their way. @type {{isChange: boolean, message: Message}[]} */
  const events = [];
  /** Of those that have changed, by number. @type {Map<number, string>} */
  const versions = new Map();
  let connected = false;
  let changes = 0;
  /** What answers requests as things were. @type {(() => Promise<void> | undefined)[]} */
  const late = [];
  const now = (/** @type {number} */ number) => message(number, { version: versions.get(number) ?? `${1_000 + number}` });

  const check = () => {
    const numbers = shown(timeline);
    assert.equal([seed, numbers], [seed, range(timeline.first, timeline.last)]);
    assert.ok((numbers.at(-1) ?? 0) <= written, `seed ${seed} shows what isn't written`);
  };
  timeline.addEventListener('change', check);

  /** Answers one of the requests, or has it be answered later with what is so now. */
  const answer = async (mayFail = true) => {
    if (mayFail && late.length > 0 && upTo(2)) await late.shift()?.();
    const [question] = api.open.splice(upTo(api.open.length), 1);
    if (!question) return;
    const query = new URLSearchParams(question.path.split('?')[1]);
    const before = query.get('before');
    if (mayFail && upTo(8) === 0) {
      await question.refuse(503);
      return;
    }
    const last = before ? Number(before) - 1_001 : written;
    const numbers = range(Math.max(1, last - Number(query.get('limit')) + 1), last).reverse();
    const messages = numbers.map(now);
    if (mayFail && upTo(3) === 0) late.push(() => question.answer(messages));
    else await question.answer(messages);
  };
  const change = () => {
    if (!connected || written === 0) return;
    const number = written - upTo(Math.min(written, 120));
    changes += 1;
    versions.set(number, `${10_000 + changes}`);
    events.push({ isChange: true, message: now(number) });
  };
  const deliver = () => {
    const [event] = events.splice(upTo(events.length), 1);
    if (!event) return;
    if (event.isChange) timeline.takeChange(event.message);
    else timeline.take(event.message);
    if (upTo(5) === 0) events.push(event);
  };
  const write = () => {
    for (let count = upTo(4) ? 1 : upTo(130); count > 0; count -= 1) {
      written += 1;
      // A few get lost, which the later ones show.
      if (connected && upTo(6)) events.push({ isChange: false, message: now(written) });
    }
  };
  const connect = () => {
    if (connected) return;
    connected = true;
    if (timeline.state === 'failed') timeline.load();
    else timeline.refresh();
  };
  const loadMore = () => {
    if (timeline.state === 'failed' || (timeline.state === 'ready' && timeline.hasOlder)) timeline.load();
  };

  timeline.load();
  const steps = [
    answer, answer, answer, deliver, deliver, deliver, write, change, change, connect, loadMore, () => clock.advance(upTo(900)),
  ];
  for (let count = 40; count > 0; count -= 1) {
    await steps[upTo(steps.length)]?.();
    if (upTo(3) === 0) await settle();
  }

  connect();
  written += 1;
  events.push({ isChange: false, message: now(written) });
  while (late.length > 0) await late.shift()?.();
  while (events.length > 0) deliver();
  for (let rounds = 0; rounds < 60 && !isWhole(); rounds += 1) {
    while (api.open.length > 0) await answer(false);
    loadMore();
    await clock.advance(HOLE_WAIT_MS);
  }
  const { first, last, hasOlder, state, ahead } = timeline;
  assert.equal([seed, first, last, hasOlder, state, ahead], [seed, 1, written, false, 'ready', []]);
  assert.equal([seed, shown(timeline)], [seed, range(1, written)]);
  const stale = timeline.messages.filter(({ number, version }) => version !== now(number).version);
  assert.equal([seed, stale], [seed, []]);
  timeline.removeEventListener('change', check);

  function isWhole() {
    return api.open.length === 0 && timeline.last === written && !timeline.hasOlder && timeline.state === 'ready';
  }
}
