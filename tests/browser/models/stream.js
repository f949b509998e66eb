// A tab's end of the browser's one stream: every event once and in order, whoever relays it and whatever was missed.

import { Stream } from '../stream/stream.js';
import {
  afterwards, caught, counted, cutNetwork, FakeApi, frame, hello, message, range, replace, settle, stopClock, test, until,
} from './fakes.js';
import { assert } from './runner.js';

/** @import {Asked, Told} from '../stream/feed.js' */

const VERSION = 'version';
const LOST_AFTER_MS = 1_500;
const RETRY_MS = 1_000;
const BEAT_MS = 5_000;
/** Within which a relay answers, and says by itself that it is there. */
const ANSWER_MS = 2_000;
const SILENCE_MS = 12_000;

/** Somebody whom nobody else follows, whatever else runs in this browser. */
function somebody() {
  return { id: `${crypto.getRandomValues(new Uint32Array(2)).join('')}`, username: 'john' };
}

/** A tab of somebody's. @param {ReturnType<typeof somebody>} user */
function open(user) {
  const api = new FakeApi();
  /** The numbers of the messages that were handed over. @type {number[]} */
  const received = [];
  /** Who was said to type. @type {string[]} */
  const typists = [];
  const stream = new Stream(api, user, VERSION, ({ name, data }) => {
    if (name === 'typing') typists.push(data.userId);
    else received.push(Reflect.get(data, 'number'));
  });
  afterwards(() => stream.stop());
  const [changes, connections, resets, ends] = ['change', 'connected', 'reset', 'ended'].map((name) => counted(stream, name));
  if (!changes || !connections || !resets || !ends) throw new Error('nothing to count');
  return { api, stream, received, typists, changes, connections, resets, ends };
}

/** What the test plays: the worker that relays to the tabs. */
class FakeRelay {
  /** What the tabs ask for. @type {string[]} */
  asked = [];

  /** @param {string} name */
  constructor(name) {
    this.name = name;
    this.channel = new BroadcastChannel(name);
    this.channel.onmessage = ({ data }) => this.asked.push(/** @type {Asked} */ (data).ask);
    afterwards(() => this.channel.close());
  }

  /** @param {Told} told */
  tell(told) {
    this.channel.postMessage(told);
  }

  /** @param {string} cursor @param {{connected?: boolean, transport?: 'stream' | 'poll'}} [more] */
  tellState(cursor, { connected = true, transport = 'stream' } = {}) {
    this.tell({ state: { connected, transport, displaced: false, cursor } });
  }

  /** A message whose place is that of its number. @param {number} number @param {string} [after] */
  tellMessage(number, after = `c${number - 1}`) {
    this.tell({ step: { event: { name: 'message', data: message(number) }, after, cursor: `c${number}` } });
  }

  /** @param {string} userId @param {string} cursor where the relay is */
  tellTyping(userId, cursor) {
    this.tell({ step: { event: { name: 'typing', data: { conversationId: '7', userId } }, after: cursor, cursor } });
  }
}

/** A tab, and the relay that it has found. */
async function begin() {
  /** @type {FakeRelay[]} */
  const relays = [];
  /** @type {{onerror: (() => void) | null}[]} */
  const workers = [];
  class FakeSharedWorker {
    /** @type {(() => void) | null} */
    onerror = null;

    /** @param {unknown} address @param {{name: string, type: string}} options */
    constructor(address, { name, type }) {
      assert.equal([`${address}`, type], ['/ui/0000000000000000/stream/worker.js', 'module']);
      relays.push(new FakeRelay(name));
      workers.push(this);
    }
  }
  replace(window, 'SharedWorker', { value: FakeSharedWorker });
  const user = somebody();
  const tab = open(user);
  tab.stream.start();
  const [relay] = relays;
  if (!relay) throw new Error('nothing relays');
  return { ...tab, user, relay, relays, workers };
}

/** The same, where it is connected, at the place c0. */
async function connected() {
  const all = await begin();
  all.relay.tellState('c0');
  await until(() => all.connections.count === 1, 'connected');
  return all;
}

