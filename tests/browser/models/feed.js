// The feed over one connection: resumed where it broke off, by streams or, where something holds those back, by polls.

import { Feed } from '../stream/feed.js';
import { afterwards, counted, cutNetwork, frame, hello, message, range, settle, stopClock, test } from './fakes.js';
import { assert } from './runner.js';

/** @import {Step} from '../stream/feed.js' */

const HELLO_WITHIN_MS = 3_000;
const SILENCE_MS = 20_000;
/** How often it looks whether it is too late. */
const CHECK_MS = 2_500;
const ANSWER_WITHIN_MS = 10_000;
const PROBE_MS = 3_000;
const POLLING_MS = 10 * 60_000;

/** A feed that has asked for its first stream. @param {string} [cursor] */
async function begin(cursor = '') {
  const clock = stopClock();
  const network = cutNetwork();
  /** @type {Step[]} */
  const steps = [];
  const feed = new Feed('12', cursor, (step) => steps.push(step));
  afterwards(() => feed.stop());
  const ended = counted(feed, 'ended');
  const running = feed.run();
  return { clock, network, steps, feed, ended, running, connection: await network.next() };
}

/** The same, where the stream has greeted. */
async function greeted() {
  const all = await begin();
  await all.connection.say(hello('c0'));
  return all;
}

/** The same, where no stream has come through, but polls do. */
async function polling() {
  const all = await begin('c0');
  await all.clock.advance(HELLO_WITHIN_MS);
  await (await all.network.next()).answer(200, poll('c0'));
  const waiting = await all.network.next();
  assert.equal(waiting.query('wait'), '25');
  return { ...all, waiting };
}

/** What a poll answers with: events up to a cursor. @param {string} cursor @param {[string, unknown, string][]} events */
function poll(cursor, ...events) {
  return { cursor, events: events.map(([event, data, id]) => ({ id, event, data })) };
}

/** @param {Step[]} steps */
const places = (steps) => steps.map(({ event, after, cursor }) => [event.name, after, cursor]);

test('a feed begins with a stream from now on, and is connected when it is greeted', async () => {
  const { connection, feed } = await begin();
  const changes = counted(feed, 'change');
  assert.equal([connection.url.pathname, connection.isStream, connection.query('after')], ['/api/messages', true, null]);
  // A session that is somebody else's meanwhile is then as good as none.
  assert.equal(connection.headers.get('tincan-user'), '12');
  await connection.say(':\n\n');
  assert.ok(!feed.connected);
  await connection.say(hello('c0'));
  assert.equal([feed.connected, feed.cursor, feed.transport], [true, 'c0', 'stream']);
  assert.equal(changes.count, 1);
});

test('every event is a step from one place to the next', async () => {
  const { connection, steps, feed } = await greeted();
  await connection.say(frame('message', message(1), 'c1') + frame('read', { upTo: 1 }, 'c2'));
  await connection.say(frame('sent', message(2), 'c3'));
  assert.equal(places(steps), [['message', 'c0', 'c1'], ['read', 'c1', 'c2'], ['sent', 'c2', 'c3']]);
  assert.equal(steps[0]?.event.data, message(1));
  assert.equal(feed.cursor, 'c3');
});

test('an event without a place is a step from where one is to there, and changes nothing', async () => {
  const { clock, network, connection, steps, feed } = await greeted();
  const typing = { conversationId: '7', userId: '2' };
  await connection.say(frame('message', message(1), 'c1') + frame('typing', typing));
  await connection.say(frame('presence', { userId: '2', online: true }) + frame('message', message(2), 'c2'));
  assert.equal(places(steps), [['message', 'c0', 'c1'], ['typing', 'c1', 'c1'], ['presence', 'c1', 'c1'], ['message', 'c1', 'c2']]);
  assert.equal(steps[1]?.event.data, typing);
  await connection.say(frame('typing', typing));
  await connection.end();
  await clock.advance(1_000);
  assert.equal([feed.cursor, (await network.next()).query('after')], ['c2', 'c2']);
});

test('an event without a place comes by a poll, too', async () => {
  const { network, waiting, steps, feed } = await polling();
  const typing = { conversationId: '7', userId: '2' };
  await waiting.answer(200, { cursor: 'c1', events: [
    { event: 'typing', data: typing }, { id: 'c1', event: 'message', data: message(1) }, { event: 'typing', data: typing },
  ] });
  assert.equal(places(steps), [['typing', 'c0', 'c0'], ['message', 'c0', 'c1'], ['typing', 'c1', 'c1']]);
  assert.equal([feed.cursor, (await network.next()).query('after')], ['c1', 'c1']);
});

