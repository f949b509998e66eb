// The list of conversations: with whom, the newest message, and how far one has read; learned in any order.

import { Calls } from '../conversations/calls.js';
import { Conversations } from '../conversations/conversations.js';
import { actionsOf } from '../messages/actions.js';
import { findPeople, startWith } from '../people/find.js';
import { conversation, counted, FakeApi, message, range, room, settle, test } from './fakes.js';
import { assert } from './runner.js';

/** @import {Conversation, Message} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */

/** Those of user 1. @param {Conversation[]} [kept] */
function begin(kept = []) {
  const api = new FakeApi();
  return { api, conversations: new Conversations(api, '1', kept) };
}

/** The same, where a page has been loaded. @param {Conversation[]} page */
async function loaded(page) {
  const all = begin();
  all.conversations.load();
  await (await all.api.next()).answer(page);
  return all;
}

/** @param {Conversations} conversations */
const ids = (conversations) => conversations.listed.map(({ id }) => id);

/** @param {string} conversationId @param {number} upTo @param {string} [userId] */
const mark = (conversationId, upTo, userId = '1') => ({ conversationId, userId, upTo });

test('the newest message comes first, by a number that may be longer than the others', async () => {
  const { conversations } = await loaded([
    conversation('7', { newest: 1, at: 9 }),
    conversation('8', { newest: 1, at: 10 }),
    conversation('9', { newest: 1, other: { id: '3', username: 'jo' }, at: 2 ** 60 }),
  ]);
  assert.equal(ids(conversations), ['9', '8', '7']);
  conversations.takeMessage(message(2, { id: `${2 ** 61}` }));
  assert.equal(ids(conversations), ['7', '9', '8']);
});

test('a conversation without a message isn’t listed', async () => {
  const { conversations } = await loaded([conversation('7'), conversation('8', { newest: 1 })]);
  assert.equal(ids(conversations), ['8']);
  conversations.takeMessage(message(1));
  assert.equal(conversations.listed.map(({ id, unread }) => [id, unread]).sort(), [['7', 1], ['8', 1]]);
});

test('unread is what came after the mark, and never less than nothing', async () => {
  const { conversations } = await loaded([conversation('7', { newest: 9, read: 4 }), conversation('8', { newest: 2, read: 2 })]);
  assert.equal([conversations.unread('7'), conversations.lastRead('7'), conversations.unread('8')], [5, 4, 0]);
  assert.equal([conversations.unread('unknown'), conversations.lastRead('unknown')], [0, 0]);
  conversations.takeRead(mark('8', 5));
  assert.equal(conversations.unread('8'), 0);
  assert.equal(conversations.wanted, 5);
});

test('what counts is what one wants to be notified of', async () => {
  const called = { newest: 9, read: 4 };
  for (const [level, wanted] of /** @type {const} */ ([['all', 5], ['mentions', 2], ['none', 0]])) {
    const { conversations } = await loaded([{ ...conversation('7', called), notificationLevel: level, mentionCount: 2 }]);
    assert.equal([conversations.wanted, conversations.called('7')], [wanted, 2]);
    assert.equal(conversations.kept.map(({ mentionCount }) => mentionCount), [2]);
    conversations.takeRead(mark('7', 9));
    assert.equal([conversations.wanted, conversations.called('7')], [0, 0]);
  }
});