/** What the poll of a catch-up answers with. @param {number[]} numbers @param {string} [cursor] */
function poll(numbers, cursor = `c${numbers.at(-1)}`) {
  return { cursor, events: numbers.map((number) => ({ id: `c${number}`, event: 'message', data: message(number) })) };
}

/** Waits until everything that the relay has told so far is handled. @param {Awaited<ReturnType<typeof begin>>} all @param {string} cursor */
async function handled({ relay, stream }, cursor) {
  const transport = stream.transport === 'poll' ? 'stream' : 'poll';
  relay.tellState(cursor, { transport });
  await until(() => stream.transport === transport, 'handled');
}

/**
 * Lets time pass, while the relay says that it is there and connected.
 * @param {Awaited<ReturnType<typeof begin>>} all @param {ReturnType<typeof stopClock>} clock @param {number} beats
 */
async function pass(all, clock, beats) {
  for (const _ of range(1, beats)) {
    await clock.advance(BEAT_MS);
    await handled(all, 'c0');
  }
}

test('a tab finds the browser’s relay, and asks for its state', async () => {
  const { relay, user } = await begin();
  assert.equal(relay.name, `tincan ${user.id} ${VERSION}`);
  await until(() => relay.asked.length > 0);
  assert.equal(relay.asked[0], 'state');
});

test('what happens before the state is known is ignored, and everything after it is handed over in order', async () => {
  const { relay, received, connections } = await begin();
  relay.tellMessage(1);
  relay.tellMessage(2);
  relay.tellState('c2');
  await until(() => connections.count === 1);
  assert.equal(received, []);
  for (const number of [3, 4, 5]) relay.tellMessage(number);
  await until(() => received.length === 3);
  assert.equal(received, [3, 4, 5]);
});

test('a relay that isn’t connected tells so, and nothing is connected', async () => {
  const all = await begin();
  all.relay.tellState('', { connected: false, transport: 'poll' });
  await until(() => all.stream.transport === 'poll');
  assert.equal([all.connections.count, all.api.count], [0, 0]);
});

test('what was missed is caught up with by polls, and then it goes on', async () => {
  const { relay, received, api } = await connected();
  relay.tellMessage(1);
  relay.tellMessage(4);
  relay.tellMessage(5);
  const first = await api.next();
  assert.equal([received, first.path], [[1], '/api/messages?after=c1']);
  await first.answer(poll([2, 3]));
  const second = await api.next();
  assert.equal(second.path, '/api/messages?after=c3');
  await second.answer(poll([4]));
  await (await api.next()).answer(poll([], 'c4'));
  await until(() => received.length >= 5);
  assert.equal([received, api.open.length], [range(1, 5), 0]);
});

test('a place is asked for as it is, whatever it looks like', async () => {
  const { relay, received, api } = await begin();
  relay.tellState('a&b=c+d');
  relay.tellMessage(2);
  assert.equal((await api.next()).path, '/api/messages?after=a%26b%3Dc%2Bd');
  assert.equal(received, []);
});

test('what a catch-up has handed over isn’t handed over again', async () => {
  const { relay, received, api } = await connected();
  relay.tellMessage(2);
  const question = await api.next();
  // They happen before the poll is answered, so they come both ways.
  for (const number of [3, 4]) relay.tellMessage(number);
  await question.answer(poll([1, 2, 3, 4]));
  await (await api.next()).answer(poll([], 'c4'));
  relay.tellMessage(5);
  // Whoever can't tell whether it has had them may ask again.
  while (!received.includes(5)) {
    await settle();
    await api.open.shift()?.answer(poll([], 'c4'));
    await until(() => received.includes(5) || api.open.length > 0);
  }
  assert.equal(received, range(1, 5));
});

