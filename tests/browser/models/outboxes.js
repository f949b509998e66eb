// Messages on their way to the server: in order, one at a time, and never lost.

import { keep, keysOf } from '../base/storage.js';
import { Outbox } from '../messages/outbox.js';
import {
  afterwards, counted, FakeApi, fillStorage, message, randomFrom, range, refuseStorage, replace, settle, stopClock, test,
} from './fakes.js';
import { assert } from './runner.js';

/** @import {Message} from '../base/types.js' */
/** @typedef {Awaited<ReturnType<FakeApi['next']>>} Question */

/** After so long it is tried again by itself, at the latest. */
const LONGEST_WAIT_MS = 15_000;

/** Those of a tab that somebody opens. @param {string} [userId] */
function open(userId = '1') {
  const api = new FakeApi();
  /** @type {Message[]} */
  const accepted = [];
  const outbox = new Outbox(api, userId, (sent) => accepted.push(sent));
  afterwards(() => outbox.stop());
  return { api, outbox, accepted };
}

/** @param {Outbox} outbox */
const contents = (outbox) => outbox.of('7').map(({ content }) => content);

let newest = 0;

/** The server has it. @param {Question} question */
function accept(question) {
  newest += 1;
  return question.answer(message(newest, { ...question.body, mine: true }));
}

test('messages are sent in order, one at a time, and leave when the server has them', async () => {
  const { api, outbox, accepted } = open();
  for (const content of ['a', 'b', 'c']) outbox.add('7', content);
  assert.equal(contents(outbox), ['a', 'b', 'c']);
  for (const content of ['a', 'b', 'c']) {
    assert.equal(api.open.length, 1);
    const question = await api.next();
    assert.equal([question.method, question.path], ['POST', '/api/conversations/7/messages']);
    assert.equal(question.body.content, content);
    await accept(question);
  }
  assert.equal([contents(outbox), api.open.length], [[], 0]);
  assert.equal(accepted.map(({ content }) => content), ['a', 'b', 'c']);
  assert.equal(new Set(accepted.map(({ clientId }) => clientId)).size, 3);
});

test('messages of several conversations keep their order too, and each is shown in its own', async () => {
  const { api, outbox } = open();
  outbox.add('7', 'a');
  outbox.add('8', 'b');
  outbox.add('7', 'c');
  assert.equal(contents(outbox), ['a', 'c']);
  assert.equal(outbox.of('8').map(({ content }) => content), ['b']);
  const asked = [];
  for (const _ of range(1, 3)) {
    const question = await api.next();
    asked.push(question.path);
    await accept(question);
  }
  assert.equal(asked.map((path) => path.split('/')[3]), ['7', '8', '7']);
});

test('a refused message keeps its text and the reason, and doesn’t hold up the others', async () => {
  const { api, outbox, accepted } = open();
  for (const content of ['a', 'b', 'c']) outbox.add('7', content);
  await accept(await api.next());
  await (await api.next()).refuse(422, 'Too long');
  await accept(await api.next());
  assert.equal(outbox.of('7').map(({ content, reason }) => [content, reason]), [['b', 'Too long']]);
  assert.equal(accepted.map(({ content }) => content), ['a', 'c']);
  outbox.send();
  outbox.add('7', 'd');
  assert.equal((await api.next()).body.content, 'd');
});

test('a refused message is tried again when one asks for it, as the same message', async () => {
  const { api, outbox } = open();
  outbox.add('7', 'a');
  const refused = await api.next();
  await refused.refuse(422, 'Not now');
  const { clientId } = refused.body;
  outbox.retry(clientId);
  assert.equal(outbox.of('7').map(({ reason }) => reason), ['']);
  const again = await api.next();
  assert.equal(again.body, { clientId, content: 'a' });
  await accept(again);
  assert.equal(contents(outbox), []);
});

test('a refused message can be taken out', async () => {
  const { api, outbox } = open();
  outbox.add('7', 'a');
  const question = await api.next();
  await question.refuse(422);
  outbox.remove(question.body.clientId);
  assert.equal(contents(outbox), []);
  outbox.send();
  assert.equal(api.open.length, 0);
});