test('a stream that ends, breaks or isn’t there is resumed where it broke off, within a second', async () => {
  for (const isBroken of [true, false]) {
    const { clock, network, connection, steps, feed } = await greeted();
    await connection.say(frame('message', message(1), 'c1'));
    await (isBroken ? connection.break() : connection.end());
    assert.equal([feed.connected, network.open.length], [false, 0]);
    await clock.advance(1_000);
    const refused = await network.next();
    assert.equal([refused.isStream, refused.query('after')], [true, 'c1']);
    // Whatever it brings is no news.
    await refused.answer(503, frame('message', message(9), 'c9'));
    await clock.advance(1_000);
    const next = await network.next();
    assert.equal(next.query('after'), 'c1');
    await next.say(hello('c1') + frame('message', message(2), 'c2') + frame('caught_up', { cursor: 'c2' }, 'c2'));
    assert.ok(feed.connected);
    assert.equal(places(steps), [['message', 'c0', 'c1'], ['message', 'c1', 'c2'], ['caught_up', 'c2', 'c2']]);
    feed.stop();
  }
});

test('a server that comes back is found within a second, however long it was away', async () => {
  const { clock, network, connection } = await begin();
  await connection.break();
  for (const tries of range(1, 12)) {
    await clock.advance(140);
    assert.equal([tries, network.open.length], [tries, 0]);
    await clock.advance(860);
    const [again] = network.open.splice(0);
    assert.ok(again, `try ${tries} comes too late`);
    await again?.break();
  }
});

test('a server that stays away isn’t asked all the time', async () => {
  const { clock, network, connection } = await begin();
  await connection.break();
  for (const _ of range(1, 600)) {
    await clock.advance(100);
    for (const again of network.open.splice(0)) await again.break();
  }
  assert.ok(network.count < 100, `asked ${network.count} times in a minute`);
});

test('the session’s end is the feed’s', async () => {
  const { clock, network, connection, feed, ended, running } = await greeted();
  await connection.end();
  await clock.advance(1_000);
  await (await network.next()).answer(401);
  assert.equal([ended.count, feed.connected], [1, false]);
  await running;
  await clock.advance(60_000);
  assert.equal([network.open.length, ended.count], [0, 1]);
});

test('a place that isn’t known any more is a reset, and the feed goes on from now', async () => {
  const { clock, network, connection, steps, feed } = await begin('c9');
  assert.equal(connection.query('after'), 'c9');
  await connection.answer(410);
  assert.equal(places(steps), [['reset', 'c9', '']]);
  await clock.advance(1_000);
  const next = await network.next();
  assert.equal(next.query('after'), null);
  await next.say(hello('d0'));
  assert.equal([feed.connected, feed.cursor], [true, 'd0']);
});

test('a reset that the stream tells is a step like any other', async () => {
  const { connection, steps, feed } = await begin('c9');
  await connection.say(hello('0-0') + frame('reset', { reason: 'gone' }, 'd0') + frame('message', message(1), 'd1'));
  assert.equal(places(steps), [['reset', 'c9', 'd0'], ['message', 'd0', 'd1']]);
  assert.equal(feed.cursor, 'd1');
});

test('a stream that falls silent is dead, and another takes its place', async () => {
  const { clock, network, connection, feed } = await greeted();
  await clock.advance(SILENCE_MS - CHECK_MS);
  assert.equal([connection.isOver, feed.connected], [false, true]);
  await clock.advance(2 * CHECK_MS);
  assert.equal([connection.isOver, feed.connected], [true, false]);
  await clock.advance(1_000);
  assert.equal((await network.next()).query('after'), 'c0');
});

test('a stream that says nothing but that it is alive stays', async () => {
  const { clock, network, connection, feed } = await greeted();
  for (const _ of range(1, 10)) {
    await clock.advance(15_000);
    await connection.say(':\n\n');
  }
  assert.equal([connection.isOver, feed.connected, network.open.length], [false, true, 0]);
});

test('a server that takes too long to answer is asked again', async () => {
  const { clock, network, connection } = await begin();
  await clock.advance(HELLO_WITHIN_MS);
  await (await network.next()).break();
  await clock.advance(ANSWER_WITHIN_MS + CHECK_MS);
  assert.ok(connection.isOver);
  await clock.advance(1_000);
  assert.ok((await network.next()).isStream);
});

test('a stream that greets in time isn’t given up', async () => {
  const { clock, network, connection, feed } = await begin();
  await clock.advance(HELLO_WITHIN_MS - 1);
  await connection.say(hello('c0'));
  await clock.advance(10_000);
  assert.equal([network.open.length, feed.transport, feed.connected], [0, 'stream', true]);
});