test('what has no place is handed over as it comes, and doesn’t change where one is', async () => {
  const { relay, received, typists, api } = await connected();
  relay.tellTyping('2', 'c0');
  relay.tellTyping('2', 'c0');
  relay.tellMessage(1);
  relay.tellTyping('3', 'c1');
  relay.tellMessage(2);
  await until(() => received.length === 2);
  assert.equal([received, typists, api.count], [[1, 2], ['2', '2', '3'], 0]);
});

test('what has no place is handed over where one has caught up with that', async () => {
  const { relay, received, typists, api } = await connected();
  relay.tellMessage(2);
  await (await api.next()).answer(poll([1, 2]));
  await (await api.next()).answer(poll([], 'c2'));
  relay.tellTyping('2', 'c2');
  relay.tellMessage(3);
  await until(() => received.length === 3);
  assert.equal([received, typists, api.open.length], [[1, 2, 3], ['2'], 0]);
});

test('a tab that is behind ignores what has no place, as it is over by then', async () => {
  const all = await connected();
  const { relay, received, typists, api } = all;
  relay.tellTyping('2', 'c2');
  await (await api.next()).answer(poll([1, 2]));
  await (await api.next()).answer(poll([], 'c2'));
  relay.tellMessage(3);
  await until(() => received.length === 3);
  assert.equal([received, typists], [[1, 2, 3], []]);
});

test('what has no place says nothing to a tab that knows of none', async () => {
  const { relay, typists, connections, api } = await begin();
  relay.tellTyping('2', 'c0');
  relay.tellState('c0');
  await until(() => connections.count === 1);
  assert.equal([typists, api.count], [[], 0]);
});

test('a state that is further on leads to a catch-up before it is connected again', async () => {
  const all = await connected();
  const { relay, received, api, connections, stream } = all;
  relay.tellState('c0', { connected: false });
  relay.tellState('c2');
  const question = await api.next();
  assert.equal([question.path, connections.count], ['/api/messages?after=c0', 1]);
  await question.answer(poll([1, 2]));
  await (await api.next()).answer(poll([], 'c2'));
  await until(() => connections.count === 2);
  assert.equal([received, stream.lost], [[1, 2], false]);
  relay.tellMessage(3);
  await until(() => received.length === 3);
  assert.equal(api.open.length, 0);
});

test('a relay that isn’t connected doesn’t change where one is', async () => {
  const all = await connected();
  const { relay, received, api, connections } = all;
  // As one that has just taken over, and knows nothing yet.
  relay.tellState('', { connected: false });
  relay.tellState('c0');
  await until(() => connections.count === 2 || api.open.length > 0);
  relay.tellMessage(1);
  await until(() => received.length === 1 || api.open.length > 0);
  assert.equal([received, api.open.length], [[1], 0]);
});

test('a catch-up that fails is tried again in a second, from where it had come to, and nothing is lost', async () => {
  const clock = stopClock();
  const { relay, received, api } = await connected();
  relay.tellMessage(4);
  await (await api.next()).answer(poll([1, 2]));
  await (await api.next()).refuse(0);
  relay.tellMessage(5);
  await (await api.next()).refuse(503);
  assert.equal([received, relay.asked], [[1, 2], ['state']]);
  await clock.advance(RETRY_MS);
  await until(() => relay.asked.length > 1);
  relay.tellState('c5');
  const again = await api.next();
  assert.equal(again.path, '/api/messages?after=c2');
  await again.answer(poll([3, 4, 5]));
  await (await api.next()).answer(poll([], 'c5'));
  relay.tellMessage(6);
  await until(() => received.length === 6);
  assert.equal(received, range(1, 6));
});

test('a catch-up from a place that isn’t known any more is a reset', async () => {
  const { relay, received, api, resets } = await connected();
  relay.tellMessage(4);
  await (await api.next()).refuse(410);
  assert.equal([resets.count, received], [1, []]);
});

test('a reset that the relay tells is one, unless nothing is known yet', async () => {
  const all = await begin();
  const { relay, resets, connections } = all;
  /** @type {Told} */
  const reset = { step: { event: { name: 'reset', data: {} }, after: 'c0', cursor: '' } };
  relay.tell(reset);
  relay.tellState('c0');
  await until(() => connections.count === 1);
  assert.equal(resets.count, 0);
  relay.tell(reset);
  await until(() => resets.count === 1);
});