test('a mention and an answer to one’s own message call one, until they are read or deleted', async () => {
  const { api, conversations } = await loaded([{ ...conversation('7', { newest: 9, read: 4 }), mentionCount: 2 }]);
  const user = { id: '1', username: 'john' };
  const fake = Object.assign(new EventTarget(), { api, conversations, user, timelines: new Map() });
  const client = /** @type {Client} */ (/** @type {unknown} */ (fake));
  const blocked = { id: '9', username: 'blocked' };
  assert.ok(!actionsOf(client).blocks.has(blocked.id));
  await (await api.next()).answer([blocked]);
  const life = new AbortController();
  new Calls(client, life.signal);
  const arrive = (/** @type {number} */ number, /** @type {Partial<Message>} */ more) => {
    const arrived = message(number, more);
    conversations.takeMessage(arrived);
    client.dispatchEvent(new CustomEvent('arrived', { detail: arrived }));
    return arrived;
  };
  const other = { id: '2', username: 'jane' };
  const quote = { id: '1', number: 1, excerpt: '', hasAttachment: false };
  arrive(10, {});
  arrive(11, { mentions: [{ start: 0, end: 5, user: other }], replyTo: { ...quote, author: other } });
  assert.equal(conversations.called('7'), 2);
  arrive(12, { mentions: [{ start: 0, end: 5, user }] });
  arrive(13, { mentions: [{ start: 0, end: 4, all: true }] });
  const answer = arrive(14, { replyTo: { ...quote, author: user } });
  arrive(15, { mentions: [{ start: 0, end: 5, user }], author: blocked });
  assert.equal(conversations.called('7'), 5);
  client.dispatchEvent(new CustomEvent('event', { detail: { name: 'update', data: { ...answer, deletedAt: '2026-03-02T08:00:00Z' } } }));
  assert.equal(conversations.called('7'), 4);
  // Only the server knows how many of those before the ninth are left.
  conversations.takeRead(mark('7', 6));
  const question = await api.next();
  assert.equal(question.path, '/api/conversations/7');
  await question.answer({ ...conversation('7', { newest: 15, read: 6 }), mentionCount: 3 });
  assert.equal(conversations.called('7'), 3);
  conversations.takeRead(mark('7', 15));
  assert.equal(conversations.called('7'), 0);
  life.abort();
});

test('a message of one’s own is read, and so is what stands before it', async () => {
  const { conversations } = await loaded([conversation('7', { newest: 4, read: 1 })]);
  conversations.takeMessage(message(6, { mine: true }));
  assert.equal([conversations.unread('7'), conversations.lastRead('7')], [0, 6]);
  conversations.takeMessage(message(7));
  assert.equal(conversations.unread('7'), 1);
});

test('a read mark only grows, wherever it comes from', async () => {
  const { conversations } = await loaded([conversation('7', { newest: 9, read: 3 })]);
  conversations.takeRead(mark('7', 5));
  conversations.takeRead(mark('7', 4));
  assert.equal(conversations.lastRead('7'), 5);
  conversations.takeConversation(conversation('7', { newest: 9, read: 2 }));
  assert.equal(conversations.lastRead('7'), 5);
  conversations.takeRead(mark('7', 8, '2'));
  assert.equal(conversations.lastRead('7'), 5);
});

test('the server is told once how far one has read', async () => {
  const { api, conversations } = await loaded([conversation('7', { newest: 9, read: 3 })]);
  conversations.markRead('7', 5);
  assert.equal(conversations.unread('7'), 4);
  for (const upTo of [5, 4, 3, 0]) conversations.markRead('7', upTo);
  const question = await api.next();
  assert.equal([question.method, question.path, question.body], ['POST', '/api/conversations/7/read_messages', { upTo: 5 }]);
  conversations.markRead('7', 9);
  assert.equal((await api.next()).body, { upTo: 9 });
  await question.answer();
  for (const upTo of [5, 9]) conversations.markRead('7', upTo);
  assert.equal(api.open.length, 0);
});

test('the server is told again where that failed, and meanwhile nothing is unread again', async () => {
  const { api, conversations } = await loaded([conversation('7', { newest: 9, read: 3 })]);
  conversations.markRead('7', 9);
  await (await api.next()).refuse(503);
  assert.equal([conversations.unread('7'), conversations.state], [0, 'ready']);
  for (const upTo of [9, 4]) conversations.markRead('7', upTo);
  assert.equal(api.open.length, 0);
  // As when it is connected again.
  conversations.tryAgain();
  const again = await api.next();
  assert.equal([again.path, again.body], ['/api/conversations/7/read_messages', { upTo: 9 }]);
  await again.refuse(0);
  conversations.tryAgain();
  await (await api.next()).answer();
  conversations.tryAgain();
  assert.equal(api.open.length, 0);
});