test('where no stream comes through but a poll does, polls it is', async () => {
  const { connection, feed, waiting } = await polling();
  assert.ok(connection.isOver);
  assert.equal([feed.transport, waiting.isStream, waiting.query('wait'), waiting.query('after')], ['poll', false, '25', 'c0']);
  assert.equal(waiting.headers.get('tincan-user'), '12');
});

test('what holds back the body alone is found out too', async () => {
  const { clock, network, connection, feed } = await begin('c0');
  // The answer's head has come, and nothing of its body.
  await connection.say('');
  await clock.advance(HELLO_WITHIN_MS);
  await (await network.next()).answer(200, poll('c0'));
  assert.equal(feed.transport, 'poll');
});

test('where neither a stream nor a poll comes through, it is the network, and streams stay', async () => {
  for (const status of [0, 503]) {
    const { clock, network, connection, feed } = await begin();
    await clock.advance(HELLO_WITHIN_MS);
    const tried = await network.next();
    assert.equal([tried.isStream, tried.query('wait')], [false, '0']);
    await (status ? tried.answer(status) : tried.break());
    assert.equal([feed.transport, connection.isOver], ['stream', false]);
    await connection.say(hello('c0'));
    assert.ok(feed.connected);
    feed.stop();
  }
});

test('a poll that is never answered, where the stream comes after all, changes nothing', async () => {
  const { clock, network, connection, feed } = await begin();
  await clock.advance(HELLO_WITHIN_MS);
  const tried = await network.next();
  await connection.break();
  assert.ok(tried.isOver);
  await clock.advance(1_000);
  await (await network.next()).say(hello('c0'));
  assert.equal([feed.transport, feed.connected], ['stream', true]);
});

test('polls hand over every step in order, one after the other', async () => {
  const { clock, network, steps, feed, waiting } = await polling();
  await waiting.answer(200, poll('c2', ['message', message(1), 'c1'], ['read', { upTo: 1 }, 'c2']));
  assert.equal([feed.connected, feed.cursor], [true, 'c2']);
  const second = await network.next();
  assert.equal([second.query('after'), second.query('wait')], ['c2', '25']);
  await clock.advance(25_000);
  const changes = counted(feed, 'change');
  // Something has happened that isn't for this person.
  await second.answer(200, poll('c5'));
  const third = await network.next();
  assert.equal(third.query('after'), 'c5');
  await third.answer(200, poll('c6', ['sent', message(2), 'c6']));
  assert.equal(places(steps), [['message', 'c0', 'c1'], ['read', 'c1', 'c2'], ['sent', 'c5', 'c6']]);
  assert.equal([feed.connected, changes.count], [true, 0]);
});

test('polls that wait for something to happen are a connection', async () => {
  const { clock, feed } = await polling();
  assert.ok(feed.connected);
  const changes = counted(feed, 'change');
  await clock.advance(20_000);
  assert.equal([feed.connected, changes.count], [true, 0]);
});

test('from one transport to the other nothing is waited for, and the connection isn’t lost', async () => {
  const { clock, network, feed } = await begin('c0');
  /** @type {unknown[]} */
  const states = [];
  feed.addEventListener('change', () => states.push([feed.connected, feed.transport]));
  await clock.advance(HELLO_WITHIN_MS);
  await (await network.next()).answer(200, poll('c0'));
  assert.equal(states, [[true, 'stream'], [true, 'poll']]);
  for (let passed = 0; passed < POLLING_MS; passed += 24_000) {
    const [waiting] = network.open.splice(0);
    assert.equal([waiting?.isStream, waiting?.query('wait')], [false, '25']);
    await clock.advance(24_000);
    await waiting?.answer(200, poll('c0'));
  }
  const [stream] = network.open.splice(0);
  assert.ok(stream?.isStream);
  assert.equal(states.splice(0), [[true, 'stream'], [true, 'poll'], [true, 'stream']]);
  // What held streams back still does.
  await clock.advance(HELLO_WITHIN_MS);
  await (await network.next()).answer(200, poll('c0'));
  assert.equal([states, stream?.isOver, network.open.length], [[[true, 'poll']], true, 1]);
});