test('the end of the session is told', async () => {
  const { relay, ends } = await connected();
  relay.tell({ ended: true });
  await until(() => ends.count === 1);
});

test('a connection is said to be lost after a second and a half', async () => {
  const clock = stopClock();
  const all = await begin();
  const { stream, changes } = all;
  await clock.advance(LOST_AFTER_MS - 1);
  assert.equal([stream.lost, changes.count], [false, 0]);
  await clock.advance(1);
  assert.equal([stream.lost, changes.count], [true, 1]);
});

test('a connection that is back before that was never lost', async () => {
  const clock = stopClock();
  const all = await connected();
  const { stream, relay } = all;
  await pass(all, clock, 4);
  assert.ok(!stream.lost);
  const lost = counted(stream, 'lost');
  stream.addEventListener('change', () => stream.lost && stream.dispatchEvent(new Event('lost')));
  for (const _ of range(1, 3)) {
    relay.tellState('c0', { connected: false });
    await handled(all, 'c0').then(() => clock.advance(LOST_AFTER_MS - 100));
  }
  await pass(all, clock, 4);
  assert.equal([stream.lost, lost.count], [false, 0]);
});

test('a connection that stays away is lost from when it went, and found again when it is back', async () => {
  const clock = stopClock();
  const all = await connected();
  const { stream, relay, connections } = all;
  relay.tellState('c0', { connected: false, transport: 'poll' });
  await until(() => stream.transport === 'poll');
  await clock.advance(LOST_AFTER_MS - 500);
  // Told once more, it isn't put off.
  relay.tellState('c0', { connected: false });
  await until(() => stream.transport === 'stream');
  await clock.advance(500);
  assert.ok(stream.lost);
  relay.tellState('c0');
  await until(() => !stream.lost);
  assert.equal(connections.count, 2);
  await pass(all, clock, 4);
  assert.ok(!stream.lost);
});

test('a state that is told again and again is no change', async () => {
  const { relay, received, changes, connections } = await connected();
  relay.tellMessage(1);
  await until(() => received.length === 1);
  const { count } = changes;
  for (const _ of range(1, 3)) relay.tellState('c1');
  relay.tellMessage(2);
  await until(() => received.length === 2);
  assert.equal([changes.count - count, connections.count], [0, 1]);
});

test('a tab that hears of no relay looks for one, until there is', async () => {
  const clock = stopClock();
  const { relay, relays, connections } = await begin();
  for (const tries of range(1, 4)) {
    assert.equal(relays.map(({ name }) => name), range(1, tries).map(() => relay.name));
    await until(() => relay.asked.length === tries);
    await clock.advance(SILENCE_MS - 1);
    assert.equal(relays.length, tries);
    await clock.advance(1);
  }
  assert.equal(relay.asked.slice(0, 4), ['state', 'state', 'state', 'state']);
  relays.at(-1)?.tellState('c0');
  await until(() => connections.count === 1);
});

test('a relay that falls silent is gone, and what happens until there is another is caught up with', async () => {
  const clock = stopClock();
  const { stream, relays, received, api, connections } = await connected();
  await clock.advance(SILENCE_MS - 1);
  assert.equal([relays.length, stream.lost], [1, false]);
  await clock.advance(1);
  assert.equal([relays.length, stream.lost], [2, false]);
  await clock.advance(LOST_AFTER_MS);
  assert.ok(stream.lost);
  relays[1]?.tellState('c2');
  await (await api.next()).answer(poll([1, 2]));
  await (await api.next()).answer(poll([], 'c2'));
  await until(() => connections.count === 2);
  assert.equal([received, stream.lost], [[1, 2], false]);
});

test('a relay that says that it is there isn’t looked for, and stays connected', async () => {
  const clock = stopClock();
  const all = await connected();
  await pass(all, clock, 12);
  assert.equal([all.relays.length, all.connections.count, all.stream.lost], [1, 1, false]);
});