test('where nobody answers, or not now, everything waits in order and is sent at a better moment', async () => {
  stopClock();
  for (const status of [0, 401, 408, 429, 502, 503, 504]) {
    const { api, outbox, accepted } = open(`${status}`);
    outbox.add('7', 'a');
    outbox.add('7', 'b');
    const first = await api.next();
    await first.refuse(status, 'Not now');
    const reason = status === 0 ? 'Waiting for the connection…' : 'Not now';
    assert.equal([outbox.waiting, api.open.length], [reason, 0]);
    assert.equal(outbox.of('7').map(({ content, reason }) => [content, reason]), [['a', ''], ['b', '']]);
    outbox.send();
    const again = await api.next();
    assert.equal(again.body, first.body);
    await accept(again);
    assert.equal(outbox.waiting, '');
    await accept(await api.next());
    assert.equal(accepted.map(({ content }) => content), ['a', 'b']);
  }
});

test('where the server says how long to wait, that is how long, and nothing is lost', async () => {
  const clock = stopClock();
  const { api, outbox, accepted } = open();
  for (const content of ['a', 'b']) outbox.add('7', content);
  for (const wait of [1_000, 3_000, 1_000]) {
    await (await api.next()).refuse(429, 'Too fast', 'too_fast', wait);
    await clock.advance(wait - 1);
    assert.equal(api.open.length, 0);
    await clock.advance(1);
  }
  await accept(await api.next());
  await accept(await api.next());
  assert.equal([accepted.map(({ content }) => content), contents(outbox)], [['a', 'b'], []]);
});

test('what waits is tried again by itself, at longer and longer intervals', async () => {
  const clock = stopClock();
  replace(Math, 'random', { value: () => 1 });
  const { api, outbox } = open();
  outbox.add('7', 'a');
  for (const wait of [1_000, 2_000, 4_000, 8_000, LONGEST_WAIT_MS, LONGEST_WAIT_MS]) {
    await (await api.next()).refuse(0);
    await clock.advance(wait - 1);
    assert.equal(api.open.length, 0);
    await clock.advance(1);
    assert.equal(api.open.length, 1);
  }
  await accept(await api.next());
  outbox.add('7', 'b');
  await (await api.next()).refuse(503);
  await clock.advance(1_000);
  assert.ok(api.open.length === 1, 'the wait isn’t short again after a success');
});

test('a failure of the server passes five times, and is about the message then', async () => {
  for (const status of [500, 501]) {
    const clock = stopClock();
    const { api, outbox, accepted } = open(`${status}`);
    outbox.add('7', 'a');
    outbox.add('7', 'b');
    for (const wait of [1_000, 2_000, 4_000, 8_000, LONGEST_WAIT_MS]) {
      const question = await api.next();
      assert.equal(question.body.content, 'a');
      await question.refuse(status, 'Broken');
      assert.equal([outbox.waiting, api.open.length], ['Broken', 0]);
      await clock.advance(wait);
    }
    await (await api.next()).refuse(status, 'Broken');
    assert.equal(outbox.of('7').map(({ content, reason }) => [content, reason]), [['a', 'Broken'], ['b', '']]);
    // The others have as much patience of their own.
    const other = await api.next();
    assert.equal([other.body.content, outbox.waiting], ['b', '']);
    await other.refuse(status, 'Broken');
    await clock.advance(1_000);
    await accept(await api.next());
    assert.equal(accepted.map(({ content }) => content), ['b']);
  }
});

test('an outage before doesn’t make a failure of the server one of the message', async () => {
  const clock = stopClock();
  const { api, outbox } = open();
  outbox.add('7', 'a');
  for (const _ of range(1, 8)) {
    await (await api.next()).refuse(0);
    await clock.advance(LONGEST_WAIT_MS);
  }
  await (await api.next()).refuse(500, 'Broken');
  assert.equal([outbox.waiting, outbox.of('7')[0]?.reason], ['Broken', '']);
});

test('what is being sent at a better moment is broken off and sent again, as the same message', async () => {
  const { api, outbox, accepted } = open();
  outbox.add('7', 'a');
  outbox.add('7', 'b');
  const dead = await api.next();
  outbox.send();
  const again = await api.next();
  assert.equal([dead.isOver, again.body], [true, dead.body]);
  assert.equal([outbox.waiting, api.open.length], ['', 0]);
  // An answer to the first comes too late.
  await accept(dead);
  assert.equal([accepted.length, contents(outbox)], [0, ['a', 'b']]);
  await accept(again);
  await accept(await api.next());
  assert.equal([accepted.map(({ content }) => content), api.count], [['a', 'b'], 3]);
});

