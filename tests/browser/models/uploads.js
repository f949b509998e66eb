// Files of messages on their way: in parts, in order, from where it stopped, and never lost.

import { Chosen } from '../files/chosen.js';
import { Parts } from '../files/parts.js';
import { Uploads } from '../files/uploads.js';
import { Outbox } from '../messages/outbox.js';
import rest from '../words/en-rest.js';
import { addWords } from '../words/index.js';
import { afterwards, FakeApi, message, settle, stopClock, test, until } from './fakes.js';
import { assert } from './runner.js';

/** @import {Message} from '../base/types.js' */
/** @typedef {Awaited<ReturnType<FakeApi['next']>>} Question */

const UNIT = 256 * 1024;
let newest = 0;
let users = 0;

/** Somebody whom no test has had before. */
function somebody() {
  users += 1;
  return `files ${Date.now()} ${users}`;
}

/** A tab of theirs. @param {string} userId */
function open(userId) {
  const api = new FakeApi();
  /** @type {Message[]} */
  const accepted = [];
  const outbox = new Outbox(api, userId, (sent) => accepted.push(sent));
  const stream = new EventTarget();
  const uploads = new Uploads(api, outbox, userId, stream);
  const stop = () => {
    outbox.stop();
    uploads.stop();
  };
  afterwards(stop);
  return { api, outbox, uploads, accepted, stream, stop };
}

/** @param {string} name @param {number} size */
function outgoing(name, size, thumb = false) {
  const bytes = Uint8Array.from({ length: size }, (_, index) => index % 251);
  return {
    info: { name, size, type: 'application/pdf' }, body: new Blob([bytes]), thumb: thumb ? new Blob(['thumb']) : null,
  };
}

/** What is asked for next, in short. @param {Question} question */
const what = ({ method, path }) => `${method} ${path}`;

/** The server begins an upload. @param {FakeApi} api @param {string} id */
async function begin(api, id, received = 0) {
  const question = await api.next();
  assert.equal(what(question), 'POST /api/uploads');
  await question.answer({ id, received, ...question.body });
  return question.body;
}

/** The server takes a part. @param {FakeApi} api @param {string} id @param {number} from @param {number} size of all */
async function takePart(api, id, from, size) {
  const question = await api.next();
  assert.equal(what(question), `PUT /api/uploads/${id}?offset=${from}`);
  await question.answer({ id, size, name: '', received: from + question.body.size });
  return question.body;
}

/** The server takes the message. @param {FakeApi} api */
async function takeMessage(api) {
  const question = await api.next();
  newest += 1;
  assert.equal(what(question).split('/').slice(0, 3), ['POST ', 'api', 'conversations']);
  await question.answer(message(newest, { ...question.body, attachments: [], mine: true }));
  return question.body;
}

/** @param {Outbox} outbox */
const waiting = (outbox) => outbox.entries.map(({ content, reason }) => [content, reason]);

test('files travel in parts that grow, and then the message with their ids', async () => {
  const { api, outbox, uploads, accepted } = open(somebody());
  const size = 3 * UNIT + 5;
  uploads.add('7', 'look', [outgoing('a.pdf', size), outgoing('b.pdf', 10)]);
  assert.equal(waiting(outbox), [['look', '']]);
  assert.equal((await begin(api, '31')).size, size);
  assert.equal((await takePart(api, '31', 0, size)).size, UNIT);
  const second = await takePart(api, '31', UNIT, size);
  assert.equal(second.size, 2 * UNIT);
  assert.equal(new Uint8Array(await second.arrayBuffer())[0], UNIT % 251);
  assert.equal((await takePart(api, '31', 3 * UNIT, size)).size, 5);
  await begin(api, '32');
  await takePart(api, '32', 0, 10);
  const { content, attachments } = await takeMessage(api);
  assert.equal([content, attachments], ['look', ['31', '32']]);
  assert.equal([accepted.length, waiting(outbox)], [1, []]);
});

test('a preview goes before the bytes, and what becomes of it doesn’t matter', async () => {
  const { api, uploads } = open(somebody());
  uploads.add('7', '', [outgoing('a.jpg', 10, true)]);
  await begin(api, '31');
  const question = await api.next();
  assert.equal(what(question), 'PUT /api/uploads/31/thumb');
  await question.refuse(422);
  await takePart(api, '31', 0, 10);
  await takeMessage(api);
});