test('a relay that has no connection is one all the same', async () => {
  const clock = stopClock();
  const { relay, relays, stream } = await begin();
  for (const transport of /** @type {const} */ (['poll', 'stream', 'poll', 'stream'])) {
    await clock.advance(BEAT_MS);
    relay.tellState('', { connected: false, transport });
    await until(() => stream.transport === transport);
  }
  assert.equal([relays.length, stream.lost], [1, true]);
});

test('steps say as much as states that there is a relay', async () => {
  const clock = stopClock();
  const { relay, relays, received, connections } = await connected();
  for (const number of range(1, 5)) {
    await clock.advance(BEAT_MS);
    relay.tellMessage(number);
    await until(() => received.length === number);
  }
  assert.equal([relays.length, connections.count], [1, 1]);
});

test('other tabs that ask are no relay', async () => {
  const clock = stopClock();
  const { relay, relays } = await connected();
  const witness = new BroadcastChannel(relay.name);
  afterwards(() => witness.close());
  const heard = counted(witness, 'message');
  await clock.advance(SILENCE_MS - 1);
  relay.channel.postMessage({ ask: 'state' });
  await until(() => heard.count === 1);
  await settle();
  await clock.advance(1);
  assert.equal(relays.length, 2);
});

test('a relay that doesn’t answer whoever comes back within two seconds is gone', async () => {
  const clock = stopClock();
  const all = await connected();
  const { relays, stream } = all;
  for (const name of ['online', 'pageshow']) {
    dispatchEvent(new Event(name));
    await handled(all, 'c0');
    await clock.advance(ANSWER_MS);
    assert.equal([relays.length, stream.lost], [1, false]);
  }
  document.dispatchEvent(new Event('visibilitychange'));
  await clock.advance(ANSWER_MS - 1);
  assert.equal(relays.length, 1);
  await clock.advance(1);
  assert.equal(relays.length, 2);
  await clock.advance(LOST_AFTER_MS);
  assert.ok(stream.lost);
});

test('a tab that has stopped, or ended it for all, looks for no relay', async () => {
  for (const end of /** @type {const} */ (['stop', 'end'])) {
    const clock = stopClock();
    const { stream, relays } = await connected();
    document.dispatchEvent(new Event('visibilitychange'));
    stream[end]();
    assert.equal(clock.pending, 0);
    await clock.advance(10 * SILENCE_MS);
    assert.equal(relays.length, 1);
  }
});

test('what other tabs ask is no news', async () => {
  const all = await connected();
  const { relay, received, connections, ends } = all;
  const defects = caught();
  for (const ask of /** @type {const} */ (['state', 'wake', 'end'])) relay.channel.postMessage({ ask });
  await handled(all, 'c0');
  relay.tellMessage(1);
  await until(() => received.length === 1);
  assert.equal([defects.count, connections.count, ends.count], [0, 1, 0]);
});

test('whoever comes back to the page has the relay wake, and another network is told to it', async () => {
  const { relay, stream } = await connected();
  await until(() => relay.asked.length === 1);
  dispatchEvent(new Event('online'));
  dispatchEvent(new Event('pageshow'));
  document.dispatchEvent(new Event('visibilitychange'));
  await until(() => relay.asked.length === 4);
  replace(document, 'hidden', { get: () => true });
  document.dispatchEvent(new Event('visibilitychange'));
  stream.end();
  dispatchEvent(new Event('online'));
  await until(() => relay.asked.length === 5);
  assert.equal(relay.asked, ['state', 'online', 'wake', 'wake', 'end']);
});

test('a tab that has stopped hears nothing more', async () => {
  const clock = stopClock();
  const { relay, stream, user, received, ends, changes } = await connected();
  const other = open(user);
  other.stream.start();
  relay.tellState('c0');
  await until(() => other.connections.count === 1);
  const { count } = changes;
  stream.stop();
  relay.tellMessage(1);
  relay.tellState('c1', { connected: false });
  relay.tell({ ended: true });
  await until(() => other.ends.count === 1);
  await clock.advance(10 * LOST_AFTER_MS);
  assert.equal([received, ends.count, changes.count - count, other.received], [[], 0, 0, [1]]);
});