test('asking to send many times makes one attempt at a time', async () => {
  const { api, outbox } = open();
  outbox.add('7', 'a');
  for (const _ of range(1, 3)) outbox.send();
  outbox.add('7', 'b');
  await settle();
  assert.equal(api.open.map(({ body }) => body.content), ['a']);
  outbox.send();
  await settle();
  assert.equal(api.open.map(({ body }) => body.content), ['a']);
  assert.equal(api.count, 3);
});

test('a better moment doesn’t wait for what waits, and nothing is sent twice when its time comes', async () => {
  const clock = stopClock();
  replace(Math, 'random', { value: () => 1 });
  const { api, outbox } = open();
  outbox.add('7', 'a');
  await (await api.next()).refuse(0);
  outbox.send();
  const again = await api.next();
  await clock.advance(2 * LONGEST_WAIT_MS);
  assert.equal([again.isOver, api.count], [false, 2]);

  await again.refuse(0);
  await clock.advance(900);
  outbox.send();
  await (await api.next()).refuse(0);
  await clock.advance(999);
  assert.equal(api.open.length, 0);
  await clock.advance(1);
  assert.equal(api.open.length, 1);
});

/** Whether somebody who leaves the page is asked whether they want to. */
function isAsked() {
  const event = new Event('beforeunload', { cancelable: true });
  dispatchEvent(event);
  return event.defaultPrevented;
}

test('whoever leaves is asked only where what they wrote would go with the page', async () => {
  const { api, outbox } = open();
  assert.ok(!isAsked());
  outbox.add('7', 'a');
  assert.ok(!isAsked(), 'it is kept');
  const end = fillStorage();
  keep('draft:7', 'something else');
  assert.ok(!isAsked(), 'it is something else that isn’t');
  outbox.add('7', 'b');
  assert.ok(isAsked());
  await accept(await api.next());
  assert.ok(isAsked());
  await accept(await api.next());
  assert.ok(!isAsked(), 'it has arrived');
  outbox.add('7', 'c');
  end();
  await (await api.next()).refuse(422);
  assert.ok(!isAsked(), 'it could be kept after all');
});

test('whoever leaves isn’t asked for what somebody else wrote, nor when it is over', () => {
  fillStorage();
  const [john, jane] = [open('1'), open('11')];
  jane.outbox.add('7', 'a');
  jane.outbox.stop();
  assert.ok(!isAsked());
  john.outbox.add('7', 'a');
  assert.ok(isAsked());
});

test('what isn’t sent survives a reload, in order and as the same messages', async () => {
  const before = open();
  for (const content of ['a', 'b', 'c', 'd']) before.outbox.add('7', content);
  await accept(await before.api.next());
  const cut = await before.api.next();
  const ids = before.outbox.of('7').map(({ clientId }) => clientId);
  before.outbox.stop();

  const { api, outbox, accepted } = open();
  assert.equal(contents(outbox), ['b', 'c', 'd']);
  assert.equal(api.open.length, 0);
  outbox.send();
  for (const _ of ids) await accept(await api.next());
  assert.equal(accepted.map(({ clientId }) => clientId), ids);
  assert.equal(accepted[0]?.clientId, cut.body.clientId);
});

test('why something was refused survives a reload', async () => {
  const before = open();
  before.outbox.add('7', 'a');
  await (await before.api.next()).refuse(422, 'Too long');
  before.outbox.stop();
  const { api, outbox } = open();
  outbox.send();
  assert.equal([api.open.length, outbox.of('7')[0]?.reason], [0, 'Too long']);
});

test('the order is that of writing, even where the clock is set back meanwhile', async () => {
  const clock = stopClock();
  const { outbox } = open();
  outbox.add('7', 'a');
  clock.set(-3_600_000);
  outbox.add('7', 'b');
  outbox.add('7', 'c');
  assert.equal(contents(outbox), ['a', 'b', 'c']);
  outbox.stop();
  assert.equal(contents(open().outbox), ['a', 'b', 'c']);
});

