// Server-sent events out of the pieces that the network makes of them.

import { readEvents } from '../stream/feed.js';
import { range, test } from './fakes.js';
import { assert } from './runner.js';

/** A body in pieces. @param {Uint8Array<ArrayBuffer>[]} pieces */
function bodyOf(pieces) {
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });
}

/** What comes out of pieces, and how often something was heard. @param {(string | Uint8Array<ArrayBuffer>)[]} pieces */
async function read(pieces) {
  let heard = 0;
  const encoder = new TextEncoder();
  const body = bodyOf(pieces.map((piece) => (typeof piece === 'string' ? encoder.encode(piece) : piece)));
  const events = [];
  for await (const event of readEvents(body, () => { heard += 1; })) events.push(event);
  return { events, heard };
}

// As the server writes them: a wait, comments, names or none, and what takes two, three and four bytes.
const TEXT = [
  'retry:900\nid:1a-0\nevent:hello\ndata:{"cursor":"1a-0"}\n\n',
  ':\n\n',
  'id:1a-1\ndata:{"content":"é 漢 😀: a\\n\\nb"}\n\n',
  ':\n\n:\n\n',
  'id:1a-2\nevent:read\ndata:{"upTo":"😀"}\n\n',
].join('');
const EVENTS = [
  { name: 'hello', data: { cursor: '1a-0' }, cursor: '1a-0' },
  { name: 'message', data: { content: 'é 漢 😀: a\n\nb' }, cursor: '1a-1' },
  { name: 'read', data: { upTo: '😀' }, cursor: '1a-2' },
];

test('events come out of one piece', async () => {
  assert.equal((await read([TEXT])).events, EVENTS);
});

test('events come out the same wherever they are split', async () => {
  const bytes = new TextEncoder().encode(TEXT);
  for (const at of range(0, bytes.length)) {
    const { events } = await read([bytes.slice(0, at), bytes.slice(at)]);
    assert.equal([at, events], [at, EVENTS]);
  }
});

test('events come out of single bytes', async () => {
  const bytes = new TextEncoder().encode(TEXT);
  assert.equal((await read([...bytes].map((byte) => Uint8Array.of(byte)))).events, EVENTS);
});

test('an event is handed over when it is whole, not when the next one begins', async () => {
  /** @type {ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | undefined} */
  let body;
  const stream = new ReadableStream({
    start(controller) {
      body = controller;
    },
  });
  const events = readEvents(stream, () => {});
  const next = events.next();
  body?.enqueue(new TextEncoder().encode('id:1\ndata:{}\n\n'));
  assert.equal((await next).value, { name: 'message', data: {}, cursor: '1' });
});

test('everything that comes is heard, also what is no event', async () => {
  assert.equal(await read([':\n\n', ':\n', '\n', 'id:1\n']), { events: [], heard: 4 });
  assert.equal(await read([]), { events: [], heard: 0 });
});

test('a space after the colon is left out, and a comment or a wait alone is no event', async () => {
  const { events } = await read(['id: 5\nevent: read\ndata: {"a": ": b"}\n\n', 'retry:900\n\n', ':data:{}\n\n', 'id:6\n\n']);
  assert.equal(events, [{ name: 'read', data: { a: ': b' }, cursor: '5' }]);
});

test('an event without a place has none', async () => {
  const { events } = await read(['id:5\ndata:{"a":1}\n\nevent:typing\ndata:{"b":2}\n\n']);
  assert.equal(events.map(({ name, data, cursor }) => [name, data, cursor ?? 'none']),
    [['message', { a: 1 }, '5'], ['typing', { b: 2 }, 'none']]);
});

test('an event that the end cuts off is left out', async () => {
  const { events } = await read(['id:1\ndata:{}\n\nid:2\ndata:{}\n']);
  assert.equal(events.map(({ cursor }) => cursor), ['1']);
});

test('a connection that breaks is an error, after what came before it', async () => {
  /** @type {ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | undefined} */
  let body;
  const stream = new ReadableStream({
    start(controller) {
      body = controller;
    },
  });
  const events = readEvents(stream, () => {});
  const next = events.next();
  body?.enqueue(new TextEncoder().encode('id:1\ndata:{}\n\nid:2\ndata:{'));
  assert.equal((await next).value?.cursor, '1');
  const failed = events.next().then(() => 'went on', ({ message }) => message);
  body?.error(new TypeError('network error'));
  assert.equal(await failed, 'network error');
});