test('the server is told again how far one has read by then, in every conversation', async () => {
  const { api, conversations } = await loaded(['7', '8', '9'].map((id) => conversation(id, { newest: 9, read: 3 })));
  for (const id of ['7', '8', '9']) conversations.markRead(id, 5);
  for (const status of [0, 503]) await (await api.next()).refuse(status);
  await (await api.next()).answer();
  conversations.takeRead(mark('8', 7));
  conversations.tryAgain();
  const asked = api.open.splice(0);
  assert.equal(asked.map(({ path, body }) => [path.split('/')[3], body.upTo]), [['7', 5], ['8', 7]]);
});

test('the server is told again where it hears of an earlier mark later', async () => {
  const { api, conversations } = await loaded([conversation('7', { newest: 9, read: 3 })]);
  conversations.markRead('7', 5);
  conversations.markRead('7', 9);
  const [earlier, later] = [await api.next(), await api.next()];
  await later.refuse(0);
  await earlier.answer();
  conversations.tryAgain();
  assert.equal(api.open.map(({ body }) => body), [{ upTo: 9 }]);
});

test('the server isn’t told what it says itself', async () => {
  const { api, conversations } = await loaded([conversation('7', { newest: 9, read: 3 })]);
  conversations.markRead('7', 3);
  conversations.takeRead(mark('7', 6));
  conversations.markRead('7', 6);
  conversations.takeMessage(message(10, { mine: true }));
  conversations.markRead('7', 10);
  assert.equal(api.open.length, 0);
});

test('a page, messages and marks give the same in whatever order they come, and twice', async () => {
  /** @type {((conversations: Conversations) => unknown)[]} */
  const news = [
    (conversations) => conversations.takeConversation(conversation('7', { newest: 5, read: 2 })),
    (conversations) => conversations.takeMessage(message(6)),
    (conversations) => conversations.takeMessage(message(7)),
    (conversations) => conversations.takeRead(mark('7', 4)),
    (conversations) => conversations.takeRead(mark('7', 6)),
  ];
  for (const order of permutations(news)) {
    const { api, conversations } = begin();
    for (const take of [...order, order[0]]) take?.(conversations);
    while (api.open.length > 0) await (await api.next()).answer(conversation('7', { newest: 5, read: 2 }));
    assert.equal(conversations.listed.map(({ id, title, newest, unread }) => [id, title, newest, unread]), [['7', 'jane', message(7), 1]]);
  }
});

/** @template T @param {T[]} things @returns {T[][]} */
function permutations(things) {
  if (things.length === 0) return [[]];
  return things.flatMap((thing, index) =>
    permutations(things.toSpliced(index, 1)).map((others) => [thing, ...others]));
}

test('a message of a conversation that isn’t known yet has it asked for', async () => {
  const { api, conversations } = await loaded([]);
  conversations.takeMessage(message(3, { conversationId: '12' }));
  assert.equal(ids(conversations), []);
  const question = await api.next();
  assert.equal(question.path, '/api/conversations/12');
  await question.answer(conversation('12', { newest: 3, read: 1 }));
  assert.equal(conversations.listed.map(({ id, unread }) => [id, unread]), [['12', 2]]);
});

test('a conversation that can’t be had is no failure of the list, and the next message asks for it again', async () => {
  const { api, conversations } = await loaded([]);
  conversations.takeMessage(message(3));
  await (await api.next()).refuse(503, 'Not now');
  assert.equal([conversations.state, api.open.length], ['ready', 0]);
  conversations.takeMessage(message(4));
  await (await api.next()).answer(conversation('7', { newest: 4 }));
  assert.equal([conversations.state, ids(conversations)], ['ready', ['7']]);
});