test('the order is that of writing, even where the clock is set back before a reload', async () => {
  const clock = stopClock();
  const before = open();
  before.outbox.add('7', 'a');
  before.outbox.add('7', 'b');
  before.outbox.stop();
  clock.set(-3_600_000);
  const { outbox } = open();
  outbox.add('7', 'c');
  assert.equal(contents(outbox), ['a', 'b', 'c']);
});

test('the order is that of writing in two tabs, even where the clock is set back between them', () => {
  const clock = stopClock();
  const [one, other] = [open(), open()];
  for (const [tab, content] of /** @type {const} */ ([[one, 'a'], [other, 'b'], [other, 'c'], [one, 'd']])) {
    tab.outbox.add('7', content);
    clock.set(-3_600_000);
  }
  for (const { outbox } of [one, other]) assert.equal(contents(outbox), ['a', 'b', 'c', 'd']);
});

test('many messages written in the same millisecond keep their order', () => {
  stopClock();
  const { outbox } = open();
  const written = range(1, 60).map((number) => `${number}`);
  for (const content of written) outbox.add('7', content);
  assert.equal(contents(outbox), written);
});

test('two tabs over the same storage lose nothing, and the server gets everything in order', async () => {
  const clock = stopClock();
  for (const seed of range(1, 40)) {
    const random = randomFrom(seed);
    const upTo = (/** @type {number} */ limit) => Math.floor(random() * limit);
    const tabs = [open(`${seed}`), open(`${seed}`)];
    /** As the server has them, each once. @type {Map<string, string>} */
    const server = new Map();
    let written = 0;
    for (let step = 0; step < 60 || tabs.some(({ outbox }) => outbox.of('7').length > 0); step += 1) {
      assert.ok(step < 1_000, `seed ${seed} doesn’t come to an end`);
      const tab = tabs[upTo(2)];
      const question = tab?.api.open.shift();
      if (step < 60 && upTo(3) === 0) {
        written += 1;
        tab?.outbox.add('7', `${written}`);
        await clock.advance(1);
      }
      if (!question) {
        if (step >= 60) tab?.outbox.send();
      } else if (upTo(5) === 0) {
        // It may have arrived all the same.
        if (upTo(2)) server.set(question.body.clientId, question.body.content);
        await question.refuse(0);
      } else if (upTo(6) === 0) {
        // As when the stream is back.
        if (upTo(2)) server.set(question.body.clientId, question.body.content);
        tab?.outbox.send();
        await settle();
      } else {
        server.set(question.body.clientId, question.body.content);
        await accept(question);
      }
      if (upTo(8) === 0) await clock.advance(upTo(3_000));
    }
    assert.equal([...server.values()], range(1, written).map((number) => `${number}`));
    for (const { outbox } of tabs) outbox.stop();
  }
});

test('what another tab has sent meanwhile isn’t sent again, and what it removes doesn’t come back', async () => {
  const [one, other] = [open(), open()];
  one.outbox.add('7', 'a');
  const slow = await one.api.next();
  one.outbox.add('7', 'b');
  other.outbox.send();
  await accept(await other.api.next());
  await accept(await other.api.next());
  assert.equal(contents(one.outbox), []);
  // The server is said to refuse it, but it isn't there any more.
  await slow.refuse(422);
  assert.equal([keysOf('outbox:'), one.api.open.length], [[], 0]);
});

test('what other tabs add and remove is told, and nothing else is', () => {
  const { outbox } = open();
  const changes = counted(outbox, 'change');
  for (const key of ['outbox:1:5:a', 'outbox:11:5:a', 'draft:7', null]) {
    dispatchEvent(new StorageEvent('storage', { key }));
  }
  assert.equal(changes.count, 1);
});

test('people who share a browser don’t send each other’s messages', async () => {
  const [john, jane] = [open('1'), open('11')];
  john.outbox.add('7', 'a');
  jane.outbox.send();
  assert.equal([contents(jane.outbox), jane.api.open.length], [[], 0]);
});