test('a change of transport hides no outage', async () => {
  const { clock, network, feed, waiting } = await polling();
  await clock.advance(24_000);
  await waiting.answer(200, poll('c0'));
  for (let passed = 24_000; passed < POLLING_MS; passed += 24_000) {
    const again = await network.next();
    await clock.advance(24_000);
    await again.answer(200, poll('c0'));
  }
  await (await network.next()).break();
  assert.equal([feed.transport, feed.connected, network.open.length], ['stream', false, 0]);
  await clock.advance(250);
  assert.ok((await network.next()).isStream);
});

test('a poll that fails is tried again within a second, and is a connection when the server is back', async () => {
  const { clock, network, feed, waiting } = await polling();
  await waiting.answer(200, poll('c1', ['message', message(1), 'c1']));
  await (await network.next()).break();
  assert.ok(!feed.connected);
  await clock.advance(1_000);
  const again = await network.next();
  assert.equal([feed.transport, again.isStream, again.query('after')], ['poll', false, 'c1']);
  // One that waits for something to happen would say only then that the server is back.
  assert.equal(again.query('wait'), '0');
  await again.answer(200, poll('c1'));
  assert.ok(feed.connected);
  assert.equal((await network.next()).query('wait'), '25');
});

test('a poll may take as long as it waits, and not much longer', async () => {
  const { clock, waiting } = await polling();
  await clock.advance(25_000);
  assert.ok(!waiting.isOver);
  await clock.advance(ANSWER_WITHIN_MS + CHECK_MS);
  assert.ok(waiting.isOver);
});

test('after a while of polls, a stream is tried again', async () => {
  const { clock, network, feed, waiting } = await polling();
  await clock.advance(24_000);
  await waiting.answer(200, poll('c0'));
  for (let passed = 24_000; passed < POLLING_MS; passed += 24_000) {
    const again = await network.next();
    assert.ok(!again.isStream);
    await clock.advance(24_000);
    await again.answer(200, poll('c0'));
  }
  const stream = await network.next();
  assert.equal([stream.isStream, stream.query('after')], [true, 'c0']);
  await stream.say(hello('c0'));
  assert.equal([feed.transport, feed.connected], ['stream', true]);
});

test('a session that ends between polls ends the feed, and a lost place is a reset', async () => {
  const { clock, network, steps, ended, waiting } = await polling();
  await waiting.answer(410);
  assert.equal(places(steps), [['reset', 'c0', '']]);
  await clock.advance(1_000);
  const next = await network.next();
  assert.equal(next.query('after'), null);
  await next.answer(401);
  assert.equal(ended.count, 1);
});

test('an event is handed over once, where a late stream brings it together with the first poll', async () => {
  const { clock, network, connection, steps } = await begin('c0');
  await clock.advance(HELLO_WITHIN_MS);
  const tried = await network.next();
  await connection.say(hello('c0') + frame('message', message(1), 'c1'));
  await tried.answer(200, poll('c1', ['message', message(1), 'c1']));
  assert.equal(places(steps), [['message', 'c0', 'c1']]);
});

test('a machine that slept knows when it is woken, and is back at once', async () => {
  const { clock, network, connection, feed } = await greeted();
  clock.set(60_000);
  feed.wake();
  // Others may be answered, over a connection of their own.
  await (await network.next()).answer(200, {});
  assert.equal([connection.isOver, feed.connected], [true, false]);
  await clock.advance(250);
  await (await network.next()).say(hello('c0'));
  assert.ok(feed.connected);
});

test('a wake tries out the network, and a connection over one that is gone is given up', async () => {
  const { clock, network, connection, feed } = await greeted();
  feed.wake();
  const probe = await network.next();
  assert.equal([probe.url.pathname, connection.isOver, feed.connected], ['/api/config', false, true]);
  await probe.break();
  assert.equal([connection.isOver, feed.connected], [true, false]);
  await clock.advance(250);
  const next = await network.next();
  assert.equal([next.isStream, next.query('after')], [true, 'c0']);
});

test('a wake over a network that works changes nothing', async () => {
  for (const status of [200, 502]) {
    const { clock, network, connection, feed } = await greeted();
    const changes = counted(feed, 'change');
    feed.wake();
    await (await network.next()).answer(status, {});
    await clock.advance(10_000);
    assert.equal([connection.isOver, feed.connected, changes.count, network.open.length], [false, true, 0, 0]);
    feed.stop();
  }
});

test('a network that doesn’t answer a wake within three seconds is gone', async () => {
  const { clock, network, connection, feed } = await greeted();
  feed.wake();
  const probe = await network.next();
  await clock.advance(PROBE_MS - 1);
  assert.equal([connection.isOver, feed.connected], [false, true]);
  await clock.advance(1);
  assert.equal([probe.isOver, connection.isOver, feed.connected], [true, true, false]);
});