test('a message with files holds up what is written after it there, and nothing elsewhere', async () => {
  const { api, outbox, uploads } = open(somebody());
  uploads.add('7', 'first', [outgoing('a.pdf', 10)]);
  outbox.add('7', 'second');
  outbox.add('8', 'elsewhere');
  const asked = [await api.next(), await api.next()];
  assert.equal(asked.map(({ body }) => body.content ?? body.name).sort(), ['a.pdf', 'elsewhere']);
  const post = asked.find(({ body }) => body.content);
  await post?.answer(message(++newest, { ...post.body, mine: true }));
  await asked.find(({ body }) => body.name)?.answer({ id: '31', received: 0, size: 10, name: '' });
  assert.equal(waiting(outbox), [['first', ''], ['second', '']]);
  await takePart(api, '31', 0, 10);
  assert.equal((await takeMessage(api)).content, 'first');
  assert.equal((await takeMessage(api)).content, 'second');
});

test('a message whose files were refused holds up nothing, and is tried again when one wants it', async () => {
  addWords(rest);
  const { api, outbox, uploads } = open(somebody());
  uploads.add('7', 'first', [outgoing('a.pdf', 10)]);
  outbox.add('7', 'second');
  await (await api.next()).refuse(413, 'Too large');
  assert.equal((await takeMessage(api)).content, 'second');
  assert.equal(waiting(outbox), [['first', 'Too large']]);
  outbox.retry(outbox.entries[0]?.clientId ?? '');
  await begin(api, '31');
  await takePart(api, '31', 0, 10);
  await takeMessage(api);
});

test('after a reload, it goes on from where the server has come', async () => {
  const user = somebody();
  const before = open(user);
  const size = 2 * UNIT;
  before.uploads.add('7', 'look', [outgoing('a.pdf', size)]);
  await begin(before.api, '31');
  await takePart(before.api, '31', 0, size);
  await until(() => before.outbox.entries[0]?.kept, 'the bytes are kept');
  before.stop();

  const { api, outbox, accepted } = open(user);
  const question = await api.next();
  assert.equal(what(question), 'GET /api/uploads/31');
  await question.answer({ id: '31', received: UNIT, size, name: '' });
  const part = await takePart(api, '31', UNIT, size);
  const bytes = new Uint8Array(await part.arrayBuffer());
  assert.equal([bytes.length, bytes[0]], [UNIT, UNIT % 251]);
  await takeMessage(api);
  assert.equal([accepted.length, outbox.entries], [1, []]);
  const parts = new Parts();
  while ((await parts.kept(user)).size > 0) await settle();
});

test('an upload that is gone begins again', async () => {
  const user = somebody();
  const before = open(user);
  before.uploads.add('7', '', [outgoing('a.pdf', 10)]);
  await begin(before.api, '31');
  await until(() => before.outbox.entries[0]?.kept, 'the bytes are kept');
  before.stop();
  const { api } = open(user);
  await (await api.next()).refuse(404);
  await begin(api, '32');
  await takePart(api, '32', 0, 10);
  assert.equal((await takeMessage(api)).attachments, ['32']);
});

test('what the server has swept before the message came is sent anew by itself', async () => {
  const { api, outbox, uploads, accepted } = open(somebody());
  uploads.add('7', 'look', [outgoing('a.pdf', 10), outgoing('b.pdf', 20)]);
  await begin(api, '31');
  await takePart(api, '31', 0, 10);
  await begin(api, '32');
  await takePart(api, '32', 0, 20);
  const message = await api.next();
  await message.refuse(422, 'A file isn’t there any more. Attach it again.', 'invalid');
  // One of them is still there.
  const first = await api.next();
  assert.equal(what(first), 'GET /api/uploads/31');
  await first.answer({ id: '31', received: 10, size: 10, name: '' });
  const second = await api.next();
  assert.equal(what(second), 'GET /api/uploads/32');
  await second.refuse(404);
  await begin(api, '33');
  await takePart(api, '33', 0, 20);
  assert.equal(waiting(outbox), [['look', '']]);
  assert.equal((await takeMessage(api)).attachments, ['31', '33']);
  assert.equal(accepted.length, 1);
});