test('full storage loses nothing while the page lives', async () => {
  const end = fillStorage();
  const { api, outbox, accepted } = open();
  for (const content of ['a', 'b', 'c']) outbox.add('7', content);
  assert.equal(contents(outbox), ['a', 'b', 'c']);
  await accept(await api.next());
  await (await api.next()).refuse(422, 'Too long');
  assert.equal(outbox.of('7').map(({ content, reason }) => [content, reason]), [['b', 'Too long'], ['c', '']]);
  end();
  outbox.add('7', 'd');
  assert.equal(contents(outbox), ['b', 'c', 'd']);
  await accept(await api.next());
  await accept(await api.next());
  assert.equal(accepted.map(({ content }) => content), ['a', 'c', 'd']);
  outbox.remove(outbox.of('7')[0]?.clientId);
  assert.equal(contents(outbox), []);
});

test('storage that becomes full keeps the reason of a refused message', async () => {
  const { api, outbox } = open();
  outbox.add('7', 'a');
  fillStorage();
  await (await api.next()).refuse(422, 'Too long');
  assert.equal(outbox.of('7').map(({ reason }) => reason), ['Too long']);
  assert.equal(api.open.length, 0);
});

test('a browser without storage sends all the same', async () => {
  refuseStorage();
  const { api, outbox, accepted } = open();
  outbox.add('7', 'a');
  outbox.add('7', 'b');
  await accept(await api.next());
  await accept(await api.next());
  assert.equal([contents(outbox), accepted.map(({ content }) => content)], [[], ['a', 'b']]);
});

test('what has arrived by the stream leaves, whatever becomes of the request', async () => {
  for (const status of [0, 200]) {
    const { api, outbox, accepted } = open(`user ${status}`);
    outbox.add('7', 'a');
    outbox.add('7', 'b');
    const question = await api.next();
    outbox.remove(question.body.clientId);
    assert.equal(contents(outbox), ['b']);
    await (status ? accept(question) : question.refuse(status));
    outbox.send();
    await accept(await api.next());
    assert.equal([contents(outbox), api.open.length], [[], 0]);
    assert.equal(accepted.at(-1)?.content, 'b');
  }
});

test('removing what isn’t here does nothing', () => {
  const { outbox } = open();
  const changes = counted(outbox, 'change');
  outbox.remove(undefined);
  outbox.remove('');
  outbox.remove('somebody else’s');
  assert.equal(changes.count, 0);
});

test('nothing waits once everything has arrived by the stream', async () => {
  stopClock();
  const { api, outbox } = open();
  outbox.add('7', 'a');
  const question = await api.next();
  await question.refuse(0);
  assert.ok(outbox.waiting);
  outbox.remove(question.body.clientId);
  outbox.send();
  assert.equal([contents(outbox), outbox.waiting], [[], '']);
});

test('a server that refuses is there, so nothing waits for it', async () => {
  stopClock();
  const { api, outbox } = open();
  outbox.add('7', 'a');
  await (await api.next()).refuse(0);
  assert.ok(outbox.waiting);
  outbox.send();
  await (await api.next()).refuse(422);
  assert.ok(!outbox.waiting);
});

test('one that has stopped sends nothing any more', async () => {
  const clock = stopClock();
  const { api, outbox } = open();
  outbox.add('7', 'a');
  outbox.add('7', 'b');
  const question = await api.next();
  outbox.stop();
  await accept(question);
  outbox.send();
  await clock.advance(2 * LONGEST_WAIT_MS);
  assert.equal(api.open.length, 0);

  const waiting = open('2');
  waiting.outbox.add('7', 'a');
  await (await waiting.api.next()).refuse(503);
  assert.equal(clock.pending, 1);
  waiting.outbox.stop();
  assert.equal([clock.pending, contents(waiting.outbox)], [0, ['a']]);

  const late = open('3');
  late.outbox.add('7', 'a');
  const unanswered = await late.api.next();
  late.outbox.stop();
  assert.ok(unanswered.isOver);
  await settle();
  assert.equal([clock.pending, contents(late.outbox)], [0, ['a']]);
});

test('what is added, refused, retried and removed is told', async () => {
  const { api, outbox } = open();
  const changes = counted(outbox, 'change');
  const step = () => {
    const { count } = changes;
    changes.count = 0;
    return count > 0;
  };
  outbox.add('7', 'a');
  assert.ok(step());
  const question = await api.next();
  await question.refuse(422);
  assert.ok(step());
  outbox.retry(question.body.clientId);
  assert.ok(step());
  await (await api.next()).refuse(503);
  assert.ok(step());
  outbox.remove(question.body.clientId);
  assert.ok(step());
});