test('a tab that stops in the middle of a catch-up hands over nothing more', async () => {
  const { relay, stream, received, api } = await connected();
  const witness = new BroadcastChannel(relay.name);
  afterwards(() => witness.close());
  const heard = counted(witness, 'message');
  relay.tellMessage(4);
  const question = await api.next();
  relay.tellMessage(5);
  await until(() => heard.count === 2);
  await settle();
  stream.stop();
  await question.answer(poll([1, 2, 3, 4]));
  assert.equal([received, api.open.length], [[], 0]);
});

test('a tab that stops in the middle of a catch-up isn’t connected by its end', async () => {
  const { relay, stream, api, connections } = await begin();
  relay.tellState('c0');
  await until(() => connections.count === 1);
  relay.tellState('c0', { connected: false });
  relay.tellState('c2');
  const question = await api.next();
  stream.stop();
  await question.answer(poll([1, 2]));
  assert.equal([connections.count, api.open.length], [1, 0]);
});

/** The browser has no shared workers, and perhaps no locks either. @param {{locks: boolean}} has */
function poorBrowser({ locks }) {
  replace(window, 'SharedWorker', { value: undefined });
  if (!locks) replace(navigator, 'locks', { value: undefined });
  return cutNetwork();
}

test('without workers one tab relays to the others, and when it goes, another does', async () => {
  const network = poorBrowser({ locks: true });
  const user = somebody();
  const [one, other] = [open(user), open(user)];
  one.stream.start();
  const first = await network.next();
  other.stream.start();
  await first.say(hello('c0'));
  await until(() => one.connections.count === 1 && other.connections.count === 1);
  await first.say(frame('message', message(1), 'c1'));
  await until(() => one.received.length === 1 && other.received.length === 1);
  assert.equal(network.count, 1);

  one.stream.stop();
  const second = await network.next();
  assert.equal([first.isOver, second.query('after')], [true, 'c1']);
  await second.say(hello('c1') + frame('message', message(2), 'c2'));
  await until(() => other.received.length === 2);
  assert.equal([one.received, other.received, other.api.count, network.count], [[1], [1, 2], 0, 2]);
});

test('what has no place comes to all tabs, from the server on', async () => {
  const network = poorBrowser({ locks: true });
  const user = somebody();
  const tabs = [open(user), open(user)];
  for (const { stream } of tabs) stream.start();
  const connection = await network.next();
  await connection.say(hello('c0'));
  await until(() => tabs.every(({ connections }) => connections.count === 1));
  await connection.say(frame('typing', { conversationId: '7', userId: '2' }) + frame('message', message(1), 'c1'));
  await until(() => tabs.every(({ received }) => received.length === 1));
  assert.equal(tabs.map(({ typists, api }) => [typists, api.count]), [[['2'], 0], [['2'], 0]]);
});

test('a tab that comes later learns where the relay is', async () => {
  const network = poorBrowser({ locks: true });
  const user = somebody();
  const one = open(user);
  one.stream.start();
  const connection = await network.next();
  await connection.say(hello('c0') + frame('message', message(1), 'c1'));
  await until(() => one.received.length === 1 || one.connections.count === 1);
  const later = open(user);
  later.stream.start();
  await until(() => later.connections.count === 1);
  await connection.say(frame('message', message(2), 'c2'));
  await until(() => later.received.length === 1);
  assert.equal([later.received, later.api.count, network.count], [[2], 0, 1]);
});

test('a session that ends is over in every tab, and nothing is asked any more', async () => {
  const network = poorBrowser({ locks: true });
  const user = somebody();
  const tabs = [open(user), open(user)];
  for (const { stream } of tabs) stream.start();
  await (await network.next()).answer(401);
  await until(() => tabs.every(({ ends }) => ends.count === 1));
  for (const { stream } of tabs) stream.stop();
});