test('a message that is refused for something else is said so, though it has files', async () => {
  const { api, outbox, uploads } = open(somebody());
  uploads.add('7', 'far too long', [outgoing('a.pdf', 10)]);
  await begin(api, '31');
  await takePart(api, '31', 0, 10);
  await (await api.next()).refuse(422, 'Too long', 'invalid');
  const question = await api.next();
  assert.equal(what(question), 'GET /api/uploads/31');
  await question.answer({ id: '31', received: 10, size: 10, name: '' });
  await (await api.next()).refuse(422, 'Too long', 'invalid');
  assert.equal(waiting(outbox), [['far too long', 'Too long']]);
  assert.equal(api.open.length, 0);
});

test('an upload that is swept between two of its parts begins again', async () => {
  const { api, outbox, uploads } = open(somebody());
  const size = 2 * UNIT;
  uploads.add('7', '', [outgoing('a.pdf', size)]);
  await begin(api, '31');
  await takePart(api, '31', 0, size);
  const question = await api.next();
  const clock = stopClock();
  await question.refuse(404);
  assert.equal(waiting(outbox), [['', '']]);
  await clock.advance(1_000);
  await (await api.next()).refuse(404);
  await begin(api, '32');
  await takePart(api, '32', 0, size);
  await takePart(api, '32', UNIT, size);
  assert.equal((await takeMessage(api)).attachments, ['32']);
});

/** What one can only be told, and what it says where the server has no words. @type {[number, string, string][]} */
const FINAL = [
  [413, 'too_large', 'This file is too large.'],
  [422, 'invalid', 'Not like this.'],
  [507, 'storage_full', 'The server’s disk is full. Nothing can be saved right now.'],
  [507, 'quota_used_up', 'You’ve used all the space for your files. Delete messages with files first.'],
];

for (const [status, code, reason] of FINAL) {
  test(`${code} is said at once, and the message stays until one wants it sent again`, async () => {
    addWords(rest);
    const { api, outbox, uploads } = open(somebody());
    uploads.add('7', 'look', [outgoing('a.pdf', 10)]);
    await (await api.next()).refuse(status, 'Not like this.', code);
    assert.equal(waiting(outbox), [['look', reason]]);
    assert.equal(api.open.length, 0);
    outbox.retry(outbox.entries[0]?.clientId ?? '');
    await begin(api, '31');
    await takePart(api, '31', 0, 10);
    await takeMessage(api);
  });
}

/** What is otherwise in a moment: signed out, too late, too often, and a server that isn’t up to it. */
const PASSING = [401, 408, 429, 500, 502, 503, 504];

for (const status of PASSING) {
  test(`after ${status} it waits, and goes on by itself`, async () => {
    const { api, outbox, uploads } = open(somebody());
    uploads.add('7', 'look', [outgoing('a.pdf', 10)]);
    await begin(api, '31');
    const part = await api.next();
    const clock = stopClock();
    await part.refuse(status);
    assert.equal(waiting(outbox), [['look', '']]);
    await clock.advance(1_000);
    await (await api.next()).answer({ id: '31', received: 0, size: 10, name: '' });
    await takePart(api, '31', 0, 10);
    await takeMessage(api);
  });
}

test('one of several files is left out after all of them have arrived', async () => {
  const { api, outbox, uploads } = open(somebody());
  uploads.add('7', 'look', [outgoing('a.pdf', 10), outgoing('b.pdf', 20)]);
  for (const [id, size] of /** @type {[string, number][]} */ ([['31', 10], ['32', 20]])) {
    await begin(api, id);
    await takePart(api, id, 0, size);
  }
  await (await api.next()).refuse(403, 'Not now');
  assert.equal(waiting(outbox), [['look', 'Not now']]);
  uploads.cancel(outbox.entries[0]?.clientId ?? '', 0);
  const asked = [await api.next(), await api.next()];
  assert.equal(asked.map(what), ['DELETE /api/uploads/31', 'GET /api/uploads/32']);
  await asked[0]?.answer(null);
  await asked[1]?.answer({ id: '32', received: 20, size: 20, name: '' });
  assert.equal((await takeMessage(api)).attachments, ['32']);
});

test('two tabs that send the same take turns for as long as it takes', async () => {
  const { api, uploads } = open(somebody());
  const count = 20;
  const size = count * UNIT;
  uploads.add('7', '', [outgoing('a.pdf', size)]);
  await begin(api, '31');
  // The other one is always first.
  for (let received = UNIT; received <= size; received += UNIT) {
    await (await api.next()).refuse(409);
    await (await api.next()).answer({ id: '31', received, size, name: '' });
  }
  assert.equal((await takeMessage(api)).attachments, ['31']);
});