test('what a wake finds out is about the connection that there was', async () => {
  const { clock, network, connection, feed } = await greeted();
  feed.wake();
  const probe = await network.next();
  await connection.break();
  await clock.advance(250);
  const next = await network.next();
  await next.say(hello('c0'));
  await probe.break();
  assert.equal([next.isOver, feed.connected], [false, true]);
});

test('on another network it is connected anew at once, from where it was', async () => {
  const { clock, network, connection, feed } = await greeted();
  await connection.say(frame('message', message(1), 'c1'));
  feed.reopen();
  await settle();
  assert.equal([connection.isOver, feed.connected], [true, false]);
  await clock.advance(250);
  const next = await network.next();
  assert.equal([next.isStream, next.query('after'), network.open.length], [true, 'c1', 0]);
});

test('another network ends a wait', async () => {
  const { clock, network, connection, feed } = await begin();
  await connection.break();
  for (const _ of range(1, 6)) {
    await clock.advance(1_000);
    await (await network.next()).break();
  }
  feed.reopen();
  await settle();
  assert.equal(network.open.length, 1);
  await (await network.next()).break();
  await clock.advance(250);
  assert.equal(network.open.length, 1);
});

test('a feed that had to make room for others stays away until somebody comes back to it', async () => {
  const { clock, network, connection, feed } = await greeted();
  const changes = counted(feed, 'change');
  await connection.say(frame('bye', { reason: 'You have too many streams open.' }));
  await connection.end();
  assert.equal([feed.displaced, feed.connected, changes.count], [true, false, 1]);
  await clock.advance(200_000);
  assert.equal(network.open.length, 0);
  feed.wake();
  await settle();
  const again = network.open.splice(0).find(({ isStream }) => isStream);
  await again?.say(hello('c0'));
  assert.equal([feed.displaced, feed.connected], [false, true]);
});

test('a wake ends a wait', async () => {
  const { clock, network, connection, feed } = await begin();
  await connection.break();
  for (const _ of range(1, 6)) {
    await clock.advance(1_000);
    await (await network.next()).break();
  }
  assert.equal(network.open.length, 0);
  feed.wake();
  await settle();
  const [again, ...others] = network.open.splice(0).sort((a, b) => Number(b.isStream) - Number(a.isStream));
  assert.equal([again?.isStream, others.map(({ url }) => url.pathname)], [true, ['/api/config']]);
  // And the waits are short again.
  await again?.break();
  await clock.advance(250);
  assert.equal(network.open.length, 1);
});

test('a connection that is lost after a long outage is looked for as soon as any', async () => {
  const { clock, network, connection } = await begin();
  await connection.break();
  for (const _ of range(1, 6)) {
    await clock.advance(1_000);
    await (await network.next()).break();
  }
  await clock.advance(1_000);
  const found = await network.next();
  await found.say(hello('c0'));
  await clock.advance(6_000);
  await found.end();
  await clock.advance(250);
  assert.equal(network.open.length, 1);
});

test('a connection that breaks off at once, again and again, is looked for less often', async () => {
  const { clock, network, connection } = await begin();
  await connection.break();
  for (const _ of range(1, 100)) {
    await clock.advance(50);
    for (const again of network.open.splice(0)) {
      await again.say(hello('c0'));
      await again.end();
    }
  }
  assert.ok(network.count <= 12, `asked ${network.count} times in 5 s`);
});

test('where something else answers in place of the server, it is asked less and less often', async () => {
  for (const [status, body] of /** @type {[number, unknown][]} */ ([[403, {}], [404, {}], [500, 'no'], [200, { html: true }]])) {
    const { clock, network, connection, feed } = await begin();
    await connection.answer(status, body);
    for (const _ of range(1, 600)) {
      await clock.advance(100);
      for (const again of network.open.splice(0)) await again.answer(status, body);
    }
    assert.ok(network.count <= 9, `${status}: asked ${network.count} times in a minute`);
    feed.wake();
    assert.ok(network.open.length > 0, 'somebody who comes back doesn’t wait');
    feed.stop();
  }
});

test('a feed that is stopped breaks off, and asks for nothing more', async () => {
  const { clock, network, connection, feed, steps, running } = await greeted();
  feed.stop();
  await running;
  assert.ok(connection.isOver);
  await clock.advance(60_000);
  assert.equal([network.open.length, feed.connected, steps.length], [0, false, 0]);

  const waiting = await begin();
  await waiting.connection.break();
  waiting.feed.stop();
  await waiting.running;
  await waiting.clock.advance(60_000);
  assert.equal(waiting.network.open.length, 0);
});