test('whoever signs out ends the relay of another tab', async () => {
  const network = poorBrowser({ locks: true });
  const user = somebody();
  const [one, other] = [open(user), open(user)];
  one.stream.start();
  const connection = await network.next();
  await connection.say(hello('c0'));
  await until(() => one.connections.count === 1);
  other.stream.start();
  other.stream.end();
  await until(() => connection.isOver);
});

test('a worker that doesn’t come up is done without', async () => {
  const { workers, user } = await begin();
  const network = cutNetwork();
  workers[0]?.onerror?.();
  const connection = await network.next();
  assert.equal([connection.isStream, connection.url.pathname], [true, '/api/messages']);
  assert.equal(connection.headers.get('tincan-user'), user.id);
});

/** How many hold or wait for the lock of somebody's tabs. @param {ReturnType<typeof somebody>} user */
async function lockers(user) {
  await settle();
  const { held = [], pending = [] } = await navigator.locks.query();
  return [held, pending].map((locks) => locks.filter(({ name }) => name === `tincan ${user.id} ${VERSION}`).length);
}

test('a tab that hears nothing of the one that relays waits for its turn, but once', async () => {
  const clock = stopClock();
  const network = poorBrowser({ locks: true });
  const user = somebody();
  const { promise, resolve } = Promise.withResolvers();
  afterwards(() => resolve(undefined));
  // Another tab relays, and is stuck.
  await new Promise((done) => {
    navigator.locks.request(`tincan ${user.id} ${VERSION}`, () => {
      done(undefined);
      return promise;
    });
  });
  open(user).stream.start();
  for (const _ of range(1, 4)) {
    await clock.advance(SILENCE_MS);
    assert.equal(await lockers(user), [1, 1]);
  }
  resolve(undefined);
  await network.next();
  assert.equal([await lockers(user), network.count], [[1, 0], 1]);
});

test('a tab does without workers once, however many don’t come up', async () => {
  const clock = stopClock();
  const { workers, user } = await begin();
  const network = cutNetwork();
  workers[0]?.onerror?.();
  await (await network.next()).say(hello('c0'));
  await clock.advance(SILENCE_MS);
  for (const worker of [...workers, ...workers]) worker.onerror?.();
  assert.equal([await lockers(user), network.count], [[1, 0], 1]);
});

test('a relay that doesn’t come up is tried again', async () => {
  const clock = stopClock();
  poorBrowser({ locks: true });
  let tries = 0;
  replace(navigator.locks, 'request', {
    value: () => {
      tries += 1;
      return Promise.reject(new TypeError('not loaded'));
    },
  });
  open(somebody()).stream.start();
  for (const count of range(1, 3)) {
    await until(() => tries === count);
    await clock.advance(SILENCE_MS);
  }
});

test('where nothing tells which tab is to relay, each does it for itself, while it is looked at', async () => {
  const network = poorBrowser({ locks: false });
  const user = somebody();
  const [one, other] = [open(user), open(user)];
  one.stream.start();
  other.stream.start();
  const [first, second] = [await network.next(), await network.next()];
  await first.say(hello('c0') + frame('message', message(1), 'c1'));
  await first.say(frame('message', message(2), 'c2'));
  await until(() => one.connections.count === 1);
  await second.say(hello('c0'));
  await until(() => other.connections.count === 1);
  assert.equal(other.received, []);

  let hidden = true;
  replace(document, 'hidden', { get: () => hidden });
  document.dispatchEvent(new Event('visibilitychange'));
  assert.equal([first.isOver, second.isOver, network.count], [true, true, 2]);
  hidden = false;
  document.dispatchEvent(new Event('visibilitychange'));
  const again = [await network.next(), await network.next()].map((connection) => connection.query('after'));
  assert.equal(again.sort(), ['c0', 'c2']);
  one.stream.stop();
  other.stream.stop();
  document.dispatchEvent(new Event('visibilitychange'));
  await settle();
  assert.equal(network.count, 4);
});
