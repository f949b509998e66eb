// What follows the feed for a whole browser, and tells its tabs.

import { Relay } from '../stream/feed.js';
import { afterwards, caught, cutNetwork, frame, hello, message, settle, stopClock, test, until } from './fakes.js';
import { assert } from './runner.js';

/** @import {Asked, Told} from '../stream/feed.js' */

const BEAT_MS = 5_000;

/** A relay that has asked for its stream, and a tab that listens. @param {string} [cursor] */
async function begin(cursor = '') {
  const network = cutNetwork();
  const name = `relay 12 ${Math.random()}`;
  const tab = new BroadcastChannel(name);
  afterwards(() => tab.close());
  /** @type {Told[]} */
  const told = [];
  tab.onmessage = ({ data }) => told.push(data);
  const ask = (/** @type {Asked['ask']} */ what) => tab.postMessage({ ask: what });
  let ends = 0;
  const relay = new Relay(name, cursor, () => {
    ends += 1;
  });
  return { relay, network, told, ask, ended: () => ends, connection: await network.next() };
}

/** @param {Told[]} told */
const states = (told) => told.flatMap((each) => ('state' in each ? [each.state] : []));

test('the tabs are told every state and every step', async () => {
  const { relay, told, connection } = await begin('c0');
  assert.equal([connection.query('after'), connection.headers.get('tincan-user')], ['c0', '12']);
  await connection.say(hello('c0') + frame('message', message(1), 'c1'));
  await until(() => told.length === 2);
  assert.equal(told, [
    { state: { connected: true, transport: 'stream', displaced: false, cursor: 'c0' } },
    { step: { event: { name: 'message', data: message(1) }, after: 'c0', cursor: 'c1' } },
  ]);
  await connection.end();
  await until(() => told.length === 3);
  assert.equal(states(told).at(-1), { connected: false, transport: 'stream', displaced: false, cursor: 'c1' });
  relay.end();
});

test('the tabs are told what has no place, and the state stays the same', async () => {
  const { relay, told, ask, connection } = await begin('c0');
  const typing = { conversationId: '7', userId: '2' };
  await connection.say(hello('c0') + frame('typing', typing));
  await until(() => told.length === 2);
  assert.equal(told[1], { step: { event: { name: 'typing', data: typing }, after: 'c0', cursor: 'c0' } });
  ask('state');
  await until(() => told.length === 3);
  assert.equal(states(told).at(-1)?.cursor, 'c0');
  relay.end();
});

test('whoever asks is told the state, a wake hurries it, and on another network it begins anew', async () => {
  const clock = stopClock();
  const { relay, told, ask, network, connection } = await begin('c0');
  ask('state');
  await until(() => told.length === 1);
  assert.equal(told, [{ state: { connected: false, transport: 'stream', displaced: false, cursor: 'c0' } }]);
  await connection.break();
  assert.equal(network.open.length, 0);
  ask('wake');
  await until(() => told.length === 2);
  await settle();
  const asked = network.open.splice(0);
  assert.equal(asked.map(({ url }) => url.pathname).sort(), ['/api/config', '/api/messages']);
  const stream = asked.find(({ isStream }) => isStream);
  await stream?.say(hello('c0'));
  await until(() => told.length === 3);
  ask('online');
  await until(() => states(told).some(({ connected }, index) => index > 2 && !connected));
  assert.ok(stream?.isOver);
  await clock.advance(250);
  assert.equal(network.open.length, 1);
  relay.end();
});

test('the tabs hear every five seconds that there is a relay, connected or not', async () => {
  const clock = stopClock();
  const { relay, told, connection } = await begin('c0');
  await clock.advance(BEAT_MS - 1);
  await settle();
  assert.equal(told, []);
  await clock.advance(1);
  await until(() => told.length === 1);
  await connection.say(hello('c0'));
  await until(() => told.length === 2);
  await clock.advance(2 * BEAT_MS);
  await until(() => told.length === 4);
  assert.equal(states(told).map(({ connected }) => connected), [false, true, true, true]);
  relay.end();
  await settle();
  assert.equal(clock.pending, 0);
});

test('the session’s end is told, and is the relay’s', async () => {
  const { told, connection, ended } = await begin();
  await connection.answer(401);
  await until(() => told.length > 0);
  assert.equal([told, ended()], [[{ ended: true }], 1]);
});

test('a tab can end the relay', async () => {
  const { ask, connection, ended } = await begin();
  ask('end');
  await until(() => ended() === 1);
  assert.ok(connection.isOver);
});

test('a relay that ends while it is connected leaves nothing behind, and breaks nothing', async () => {
  const clock = stopClock();
  const { relay, connection, ended } = await begin();
  await connection.say(hello('c0'));
  const defects = caught();
  relay.end();
  await settle();
  // A promise that nobody catches is told of in a while.
  await until(() => defects.count > 0 || clock.pending === 0, 'an end of the timers');
  assert.equal([connection.isOver, ended(), defects.count, clock.pending], [true, 1, 0, 0]);
});
