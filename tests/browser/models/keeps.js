// What is pinned in a conversation, what one has saved, whom one has blocked, and into which rooms one is asked: as asked
// for, and as events say since.

import { Blocks } from '../conversation/blocks.js';
import { RoomRequests } from '../conversations/room-requests.js';
import { Pins } from '../messages/pins.js';
import { savedOf } from '../saved/saved.js';
import { counted, FakeApi, message, settle, test } from './fakes.js';
import { assert } from './runner.js';

/** @import {FeedEvent, Message} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */

function begin() {
  const api = new FakeApi();
  const fake = Object.assign(new EventTarget(), { api, stream: new EventTarget() });
  const client = /** @type {Client} */ (/** @type {unknown} */ (fake));
  const happen = (/** @type {FeedEvent} */ event) => {
    fake.dispatchEvent(new CustomEvent('event', { detail: event }));
    return settle();
  };
  const update = (/** @type {Message} */ data) => happen({ name: 'update', data });
  return { api, client, happen, update };
}

const somebody = (/** @type {string} */ id) => ({ id, username: `person${id}` });

/** A pinned one. @param {number} number @param {string} version @param {number} second when @returns {Message} */
const pinned = (number, version, second) => message(number, { version, pinnedAt: `2026-03-02T09:00:0${second}.000Z` });

test('the last pinned is first, whatever order it is told in', async () => {
  const { api, client, update } = begin();
  const pins = new Pins(client, '7', new AbortController().signal);
  const numbers = () => pins.messages.map(({ number }) => number);
  const question = await api.next();
  assert.equal(question.path, '/api/conversations/7/pins');
  // Before it is answered, one of them is unpinned and another pinned.
  await update(pinned(3, '3000', 3));
  await update(message(2, { version: '2001' }));
  await question.answer([pinned(2, '2000', 2), pinned(1, '1900', 1)]);
  assert.equal(numbers(), [3, 1]);
  await update(pinned(4, '4000', 0));
  await update({ ...pinned(5, '5000', 5), conversationId: '8' });
  assert.equal(numbers(), [3, 1, 4]);
  await update(message(3, { version: '3001', content: '', deletedAt: '2026-03-02T10:00:00.000Z' }));
  assert.equal(numbers(), [1, 4]);
});

test('what is saved is here, on whichever device that happened', async () => {
  const { api, client, happen, update } = begin();
  const saved = savedOf(client);
  const contents = () => saved.list.map(({ message: { content } }) => content);
  const first = await api.next();
  assert.equal(first.path, '/api/saved');
  await first.answer([3, 2, 1].map((number) => ({ message: message(number), savedAt: '' })));
  assert.equal([saved.state, saved.has('1002'), saved.has('1009')], ['ready', true, false]);
  const changes = counted(saved, 'change');
  const mark = { messageId: '1002', conversationId: '7', savedAt: null };
  await happen({ name: 'saved', data: mark });
  await update(message(3, { version: '2000', content: 'edited' }));
  await update(message(1, { version: '2000', content: '', deletedAt: '2026-03-02T10:00:00.000Z' }));
  assert.equal([contents(), changes.count], [['edited'], 3]);
  await happen({ name: 'saved', data: { ...mark, messageId: '1009', savedAt: '2026-03-02T10:00:00.000Z' } });
  await (await api.next()).answer([{ message: message(9), savedAt: '' }, { message: message(3), savedAt: '' }]);
  assert.equal(contents(), ['message 9', 'message 3']);
  await happen({ name: 'conversation', data: { id: '7', removed: true } });
  assert.equal(contents(), []);
});

test('many are asked for a page at a time, and all of them once more where they can’t be had', async () => {
  const { api, client } = begin();
  const saved = savedOf(client);
  const page = Array.from({ length: 100 }, (_, index) => ({ message: message(200 - index), savedAt: '' }));
  await (await api.next()).answer(page);
  const second = await api.next();
  assert.equal(second.path, '/api/saved?before=1101');
  await second.refuse(503, 'Not now');
  assert.equal([saved.state, saved.reason], ['failed', 'Not now']);
  client.stream.dispatchEvent(new Event('connected'));
  await (await api.next()).answer([]);
  assert.equal([saved.state, saved.list.length], ['ready', 0]);
});

test('who was blocked or unblocked before the list has come stays so', async () => {
  const { api, client, happen } = begin();
  const blocks = new Blocks(client);
  const question = await api.next();
  assert.equal(question.path, '/api/blocks');
  await happen({ name: 'block', data: { user: somebody('1'), blocked: false } });
  await happen({ name: 'block', data: { user: somebody('4'), blocked: true } });
  await question.answer([{ id: '1' }, { id: '2' }]);
  assert.equal(['1', '2', '3', '4'].map((id) => blocks.has(id)), [false, true, false, true]);
});

test('who is asked into a room before the list has come stays asked', async () => {
  const { api, client, happen } = begin();
  const requests = new RoomRequests(client, new AbortController().signal);
  const rooms = () => requests.open.map(({ conversationId }) => conversationId);
  const early = await api.next();
  assert.equal(early.path, '/api/room_requests');
  const request = { conversationId: '8', name: 'Choir', participantCount: 2, askedBy: somebody('1'), askedAt: '2026-03-02T10:00:00.000Z' };
  await happen({ name: 'room_request', data: { conversationId: '8', request } });
  await early.answer([{ conversationId: '7' }]);
  assert.equal(rooms(), ['8']);
  await (await api.next()).answer([{ conversationId: '8' }, { conversationId: '7' }]);
  assert.equal(rooms(), ['8', '7']);
  await happen({ name: 'room_request', data: { conversationId: '7', request: null } });
  assert.equal(rooms(), ['8']);
});
