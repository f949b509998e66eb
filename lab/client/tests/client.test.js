// The client against the real server: `TINCAN_BIN=… node --test`.

import assert from 'node:assert/strict';
import { copyFile, readdir } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { Tincan, TincanError, merge, newer } from '../client.js';
import { Line, Server, Told } from './support.js';

const TRANSPORTS = ['sse', 'websocket', 'poll'];

/** Two people who talk. */
async function scene(t) {
  const server = await Server.start();
  t.after(() => server.end());
  const [john, jane] = [new Tincan(server.url), new Tincan(server.url)];
  await john.signIn('john');
  await jane.signIn('jane');
  const { id } = await john.talkTo('jane');
  return { server, john, jane, id };
}

/** The same person over a line that may fail. */
async function behindLine(t, server, client) {
  const line = await Line.to(server);
  t.after(() => line.end());
  return { line, client: new Tincan(line.url, { token: client.token }) };
}

/** Follows the feed until the test ends. */
async function follow(t, client, options) {
  const told = new Told(client, options);
  t.after(() => told.feed.close());
  return told.connected();
}

describe('the client', { concurrency: 4, timeout: 120_000 }, () => {
  // These take longest.
  for (const transport of ['sse', 'websocket']) {
    test(`a connection that has died without a word is replaced: ${transport}`, async (t) => {
      const { server, john, jane, id } = await scene(t);
      const { line, client } = await behindLine(t, server, jane);
      const told = await follow(t, client, { transports: [transport] });
      line.silence();
      await john.send(id, 'one');
      // Within the time that two signs of life are apart, and a little more.
      await told.until(() => told.contents.length === 1);
      await told.connected();
      await john.send(id, 'two');
      await told.until(() => told.contents.length === 2);
      assert.deepEqual(told.contents, ['one', 'two']);
    });
  }

  test('newer compares numbers of any size, cursors and versions', () => {
    const rows = [
      ['2', '1', true],
      ['1', '2', false],
      ['1', '1', false],
      ['10', '9', true],
      // 2^53 and the next: as numbers they are the same.
      ['9007199254740993', '9007199254740992', true],
      ['9007199254740992', '9007199254740993', false],
      ['1', undefined, true],
      ['1', '', true],
      ['3f-10', '3f-9', true],
      ['3f-9', '3f-9', false],
      ['3f-10', '40-9', false],
      ['-3f-10', '-3f-9', true],
      [{ version: '10' }, { version: '9' }, true],
      [{ version: '9' }, { version: '10' }, false],
      [{ version: '9' }, null, true],
    ];
    for (const [a, b, expected] of rows) assert.equal(newer(a, b), expected, `${JSON.stringify(a)}, ${JSON.stringify(b)}`);
  });

  test('merge keeps messages in order, and each in its newest state', () => {
    const message = (id, version = id) => ({ id, version });
    let list = [];
    for (const next of [message('9'), message('10'), message('8'), message('9', '12'), message('9', '11')]) list = merge(list, next);
    assert.deepEqual(list, [message('8'), message('9', '12'), message('10')]);
  });

  test('every call does what it says', async (t) => {
    const { john, jane, id } = await scene(t);
    const told = await follow(t, jane);
    assert.equal((await john.me()).username, 'john');
    assert.equal((await john.config()).dev, true);
    assert.equal((await john.talkTo('jane')).id, id);
    assert.equal((await john.conversation(id)).kind, 'direct');
    assert.deepEqual((await john.people(id)).map(({ user }) => user.username).sort(), ['jane', 'john']);
    assert.deepEqual((await john.findPeople('ja')).map(({ username }) => username), ['jane']);
    await john.typing(id);
    await told.until(() => told.events.some(({ event }) => event === 'typing'));

    const first = await john.send(id, 'one');
    assert.equal(first.content, 'one');
    assert.deepEqual((await john.conversations()).map((conversation) => conversation.id), [id]);
    const second = await john.send(id, 'two', { replyTo: first.id });
    assert.equal(second.replyTo.id, first.id);
    assert.deepEqual((await jane.messages(id, { limit: 1 })).map(({ content }) => content), ['two']);
    assert.deepEqual((await jane.messages(id, { before: second.id })).map(({ content }) => content), ['one']);
    assert.equal((await jane.conversation(id)).unreadCount, 2);
    await jane.read(id, first.number);
    assert.equal((await jane.conversation(id)).unreadCount, 1);
    await jane.read(id);
    assert.equal((await jane.conversation(id)).unreadCount, 0);
    assert.equal((await john.edit(first.id, 'One')).content, 'One');
    assert.deepEqual((await jane.react(first.id, '👍')).reactions.map(({ emoji, mine }) => [emoji, mine]), [['👍', true]]);
    assert.deepEqual((await jane.unreact(first.id, '👍')).reactions, []);
    await john.delete(second.id);
    await told.until(() => told.events.some(({ event, data }) => event === 'update' && data.id === second.id && data.deletedAt));

    const bytes = new Uint8Array(2_500_000).map((_, index) => index % 251);
    const progress = [];
    const upload = await john.upload(new Blob([bytes]), { name: 'sea.bin', progress: (received) => progress.push(received) });
    assert.deepEqual(progress, [1_048_576, 2_097_152, 2_500_000]);
    const { attachments } = await john.send(id, '', { attachments: [upload.id] });
    assert.deepEqual(attachments.map(({ name, size }) => [name, size]), [['sea.bin', 2_500_000]]);
    const response = await jane.fetch(`/api/files/${upload.id}`, {}, { headers: {} });
    assert.deepEqual(new Uint8Array(await response.arrayBuffer()), bytes);

    const room = await john.createRoom('Kitchen', ['jane']);
    assert.equal(room.kind, 'room');
    await john.signOut();
    await assert.rejects(john.me(), { status: 401, code: 'unauthorized' });
  });

  test('what is refused says why, and is not asked for again', async (t) => {
    const { john, id } = await scene(t);
    await assert.rejects(john.send(id, ' '), (error) => {
      assert(error instanceof TincanError);
      assert.deepEqual([error.status, error.code, Object.keys(error.errors)], [422, 'invalid', ['content']]);
      return true;
    });
    await assert.rejects(john.conversation('999'), { status: 404, code: 'not_found' });
    await assert.rejects(new Tincan(john.server).me(), { status: 401 });
    await assert.rejects(new Tincan('http://127.0.0.1:1').send(id, 'hello', { patience: 0 }), { status: 0, code: 'network' });
    const given = AbortSignal.abort(new Error('never mind'));
    await assert.rejects(john.send(id, 'hello', { signal: given }), { message: 'never mind' });
  });

  /** What is repeated after a lost answer, and what must be there afterwards. */
  const LOST = [
    ['POST /api/conversations/1/messages', (john, id) => john.send(id, 'once'), async (john, id) => {
      assert.deepEqual((await john.messages(id)).map(({ content }) => content), ['once', 'there']);
    }],
    ['PATCH /api/messages/', (john, _, there) => john.edit(there, 'edited'), async (john, id) => {
      assert.deepEqual((await john.messages(id)).map(({ content }) => content), ['edited']);
    }],
    ['PUT /api/messages/', (john, _, there) => john.react(there, '👍'), async (john, id) => {
      assert.deepEqual((await john.messages(id))[0].reactions.map(({ count }) => count), [1]);
    }],
    ['DELETE /api/messages/', (john, _, there) => john.delete(there), async (john, id) => {
      assert((await john.messages(id))[0].deletedAt);
    }],
    ['POST /api/conversations ', (john) => john.talkTo('jane'), async (john, id) => {
      assert.deepEqual((await john.conversations()).map((conversation) => conversation.id), [id]);
    }],
    ['POST /api/uploads', (john) => john.upload(new Blob(['12345'])), async () => {}],
    ['PUT /api/uploads/', (john) => john.upload(new Blob(['12345'])), async () => {}],
    ['GET /api/auth_user', (john) => john.me(), async () => {}],
  ];
  for (const [request, act, check] of LOST) {
    test(`a lost answer does no harm: ${request}`, async (t) => {
      const { server, john, id } = await scene(t);
      const there = await john.send(id, 'there');
      const { line, client } = await behindLine(t, server, john);
      let lost = 0;
      line.fault = (head) => {
        if (!head.startsWith(request) || lost === 2) return undefined;
        lost++;
        return 'cut';
      };
      await act(client, id, there.id);
      assert.equal(lost, 2);
      await check(john, id);
    });
  }

  test('a room is not created twice', async (t) => {
    const { server, john } = await scene(t);
    const { line, client } = await behindLine(t, server, john);
    line.fault = () => 'cut';
    await assert.rejects(client.createRoom('Kitchen'), { code: 'network' });
    assert.equal((await john.conversations()).filter(({ kind }) => kind === 'room').length, 1);
  });

  test('what is sent while the server is away arrives when it is back, once', async (t) => {
    const { server, john, id } = await scene(t);
    await server.stop('SIGKILL');
    const sending = john.send(id, 'patience');
    await server.start();
    assert.equal((await sending).content, 'patience');
    assert.equal((await john.messages(id)).length, 1);
  });

  for (const transport of TRANSPORTS) {
    test(`nothing is missed over restarts and crashes: ${transport}`, async (t) => {
      const { server, john, jane, id } = await scene(t);
      const told = await follow(t, jane, { transports: [transport] });
      await john.send(id, 'before');
      for (const signal of ['SIGTERM', 'SIGKILL']) {
        await server.stop(signal);
        const sending = john.send(id, `after ${signal}`);
        await server.start();
        await sending;
        await told.until(() => told.contents.includes(`after ${signal}`));
        await john.send(id, `live after ${signal}`);
        await told.until(() => told.contents.includes(`live after ${signal}`));
      }
      assert.deepEqual(told.contents, ['before', 'after SIGTERM', 'live after SIGTERM', 'after SIGKILL', 'live after SIGKILL']);
      assert.equal(told.loads, 1);
      assert.equal(told.feed.transport, transport);
    });

    test(`a later feed goes on at the cursor of an earlier one: ${transport}`, async (t) => {
      const { john, jane, id } = await scene(t);
      const earlier = await follow(t, jane, { transports: [transport] });
      await john.send(id, 'one');
      await earlier.until(() => earlier.contents.length === 1);
      earlier.feed.close();
      await john.send(id, 'two');
      const later = await follow(t, jane, { transports: [transport], cursor: earlier.feed.cursor });
      await later.until(() => later.contents.length === 1);
      assert.deepEqual([later.contents, later.loads], [['two'], 0]);
    });

    test(`another database means to load everything anew: ${transport}`, async (t) => {
      const { server, john, jane, id } = await scene(t);
      await john.send(id, 'kept');
      await server.stop();
      const names = (await readdir(server.folder)).filter((name) => name.startsWith('tincan.db') && !name.endsWith('backups'));
      const copy = (from, to) => Promise.all(names.map((name) => copyFile(`${server.folder}/${from}${name}`, `${server.folder}/${to}${name}`)));
      await copy('', 'earlier-');
      await server.start();
      const contents = [];
      const told = await follow(t, jane, {
        transports: [transport],
        load: async () => contents.push((await jane.messages(id)).map(({ content }) => content)),
      });
      await john.send(id, 'lost');
      await told.until(() => told.contents.length === 1);
      await server.stop();
      await copy('earlier-', '');
      await server.start();
      await told.until(() => contents.length === 2 && told.feed.cursor);
      await john.send(id, 'anew');
      await told.until(() => told.contents.includes('anew'));
      assert.deepEqual(contents, [['kept'], ['kept']]);
    });

    test(`the end of the session ends the feed: ${transport}`, async (t) => {
      const { jane } = await scene(t);
      const told = await follow(t, jane, { transports: [transport] });
      await jane.signOut();
      await told.until(() => told.feed.state === 'signed-out');
    });
  }

  // Between two polls there is no stream that would have to go.
  for (const transport of ['sse', 'websocket']) {
    test(`one stream too many waits until somebody is back: ${transport}`, async (t) => {
      const { john, jane, id } = await scene(t);
      const told = await follow(t, jane, { transports: [transport] });
      const others = new AbortController();
      const open = () => jane.fetch('/api/messages', {}, { headers: { Accept: 'text/event-stream' }, signal: others.signal });
      await Promise.all(Array.from({ length: 32 }, open));
      await told.until(() => told.feed.state === 'displaced');
      others.abort();
      await john.send(id, 'one');
      told.feed.wake();
      await told.until(() => told.contents.length === 1);
      assert.equal(told.feed.state, 'connected');
    });
  }

  const REFUSED = {
    sse: (head) => /accept: text\/event-stream/i.test(head),
    websocket: (head) => /upgrade: websocket/i.test(head),
  };
  /** What is refused how, and what the feed comes down to. */
  const FALLBACKS = [
    ['sse', 403, 'websocket'],
    ['sse', 503, 'websocket'],
    ['sse', 'cut', 'websocket'],
    ['sse', 'hold', 'websocket'],
    ['websocket', 403, 'poll'],
    ['websocket', 'cut', 'poll'],
    ['websocket', 'hold', 'poll'],
  ];
  for (const [refused, fault, expected] of FALLBACKS) {
    test(`the feed falls back, and misses nothing: ${refused}, ${fault}`, async (t) => {
      const { server, john, jane, id } = await scene(t);
      const { line, client } = await behindLine(t, server, jane);
      const transports = TRANSPORTS.slice(TRANSPORTS.indexOf(refused));
      // Open, so that it has a cursor to keep.
      const told = await follow(t, client, { transports });
      await john.send(id, 'one');
      await told.until(() => told.contents.length === 1);
      assert.equal(told.feed.transport, refused);
      line.fault = (head) => (REFUSED[refused](head) ? fault : undefined);
      line.destroyAll();
      await john.send(id, 'two');
      await told.until(() => told.states.includes(`connected ${expected}`));
      await john.send(id, 'three');
      await told.until(() => told.contents.length === 3);
      assert.deepEqual(told.contents, ['one', 'two', 'three']);
      assert.deepEqual([told.feed.transport, told.loads], [expected, 1]);
    });
  }

  test('what two transports bring is told once', async (t) => {
    const { server, john, jane, id } = await scene(t);
    const { line, client } = await behindLine(t, server, jane);
    const told = await follow(t, client, { transports: ['websocket'] });
    line.silence(REFUSED.websocket);
    await john.send(id, 'one');
    told.feed.wake();
    await told.until(() => told.contents.length === 1);
    line.release();
    await john.send(id, 'two');
    await told.until(() => told.contents.includes('two'));
    assert.deepEqual(told.contents, ['one', 'two']);
  });

  test('what happens while everything is loaded is told afterwards', async (t) => {
    const { john, jane, id } = await scene(t);
    let loaded = () => {};
    const loading = new Promise((done) => { loaded = () => done(undefined); });
    const told = new Told(jane, { load: () => loading });
    t.after(() => told.feed.close());
    await told.until(() => told.feed.state === 'connected');
    await john.send(id, 'one');
    assert.deepEqual([told.events, told.feed.cursor], [[], '']);
    loaded();
    await told.until(() => told.contents.length === 1);
    assert.notEqual(told.feed.cursor, '');
  });

  test('what could not be loaded is loaded again', async (t) => {
    const { john, jane, id } = await scene(t);
    let tries = 0;
    const told = new Told(jane, { load: () => {
      if (++tries < 3) throw new Error('not yet');
    } });
    t.after(() => told.feed.close());
    await told.until(() => told.feed.cursor !== '');
    assert.equal(tries, 3);
    await john.send(id, 'one');
    await told.until(() => told.contents.length === 1);
  });

  test('twenty clients see the same, over a crash', async (t) => {
    const { server, john } = await scene(t);
    const clients = await Promise.all(Array.from({ length: 20 }, async (_, index) => {
      const client = new Tincan(server.url);
      await john.request('POST', '/api/admin/users', { body: { username: `person${index}` } });
      await client.signIn(`person${index}`);
      return client;
    }));
    const { id } = await clients[0].createRoom('Kitchen', clients.slice(1).map((_, index) => `person${index + 1}`));
    const all = await Promise.all(clients.map((client, index) => follow(t, client, { transports: [TRANSPORTS[index % 3]] })));
    const talk = (what) => Promise.all(clients.map((client, index) => client.send(id, `${what} ${index}`)));
    await talk('before');
    await server.stop('SIGKILL');
    const sending = talk('in between');
    await server.start();
    await sending;
    await talk('after');
    const ids = (told) => told.events.filter(({ event, data }) => ['message', 'sent'].includes(event) && data.author).map(({ data }) => data.id);
    await Promise.all(all.map((told) => told.until(() => ids(told).length >= 60)));
    const expected = (await clients[0].messages(id, { limit: 60 })).map((message) => message.id).reverse();
    for (const [index, told] of all.entries()) assert.deepEqual(ids(told), expected, TRANSPORTS[index % 3]);
  });
});