test('a conversation is asked for once at a time, however many messages come', async () => {
  const { api, conversations } = await loaded([]);
  for (const number of range(1, 5)) {
    for (const conversationId of ['7', '8']) conversations.takeMessage(message(number, { conversationId }));
  }
  const asked = api.open.splice(0);
  assert.equal(asked.map(({ path }) => path), ['/api/conversations/7', '/api/conversations/8']);
  await asked[0]?.answer(conversation('7', { newest: 3 }));
  for (const number of [6, 7]) conversations.takeMessage(message(number));
  assert.equal([api.open.length, conversations.listed.map(({ id, unread }) => [id, unread])], [0, [['7', 7]]]);
});

test('a conversation that the list brings isn’t asked for', async () => {
  const { api, conversations } = await loaded([conversation('7', { newest: 3 })]);
  conversations.takeMessage(message(4));
  assert.equal([api.open.length, conversations.unread('7')], [0, 4]);
});

test('a list that can’t be had keeps what is known, and says why', async () => {
  const { api, conversations } = begin([conversation('7', { newest: 3 })]);
  const changes = counted(conversations, 'change');
  conversations.load();
  assert.equal([conversations.state, ids(conversations), changes.count], ['loading', ['7'], 1]);
  await (await api.next()).refuse(0, 'Nobody there');
  assert.equal([conversations.state, conversations.reason, changes.count], ['failed', 'Nobody there', 2]);
  assert.equal(ids(conversations), ['7']);
});

test('the list is loaded page by page, from where the last one ended', async () => {
  const { api, conversations } = begin();
  const pageOf = (/** @type {number} */ first, /** @type {number} */ last) =>
    range(first, last).map((id) => conversation(`${id}`, { newest: 1, at: 1_000 - id }));
  conversations.load();
  const first = await api.next();
  assert.equal(first.path, '/api/conversations');
  await first.answer(pageOf(1, 25));
  assert.equal([conversations.hasMore, conversations.listed.length], [true, 25]);
  conversations.loadMore();
  const second = await api.next();
  assert.equal(second.path, '/api/conversations?before=25');
  await second.answer(pageOf(26, 30));
  assert.equal([conversations.hasMore, ids(conversations)], [false, range(1, 30).map((id) => `${id}`)]);
});

test('the first page loaded anew leaves it at what is listed already', async () => {
  const pageOf = (/** @type {number} */ first, /** @type {number} */ last) =>
    range(first, last).map((id) => conversation(`${id}`, { newest: 1, at: 1_000 - id }));
  const { api, conversations } = await loaded(pageOf(1, 25));
  conversations.loadMore();
  await (await api.next()).answer(pageOf(26, 50));
  conversations.load();
  await (await api.next()).answer(pageOf(1, 25));
  assert.equal([conversations.hasMore, conversations.listed.length], [true, 50]);
  conversations.loadMore();
  const third = await api.next();
  assert.equal(third.path, '/api/conversations?before=50');
  await third.answer([]);
  conversations.load();
  await (await api.next()).answer(pageOf(1, 25));
  assert.ok(!conversations.hasMore);
});

test('a page that ends the list exactly is followed by an empty one', async () => {
  const page = range(1, 25).map((id) => conversation(`${id}`, { newest: 1, at: 1_000 - id }));
  const { api, conversations } = await loaded(page);
  conversations.loadMore();
  await (await api.next()).answer([]);
  assert.equal([conversations.hasMore, conversations.state, conversations.listed.length], [false, 'ready', 25]);
});

test('what a conversation is is waited for while the list is loading', async () => {
  const { api, conversations } = begin();
  conversations.load();
  let found = '';
  conversations.info('7').then(({ title }) => {
    found = title;
  });
  conversations.takeRead(mark('8', 1));
  await settle();
  assert.equal([found, api.open.length], ['', 1]);
  await (await api.next()).answer([conversation('7', { newest: 1 })]);
  assert.equal([found, api.open.length], ['jane', 0]);
});