test('where another tab sends it too, the server says how far it is', async () => {
  const { api, uploads } = open(somebody());
  const size = 2 * UNIT;
  uploads.add('7', '', [outgoing('a.pdf', size)]);
  await begin(api, '31');
  await (await api.next()).refuse(409);
  const question = await api.next();
  assert.equal(what(question), 'GET /api/uploads/31');
  await question.answer({ id: '31', received: UNIT, size, name: '' });
  await takePart(api, '31', UNIT, size);
  await takeMessage(api);
});

test('while nobody answers it waits, says so, and goes on by itself', async () => {
  const { api, outbox, uploads } = open(somebody());
  uploads.add('7', '', [outgoing('a.pdf', 10)]);
  const question = await api.next();
  const clock = stopClock();
  await question.refuse(0);
  assert.ok(outbox.waiting);
  assert.equal(api.open.length, 0);
  await clock.advance(1_000);
  await begin(api, '31');
  await takePart(api, '31', 0, 10);
  assert.equal(outbox.waiting, '');
});

test('what isn’t wanted any more isn’t sent, and lets go what waits behind it', async () => {
  const { api, outbox, uploads } = open(somebody());
  uploads.add('7', '', [outgoing('a.pdf', 10), outgoing('b.pdf', 20)]);
  outbox.add('7', 'later');
  const [{ clientId } = { clientId: '' }] = outbox.entries;
  await begin(api, '31');
  const part = await api.next();
  uploads.cancel(clientId, 1);
  await part.answer({ id: '31', size: 10, received: 10, name: '' });
  assert.equal((await takeMessage(api)).attachments, ['31']);
  assert.equal((await takeMessage(api)).content, 'later');

  uploads.add('7', '', [outgoing('c.pdf', 10)]);
  outbox.add('7', 'last');
  const begun = await api.next();
  uploads.cancel(outbox.entries[0]?.clientId ?? '', 0);
  await begun.refuse(0);
  assert.equal((await takeMessage(api)).content, 'last');
});

test('of what was chosen and isn’t sent, only what nobody names any more is swept', async () => {
  const user = somebody();
  const parts = new Parts();
  const hours = (/** @type {number} */ count) => `${Date.now() - count * 3_600_000}:1`;
  const [named, forgotten, fresh] = [hours(50), hours(49), hours(0)];
  for (const id of [named, forgotten, fresh]) await parts.keep([user, id, 0, 'body'], new Blob(['bytes']));
  new Chosen(user, '7').choice = { files: [{ id: named, name: 'a.txt', type: 'text/plain', alt: '' }], original: false };
  open(user);
  /** @type {Set<string>} */
  let kept = new Set();
  do {
    await settle();
    kept = await parts.kept(user);
  } while (kept.has(forgotten));
  assert.equal([...kept].sort(), [named, fresh].sort());
  await parts.forgetAll(user);
});

test('what this browser has no bytes of any more says so', async () => {
  addWords(rest);
  const user = somebody();
  const before = open(user);
  before.outbox.add('7', 'look', [{ name: 'a.pdf', size: 10, type: 'application/pdf' }]);
  before.outbox.update(before.outbox.entries[0]?.clientId ?? '', { kept: true });
  before.stop();
  const { api, outbox } = open(user);
  await begin(api, '31');
  await until(() => outbox.entries[0]?.reason, 'a reason');
  assert.equal(waiting(outbox), [['look', 'This browser no longer has the file. Choose it again.']]);
});

test('a browser that keeps nothing sends all the same, and says so', async () => {
  const keep = Parts.prototype.keep;
  Parts.prototype.keep = () => Promise.reject(new DOMException('full', 'QuotaExceededError'));
  afterwards(() => {
    Parts.prototype.keep = keep;
  });
  const { api, uploads, accepted } = open(somebody());
  uploads.add('7', '', [outgoing('a.pdf', 10)]);
  await until(() => uploads.isUnkept, 'it is said');
  const event = new Event('beforeunload', { cancelable: true });
  dispatchEvent(event);
  assert.ok(event.defaultPrevented, 'whoever leaves is asked');
  await begin(api, '31');
  await takePart(api, '31', 0, 10);
  await takeMessage(api);
  assert.equal(accepted.length, 1);
});
