// Who takes part in a conversation, and what they are doing: as asked for, and as events say since.

import { People } from '../conversation/people.js';
import { counted, FakeApi, JANE, message, room, settle, stopClock, test } from './fakes.js';
import { assert } from './runner.js';

/** @import {FeedEvent, Participant} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */

const TYPING_MS = 6_000;
const JOHN = { id: '1', username: 'john' };
const JO = { id: '3', username: 'jo' };

/** @param {Partial<Participant>} [jane] @param {Partial<Participant>} [jo] @returns {Participant[]} */
function participants(jane = {}, jo = {}) {
  return [
    { user: JANE, role: 'member', lastReadNumber: 4, online: false, ...jane },
    { user: JO, role: 'member', lastReadNumber: null, online: true, ...jo },
    { user: JOHN, role: 'owner', lastReadNumber: 9, online: true },
  ];
}

/** Those of conversation 7, as john sees them. */
function begin() {
  const api = new FakeApi();
  const client = Object.assign(new EventTarget(), { api, user: JOHN, stream: new EventTarget() });
  const people = new People(/** @type {Client} */ (/** @type {unknown} */ (client)), '7');
  const happen = (/** @type {FeedEvent} */ event) => client.dispatchEvent(new CustomEvent('event', { detail: event }));
  const types = (/** @type {string} */ userId, conversationId = '7') => happen({ name: 'typing', data: { conversationId, userId } });
  const comes = (/** @type {string} */ userId, online = true) => happen({ name: 'presence', data: { userId, online } });
  const reads = (/** @type {string} */ userId, /** @type {number} */ upTo, conversationId = '7') =>
    happen({ name: 'read', data: { conversationId, userId, upTo } });
  const reconnect = () => client.stream.dispatchEvent(new Event('connected'));
  return { api, people, happen, types, comes, reads, reconnect };
}

/** The same, where they are known. */
async function loaded() {
  const all = begin();
  await (await all.api.next()).answer(participants());
  return all;
}

/** @param {{username: string}[]} users */
const names = (users) => users.map(({ username }) => username);

test('people are asked for, and have their names then', async () => {
  const { api, people } = begin();
  const changes = counted(people, 'change');
  assert.equal([people.state, people.nameOf('2'), people.isOnline('3'), people.typing], ['loading', '', false, []]);
  const question = await api.next();
  assert.equal(question.path, '/api/conversations/7/participants');
  await question.answer(participants());
  assert.equal([people.state, changes.count, people.participants], ['ready', 1, participants()]);
  assert.equal([people.nameOf('2'), people.nameOf('99'), people.isOnline('2'), people.isOnline('3')], ['jane', '', false, true]);
});

test('where they can’t be had, that is said, and another try gets them', async () => {
  const { api, people } = begin();
  await (await api.next()).refuse(503, 'Not now');
  assert.equal([people.state, people.reason], ['failed', 'Not now']);
  people.load();
  assert.equal(people.state, 'loading');
  await (await api.next()).answer(participants());
  assert.equal([people.state, people.participants.length], ['ready', 3]);
});

test('they are asked for again when the connection is back and when the conversation changes, and are there meanwhile', async () => {
  const { api, people, happen, reconnect } = await loaded();
  reconnect();
  assert.equal([people.state, people.nameOf('2')], ['ready', 'jane']);
  await (await api.next()).answer(participants({ online: true }));
  assert.ok(people.isOnline('2'));
  happen({ name: 'conversation', data: room('8', { newest: 1 }) });
  assert.equal(api.open.length, 0);
  happen({ name: 'conversation', data: room('7', { newest: 1 }) });
  await (await api.next()).answer(participants().slice(1));
  assert.equal([people.participants.length, people.nameOf('2')], [2, '']);
});

test('an answer to an earlier request says nothing, and neither does its failure', async () => {
  const { api, people, reconnect } = begin();
  const first = await api.next();
  reconnect();
  const second = await api.next();
  reconnect();
  const third = await api.next();
  await third.answer(participants());
  await first.answer([]);
  await second.refuse(503);
  assert.equal([people.state, people.participants.length], ['ready', 3]);
});

test('others type for six seconds after their last word of it', async () => {
  const clock = stopClock();
  const { people, types } = await loaded();
  const changes = counted(people, 'change');
  types('2');
  assert.equal([names(people.typing), changes.count], [['jane'], 1]);
  await clock.advance(TYPING_MS - 1);
  types('2');
  types('3');
  await clock.advance(TYPING_MS - 1);
  assert.equal(names(people.typing), ['jane', 'jo']);
  await clock.advance(1);
  assert.equal([names(people.typing), clock.pending], [[], 0]);
});

test('neither oneself types, nor who does elsewhere, nor somebody unknown', async () => {
  stopClock();
  const { people, types } = await loaded();
  types('1');
  types('2', '8');
  types('99');
  assert.equal(people.typing, []);
});

test('whoever has said it doesn’t type any more, and others still do', async () => {
  const clock = stopClock();
  const { people, happen, types } = await loaded();
  types('2');
  types('3');
  happen({ name: 'message', data: message(5, { conversationId: '8' }) });
  happen({ name: 'message', data: message(5, { author: null, system: 'joined', subject: JANE }) });
  assert.equal(names(people.typing), ['jane', 'jo']);
  happen({ name: 'message', data: message(6) });
  assert.equal([names(people.typing), clock.pending], [['jo'], 1]);
});

test('who comes and goes is told by events, also while they are asked for', async () => {
  const { api, people, comes, reconnect } = await loaded();
  const changes = counted(people, 'change');
  comes('2');
  comes('3', false);
  assert.equal([people.isOnline('2'), people.isOnline('3'), changes.count], [true, false, 2]);
  comes('99');
  assert.equal(changes.count, 2);
  reconnect();
  comes('2', false);
  // What was heard before it was asked for is older than the answer, and what was heard since may be newer.
  await (await api.next()).answer(participants({ online: true }, { online: true }));
  assert.equal([people.isOnline('2'), people.isOnline('3')], [false, true]);
});

test('others have read as far as they show, and marks only grow', async () => {
  const { api, people, reads, reconnect } = await loaded();
  assert.equal([names(people.readers(4)), names(people.readers(5))], [['jane'], []]);
  reads('2', 6);
  reads('2', 5);
  reads('2', 9, '8');
  assert.equal([names(people.readers(6)), names(people.readers(7))], [['jane'], []]);
  reads('3', 6);
  assert.equal(names(people.readers(6)), ['jane', 'jo']);
  reconnect();
  reads('2', 8);
  await (await api.next()).answer(participants({ lastReadNumber: 0 }));
  // Whoever doesn't show it any more doesn't.
  assert.equal([names(people.readers(8)), names(people.readers(1))], [['jane'], ['jane']]);
});

test('those that nobody looks at any more don’t change', async () => {
  const clock = stopClock();
  const { api, people, types, comes, reconnect } = await loaded();
  types('2');
  const changes = counted(people, 'change');
  people.stop();
  assert.equal(clock.pending, 0);
  types('3');
  comes('2');
  reconnect();
  await settle();
  assert.equal([changes.count, api.open.length], [0, 0]);
});