test('what a conversation is is asked for where the list doesn’t say', async () => {
  const { api, conversations } = begin();
  conversations.load();
  const info = conversations.info('99');
  await (await api.next()).answer([conversation('7', { newest: 1 })]);
  const question = await api.next();
  assert.equal(question.path, '/api/conversations/99');
  await question.answer(conversation('99', { other: { id: '3', username: 'jo' } }));
  assert.equal([(await info).title, (await info).other], ['jo', { id: '3', username: 'jo' }]);
  assert.equal(await conversations.info('99'), await info);
  assert.equal(api.open.length, 0);
});

test('what a conversation is is asked for where the list can’t be had, and may not be found', async () => {
  const { api, conversations } = begin();
  conversations.load();
  const found = conversations.info('7').then(() => 'found', ({ status }) => status);
  await (await api.next()).refuse(503);
  await (await api.next()).refuse(404);
  assert.equal(await found, 404);
});

test('what was kept is there before the list is, and is what the server would say', async () => {
  const { conversations: before } = await loaded([
    conversation('7', { newest: 9, read: 3, at: 20 }), conversation('8', { newest: 2, read: 2, at: 30 }), conversation('9'),
  ]);
  before.takeRead(mark('7', 4));
  const kept = JSON.parse(JSON.stringify(before.kept));
  assert.equal(kept, [conversation('8', { newest: 2, read: 2, at: 30 }), conversation('7', { newest: 9, read: 4, at: 20 })]);
  const { api, conversations } = begin(kept);
  assert.equal(conversations.listed, before.listed);
  assert.equal(conversations.state, 'loading');
  assert.equal((await conversations.info('7')).title, 'jane');
  assert.equal(api.count, 0);
});

test('what was kept is outdone by the list', async () => {
  const { api, conversations } = begin([conversation('7', { newest: 3, read: 3 })]);
  conversations.load();
  await (await api.next()).answer([conversation('7', { newest: 8, read: 5 })]);
  assert.equal(conversations.listed.map(({ newest, unread }) => [newest.number, unread]), [[8, 3]]);
});

test('what changes is told, and what doesn’t isn’t', async () => {
  const { conversations } = await loaded([conversation('7', { newest: 9, read: 3 })]);
  const changes = counted(conversations, 'change');
  conversations.takeConversation(conversation('8'));
  assert.equal(changes.count, 1);
  conversations.takeMessage(message(10));
  assert.equal(changes.count, 2);
  conversations.takeRead(mark('7', 5));
  conversations.takeRead(mark('7', 5));
  conversations.takeRead(mark('7', 10, '2'));
  assert.equal(changes.count, 3);
  conversations.markRead('7', 10);
  assert.equal(changes.count, 4);
});

test('people are found by the beginning of a name, whatever is typed', async () => {
  const api = new FakeApi();
  const found = findPeople({ api }, 'a&b=c ü');
  const question = await api.next();
  assert.equal(question.path, '/api/users?search=a%26b%3Dc%20%C3%BC');
  await question.answer([{ id: '3', username: 'a&b=c üx' }]);
  assert.equal(await found, [{ id: '3', username: 'a&b=c üx' }]);
});

test('a conversation is begun with a name, and known from then on', async () => {
  const { api, conversations } = begin();
  const started = startWith({ api, conversations }, 'jane');
  const question = await api.next();
  assert.equal([question.method, question.path, question.body], ['POST', '/api/conversations', { username: 'jane' }]);
  await question.answer(conversation('7'));
  assert.equal((await started).id, '7');
  assert.equal((await conversations.info('7')).title, 'jane');
});

/** Which conversations are said to be removed, from now on. @param {Conversations} conversations */
function removals(conversations) {
  /** @type {string[]} */
  const removed = [];
  conversations.addEventListener('removed', (event) => removed.push(/** @type {CustomEvent<string>} */ (event).detail));
  return removed;
}

test('a room is called by its name, and a conversation with one person by theirs', async () => {
  const { conversations } = await loaded([conversation('7', { newest: 1, at: 9 }), room('8', { newest: 2, read: 1 })]);
  assert.equal(conversations.listed.map(({ id, kind, title, other, unread }) => [id, kind, title, other, unread]),
    [['7', 'direct', 'jane', { id: '2', username: 'jane' }, 1], ['8', 'room', 'Kitchen', null, 1]]);
  const info = { id: '8', kind: 'room', title: 'Kitchen', other: null, open: false, avatarURL: null, participantCount: 3, role: 'member', level: 'all' };
  assert.equal([conversations.known('8'), await conversations.info('8')], [info, info]);
  assert.equal([conversations.known('99'), conversations.known('7')?.title], [undefined, 'jane']);
});

test('a room that one was added to is listed', async () => {
  const { api, conversations } = await loaded([]);
  conversations.takeConversation(room('8', { newest: 4, read: 3 }));
  assert.equal([ids(conversations), conversations.unread('8'), api.open.length], [['8'], 1, 0]);
});

test('of two states of a conversation the later stays, whichever comes first and wherever from', async () => {
  /** @type {Record<string, (conversations: Conversations, api: FakeApi, state: Conversation) => unknown>} */
  const ways = {
    event: (conversations, _, state) => conversations.takeConversation(state),
    list: async (conversations, api, state) => {
      conversations.load();
      await (await api.next()).answer([state]);
    },
  };
  const states = [room('8', { newest: 1 }, { version: '9', name: 'Old' }), room('8', { newest: 1 }, { version: '10', name: 'New', open: true })];
  for (const [first, takeFirst] of Object.entries(ways)) {
    for (const [second, takeSecond] of Object.entries(ways)) {
      for (const [one, other] of [states, states.toReversed()]) {
        const { api, conversations } = begin();
        if (one) await takeFirst(conversations, api, one);
        if (other) await takeSecond(conversations, api, other);
        const { title, open } = conversations.known('8') ?? {};
        assert.equal([first, second, title, open], [first, second, 'New', true]);
      }
    }
  }
});

test('an earlier state of a conversation still brings what grows', async () => {
  const { conversations } = await loaded([room('8', { newest: 1 }, { version: '10' })]);
  conversations.takeConversation(room('8', { newest: 5, read: 2 }, { version: '9', name: 'Old' }));
  assert.equal([conversations.known('8')?.title, conversations.unread('8')], ['Kitchen', 3]);
});

test('the newest message is listed in its latest state, and an older one changes nothing', async () => {
  const { api, conversations } = await loaded([conversation('7', { newest: 9, read: 8, at: 1_009 })]);
  conversations.takeMessage(message(9, { version: '5000', content: 'edited' }));
  conversations.takeMessage(message(8, { version: '6000', content: 'no news' }));
  assert.equal(conversations.listed.map(({ newest, unread }) => [newest.content, unread]), [['edited', 1]]);
  conversations.load();
  await (await api.next()).answer([conversation('7', { newest: 9, read: 8, at: 1_009 })]);
  assert.equal(conversations.listed[0]?.newest.content, 'edited');
  conversations.takeMessage(message(9, { version: '7000', content: '', deletedAt: '2026-03-02T08:00:00Z' }));
  assert.equal(conversations.listed.map(({ newest, unread }) => [newest.content, unread]), [['', 1]]);
});

test('a conversation that one isn’t in any more is forgotten, and that is told', async () => {
  const { api, conversations } = await loaded([room('8', { newest: 4 }), conversation('7', { newest: 1 })]);
  const removed = removals(conversations);
  const changes = counted(conversations, 'change');
  conversations.markRead('8', 3);
  await (await api.next()).refuse(0);
  conversations.takeConversation({ id: '8', removed: true });
  assert.equal([removed, changes.count], [['8'], 2]);
  assert.equal([ids(conversations), conversations.known('8'), conversations.unread('8')], [['7'], undefined, 0]);
  assert.equal([conversations.kept.map(({ id }) => id), conversations.wanted], [['7'], 1]);
  // Nobody is told how far one had read.
  conversations.tryAgain();
  assert.equal(api.open.length, 0);
});

test('what was asked for before a conversation was removed doesn’t bring it back', async () => {
  const { api, conversations } = await loaded([]);
  conversations.takeMessage(message(3, { conversationId: '8' }));
  conversations.load();
  const [fetch, list] = [await api.next(), await api.next()];
  assert.equal([fetch.path, list.path], ['/api/conversations/8', '/api/conversations']);
  conversations.takeConversation({ id: '8', removed: true });
  await fetch.answer(room('8', { newest: 3 }));
  await list.answer([room('8', { newest: 3 }), conversation('7', { newest: 1 })]);
  assert.equal([ids(conversations), conversations.known('8')], [['7'], undefined]);
});

test('whoever is in it again sees it again, however that is learned', async () => {
  const again = room('8', { newest: 9, read: 8 }, { version: '3' });
  /** @type {((conversations: Conversations, api: FakeApi) => unknown)[]} */
  const ways = [
    (conversations) => conversations.takeConversation(again),
    async (conversations, api) => {
      conversations.info('8');
      await (await api.next()).answer(again);
    },
    async (conversations, api) => {
      conversations.load();
      await (await api.next()).answer([again]);
    },
  ];
  for (const way of ways) {
    const { api, conversations } = await loaded([room('8', { newest: 40, read: 40 }, { version: '7' })]);
    conversations.takeConversation({ id: '8', removed: true });
    await way(conversations, api);
    assert.equal(conversations.listed.map(({ id, newest, unread }) => [id, newest.number, unread]), [['8', 9, 1]]);
  }
});

test('what was kept and isn’t one’s own any more goes when the list doesn’t bring it', async () => {
  const { api, conversations } = begin([room('8', { newest: 4, at: 40 }), conversation('7', { newest: 1, at: 10 })]);
  const removed = removals(conversations);
  conversations.load();
  await (await api.next()).answer([conversation('7', { newest: 1, at: 10 })]);
  assert.equal([ids(conversations), removed], [['7'], ['8']]);
});

test('what was kept stays where the list hasn’t come to it, or something has come of it', async () => {
  const page = range(1, 25).map((id) => conversation(`${100 + id}`, { newest: 1, at: 1_000 - id }));
  const kept = [room('6', { newest: 4, at: 990 }), room('7', { newest: 4, at: 985 }), room('8', { newest: 4, at: 40 })];
  const { api, conversations } = begin(kept);
  const removed = removals(conversations);
  conversations.load();
  conversations.takeMessage(message(5, { id: '2000' }));
  await (await api.next()).answer(page);
  assert.equal([removed, ['6', '7', '8'].map((id) => conversations.known(id)?.title)], [['6'], [undefined, 'Kitchen', 'Kitchen']]);
  conversations.loadMore();
  await (await api.next()).answer([]);
  assert.equal([removed, conversations.known('8')], [['6', '8'], undefined]);
});

test('a room that was kept is the same room again', async () => {
  const { conversations: before } = await loaded([room('8', { newest: 4, read: 2 }, { role: 'owner', version: '12' })]);
  const kept = JSON.parse(JSON.stringify(before.kept));
  const { conversations } = begin(kept);
  assert.equal([conversations.listed, conversations.known('8')], [before.listed, before.known('8')]);
  conversations.takeConversation(room('8', { newest: 4 }, { name: 'Old', version: '11' }));
  assert.equal(conversations.known('8')?.title, 'Kitchen');
});

test('what was kept before there were versions is the oldest', async () => {
  const { version: _, ...old } = conversation('7', { newest: 1 });
  const { version: __, ...oldMessage } = message(1);
  const { conversations } = begin([/** @type {Conversation} */ ({ ...old, lastMessage: oldMessage })]);
  assert.equal(conversations.listed.map(({ title, unread }) => [title, unread]), [['jane', 1]]);
  conversations.takeMessage(message(1, { version: '1', content: 'edited' }));
  conversations.takeConversation(conversation('7', { other: { id: '2', username: 'janet' } }));
  assert.equal(conversations.listed.map(({ title, newest }) => [title, newest.content]), [['janet', 'edited']]);
});

/** One of two kinds. @param {string} id @param {number} at @param {Partial<Conversation>} [more] @returns {Conversation} */
const marked = (id, at, more = {}) => ({ ...conversation(id, { newest: 3, read: 3, at }), ...more });

test('the pinned ones come first, and archived and hidden ones aren’t listed', async () => {
  const { conversations } = await loaded([
    marked('6', 106), marked('7', 105, { archived: true }), marked('8', 104, { pinned: true }), marked('9', 103),
    marked('10', 102, { hidden: true }), marked('11', 101, { pinned: true }),
  ]);
  assert.equal(ids(conversations), ['8', '11', '6', '9']);
  assert.equal(conversations.archived.map(({ id }) => id), ['7']);
});

test('a newer message ends that one is archived or hidden, and what was known before doesn’t begin it again', async () => {
  for (const more of [{ archived: true }, { hidden: true }]) {
    const { conversations } = await loaded([marked('7', 100, more)]);
    assert.equal(ids(conversations), []);
    conversations.takeMessage(message(4, { id: '200' }));
    assert.equal(ids(conversations), ['7']);
    conversations.takeConversation(marked('7', 100, more));
    assert.equal(ids(conversations), ['7']);
    // What is kept says so, too.
    const again = new Conversations(new FakeApi(), '1', JSON.parse(JSON.stringify(conversations.kept)));
    assert.equal(ids(again), ['7']);
  }
});

test('one that is marked as unread counts as one, until it is read or written in', async () => {
  for (const read of [false, true]) {
    const { api, conversations } = await loaded([marked('7', 100, { markedUnread: true }), marked('8', 99)]);
    assert.equal([conversations.wanted, conversations.unread('7')], [1, 0]);
    if (read) {
      conversations.markRead('7', 3);
      const question = await api.next();
      assert.equal([question.path, question.body], ['/api/conversations/7/read_messages', { upTo: 3 }]);
    } else {
      conversations.takeMessage(message(4, { id: '200', mine: true }));
    }
    assert.equal([conversations.wanted, conversations.listed.map(({ markedUnread }) => markedUnread)], [0, [false, false]]);
  }
});

test('what one sets is told to the server, and is so when it says so', async () => {
  const { api, conversations } = await loaded([marked('7', 100), marked('8', 99)]);
  const setting = conversations.set('8', { pinned: true });
  const question = await api.next();
  assert.equal([question.method, question.path, question.body, ids(conversations)],
    ['PATCH', '/api/conversations/8/settings', { pinned: true }, ['7', '8']]);
  await question.answer(marked('8', 99, { pinned: true, version: '2' }));
  await setting;
  assert.equal(ids(conversations), ['8', '7']);
});

test('somebody who is called otherwise is so in the list', async () => {
  const { conversations } = await loaded([marked('7', 100), room('8', { newest: 1, at: 90 })]);
  conversations.takeUser({ id: '2', username: 'jane', displayName: 'Jane A.' });
  assert.equal(conversations.listed.map(({ title, newest }) => [title, newest.author?.displayName]),
    [['Jane A.', 'Jane A.'], ['Kitchen', 'Jane A.']]);
});
