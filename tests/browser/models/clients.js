// What a signed-in person's page knows as a whole: what events do to the models, and what one does to messages.

import { ApiError } from '../base/api.js';
import { Client } from '../shell/client.js';
import { Keeper } from '../shell/keeper.js';
import { forgetEverything } from '../shell/kept.js';
import { changeSettings, recentSettings, settings } from '../account/settings.js';
import { actionsOf } from '../messages/actions.js';
import { topMessages } from '../messages/top.js';
import { Rooms } from '../conversations/rooms.js';
import { afterwards, conversation, counted, FakeApi, message, page, range, replace, room, settle, stopClock, test, until } from './fakes.js';
import { assert } from './runner.js';

/** @import {FeedEvent, Message, Reaction} from '../base/types.js' */
/** @import {Told} from '../stream/feed.js' */

const JOHN = { id: '1', username: 'john' };
const UNDO_MS = 5_000;
const TYPING_MS = 3_000;

/** A page that is connected, where conversation 7 has three messages. @param {{id: string}} [user] */
async function begin(user = { id: `${crypto.getRandomValues(new Uint32Array(2)).join('')}` }) {
  replace(window, 'SharedWorker', { value: class {} });
  const api = new FakeApi();
  const john = { ...JOHN, ...user };
  const client = new Client(api, john, 'version');
  client.keepBy(new Keeper(john.id));
  afterwards(() => {
    client.stop();
    forgetEverything();
  });
  client.start();
  const relay = new BroadcastChannel(`tincan ${john.id} version`);
  afterwards(() => relay.close());
  let place = 0;
  /** @param {Told} told */
  const tell = (told) => relay.postMessage(told);
  tell({ state: { connected: true, transport: 'stream', displaced: false, cursor: 'c0' } });
  await (await api.next()).answer([conversation('7', { newest: 3, read: 3, at: 1_003 })]);

  /** Lets something happen, and waits until it has. @param {FeedEvent} event */
  const happen = async (event) => {
    const taken = new Promise((done) => client.addEventListener('event', done, { once: true }));
    tell({ step: { event, after: `c${place}`, cursor: `c${place + 1}` } });
    place += 1;
    await taken;
  };
  return { api, client, user: john, happen };
}

/** The same, where these messages are open, too. @param {Message[]} [messages] newest first */
async function open(messages = page(1, 3)) {
  const all = await begin();
  const timeline = all.client.timeline('7');
  await (await all.api.next()).answer(messages);
  return { ...all, timeline, content: () => timeline.messages.map(({ content }) => content) };
}

/** What something is refused with. @param {Promise<unknown>} doing */
async function refusal(doing) {
  const error = await doing.then(() => null, (reason) => reason);
  return error instanceof ApiError ? error.status : error;
}

test('a change is shown in the conversation and in the list, and is no arrival', async () => {
  const { client, happen, content } = await open();
  const [arrived, sent] = [counted(client, 'arrived'), counted(client, 'sent')];
  await happen({ name: 'update', data: message(3, { version: '5000', content: 'edited' }) });
  assert.equal(content(), ['message 1', 'message 2', 'edited']);
  assert.equal(client.conversations.listed.map(({ newest, unread }) => [newest.content, unread]), [['edited', 0]]);
  await happen({ name: 'update', data: message(3, { version: '4000', content: 'earlier' }) });
  assert.equal([content().at(-1), arrived.count, sent.count], ['edited', 0, 0]);
});

test('what somebody says arrives, and what the system says is only unread', async () => {
  const { client, happen, content } = await open();
  const arrived = counted(client, 'arrived');
  await happen({ name: 'message', data: message(4, { author: null, system: 'joined', subject: { id: '3', username: 'jo' } }) });
  assert.equal([arrived.count, content().length, client.conversations.unread('7')], [0, 4, 1]);
  await happen({ name: 'message', data: message(5) });
  assert.equal([arrived.count, client.conversations.unread('7')], [1, 2]);
});

test('a conversation that one isn’t in any more leaves nothing behind, and is loaded anew by whoever is in it again', async () => {
  const clock = stopClock();
  const { api, client, user, happen, timeline } = await open();
  await clock.advance(1_000);
  assert.equal(new Keeper(user.id).messages('7').length, 3);
  timeline.load();
  const late = await api.next();
  await happen({ name: 'conversation', data: { id: '7', removed: true } });
  assert.equal([client.conversations.listed, new Keeper(user.id).messages('7')], [[], []]);

  await happen({ name: 'conversation', data: room('7', { newest: 60, read: 59 }, { version: '9' }) });
  const again = client.timeline('7');
  assert.ok(again !== timeline);
  assert.equal([again.messages, again.loaded], [[], false]);
  // What was asked for before isn't kept as if it were of now.
  await late.answer(page(1, 3));
  await (await api.next()).answer(page(57, 60));
  await clock.advance(1_000);
  assert.equal(again.messages.map(({ number }) => number), range(57, 60));
  assert.equal(new Keeper(user.id).messages('7').map(({ number }) => number), range(57, 60));
});

test('a removal leaves other conversations alone', async () => {
  const { client, happen, timeline } = await open();
  await happen({ name: 'conversation', data: room('8', { newest: 1 }) });
  await happen({ name: 'conversation', data: { id: '8', removed: true } });
  assert.equal([client.timeline('7') === timeline, client.conversations.listed.map(({ id }) => id)], [true, ['7']]);
});

test('what was kept changes too, where nobody has it open', async () => {
  const user = { id: '77' };
  const keeper = new Keeper(user.id);
  keeper.keepConversations(() => [conversation('7', { newest: 3, at: 1_003 })]);
  keeper.keepMessages('7', () => page(1, 3).reverse());
  keeper.stop();
  const { happen } = await begin(user);
  await happen({ name: 'update', data: message(2, { version: '5000', content: '', deletedAt: '2026-03-02T08:00:00Z' }) });
  await happen({ name: 'update', data: message(9, { version: '5001' }) });
  assert.equal(new Keeper(user.id).messages('7').map(({ content }) => content), ['message 1', '', 'message 3']);
});

test('an edit is shown once the server has it, and a refused one isn’t', async () => {
  const { api, client, content } = await open();
  const edited = actionsOf(client).edit(message(2), 'better');
  const question = await api.next();
  assert.equal([question.method, question.path, question.body], ['PATCH', '/api/messages/1002', { content: 'better' }]);
  assert.equal(content()[1], 'message 2');
  await question.answer(message(2, { version: '5000', content: 'better' }));
  assert.equal([(await edited).content, content()[1]], ['better', 'better']);
  const refused = refusal(actionsOf(client).edit(message(3), 'worse'));
  await (await api.next()).refuse(403);
  assert.equal([await refused, content()[2]], [403, 'message 3']);
});

/** What stands below the second message. @param {Awaited<ReturnType<typeof open>>} all */
const reactions = ({ timeline, user }) => timeline.messages[1]?.reactions
  .map(({ emoji, users }) => `${emoji} ${users.map((id) => (id === user.id ? 'me' : id)).join(' ')}`);

/** The second message as it is shown. @param {Awaited<ReturnType<typeof open>>} all */
const second = ({ timeline }) => /** @type {Message} */ (timeline.messages[1]);

/** Who reacts here besides oneself. */
const OTHERS = ['2', '3'];

/** @param {string} emoji @param {...string} users @returns {Reaction} */
const by = (emoji, ...users) => ({ emoji, count: users.length, mine: !users.every((id) => OTHERS.includes(id)), users });

/** @param {string} version @param {Reaction[]} [reactions] */
const reacted = (version, reactions = []) => message(2, { version, reactions });

test('a reaction is shown at once, and is what the server says then', async () => {
  const all = await open();
  const { api, client, user } = all;
  const done = actionsOf(client).react(second(all), '👍');
  const question = await api.next();
  assert.equal([question.method, question.path], ['PUT', '/api/messages/1002/reactions/%F0%9F%91%8D']);
  assert.equal(reactions(all), ['👍 me']);
  await question.answer(reacted('5000', [by('👍', '2', user.id)]));
  await done;
  assert.equal(reactions(all), ['👍 2 me']);

  const undone = actionsOf(client).react(second(all), '👍');
  const other = await api.next();
  assert.equal([other.method, reactions(all)], ['DELETE', ['👍 2']]);
  await other.answer(reacted('5001', [by('👍', '2')]));
  await undone;
  assert.equal(reactions(all), ['👍 2']);
});

test('a refused reaction puts back what was there before, or what has come since', async () => {
  const all = await open([message(3), reacted('1002', [by('🎉', '2')]), message(1)]);
  const { api, client, happen } = all;
  const refused = refusal(actionsOf(client).react(second(all), '👍'));
  const first = await api.next();
  assert.equal(reactions(all), ['🎉 2', '👍 me']);
  const changes = counted(all.timeline, 'change');
  await first.refuse(422);
  assert.equal([await refused, reactions(all), changes.count], [422, ['🎉 2'], 1]);

  const late = refusal(actionsOf(client).react(second(all), '👍'));
  const question = await api.next();
  await happen({ name: 'update', data: reacted('5000', [by('🎉', '2', '3')]) });
  assert.equal(reactions(all), ['🎉 2 3', '👍 me']);
  await question.refuse(0);
  assert.equal([await late, reactions(all)], [0, ['🎉 2 3']]);
});

test('a reaction that the stream overtakes is shown once', async () => {
  const all = await open();
  const { api, client, user, happen } = all;
  const done = actionsOf(client).react(second(all), '👍');
  const question = await api.next();
  const [mine, ours] = [[user.id], [user.id, '2']].map((users) => [by('👍', ...users)]);
  await happen({ name: 'update', data: reacted('5001', ours) });
  assert.equal(reactions(all), ['👍 me 2']);
  await question.answer(reacted('5000', mine));
  await done;
  assert.equal(reactions(all), ['👍 me 2']);
});

test('whoever thinks again quickly has the last word, and nothing flickers', async () => {
  const all = await open();
  const { api, client, user, timeline } = all;
  /** @type {(string[] | undefined)[]} */
  const seen = [];
  const on = actionsOf(client).react(second(all), '👍');
  const first = await api.next();
  const off = actionsOf(client).react(second(all), '👍');
  await until(() => reactions(all)?.length === 0);
  timeline.addEventListener('change', () => seen.push(reactions(all)));
  assert.equal([reactions(all), api.open.length], [[], 0]);
  await first.answer(reacted('5000', [by('👍', user.id)]));
  await on;
  const question = await api.next();
  assert.equal([question.method, reactions(all)], ['DELETE', []]);
  await question.answer(reacted('5001'));
  await off;
  assert.equal([...new Set(seen.map(String))], ['']);
});

test('whoever thinks again while nobody answers sees what there was', async () => {
  const all = await open();
  const { api, client } = all;
  const refused = [refusal(actionsOf(client).react(second(all), '👍'))];
  const first = await api.next();
  refused.push(refusal(actionsOf(client).react(second(all), '👍')));
  await settle();
  await first.refuse(0);
  await (await api.next()).refuse(0);
  assert.equal([await Promise.all(refused), reactions(all)], [[0, 0], []]);
});

test('several reactions to one message are each on their own', async () => {
  const all = await open();
  const { api, client, user } = all;
  const refused = refusal(actionsOf(client).react(second(all), '👍'));
  const done = actionsOf(client).react(second(all), '🎉');
  const [one, other] = [await api.next(), await api.next()];
  assert.equal(reactions(all), ['👍 me', '🎉 me']);
  await one.refuse(503);
  assert.equal([await refused, reactions(all)], [503, ['🎉 me']]);
  await other.answer(reacted('5000', [by('🎉', user.id)]));
  await done;
  assert.equal(reactions(all), ['🎉 me']);
});

test('a message goes at once, is deleted after five seconds, and keeps its place', async () => {
  const clock = stopClock();
  const { api, client, timeline, content } = await open();
  const changes = counted(timeline, 'change');
  const done = actionsOf(client).remove(message(2));
  await until(() => client.removing.has('1002'));
  assert.equal([changes.count, client.removing.has('1003')], [1, false]);
  await clock.advance(UNDO_MS - 1);
  assert.equal(api.open.length, 0);
  await clock.advance(1);
  const question = await api.next();
  assert.equal([question.method, question.path, client.removing.has('1002')], ['DELETE', '/api/messages/1002', true]);
  await question.answer();
  await done;
  assert.equal([client.removing.has('1002'), content()], [false, ['message 1', '', 'message 3']]);
  assert.ok(timeline.messages[1]?.deletedAt);
  assert.ok(changes.count > 1);
});

test('what is undone in time isn’t deleted', async () => {
  const clock = stopClock();
  const { api, client, timeline, content } = await open();
  const done = actionsOf(client).remove(message(2));
  await until(() => client.removing.has('1002'));
  await clock.advance(UNDO_MS - 1);
  const changes = counted(timeline, 'change');
  actionsOf(client).undoRemove('1002');
  await done;
  assert.equal([client.removing.has('1002'), changes.count], [false, 1]);
  await clock.advance(10 * UNDO_MS);
  dispatchEvent(new Event('pagehide'));
  await settle();
  assert.equal([api.open.length, content()[1]], [0, 'message 2']);
});

test('what is on its way out is deleted when the page is left, and once', async () => {
  const clock = stopClock();
  const { api, client } = await open();
  const done = [actionsOf(client).remove(message(1)), actionsOf(client).remove(message(2)), actionsOf(client).remove(message(2))];
  await until(() => client.removing.has('1001') && client.removing.has('1002'));
  dispatchEvent(new Event('pagehide'));
  await settle();
  assert.equal(api.open.map(({ method, path }) => `${method} ${path}`), ['DELETE /api/messages/1001', 'DELETE /api/messages/1002']);
  await clock.advance(10 * UNDO_MS);
  dispatchEvent(new Event('pagehide'));
  await settle();
  assert.equal(api.open.length, 2);
  for (const question of api.open.splice(0)) await question.answer();
  await Promise.all(done);
});

test('what the server doesn’t delete is there again', async () => {
  const clock = stopClock();
  const { api, client, content } = await open();
  const refused = refusal(actionsOf(client).remove(message(2)));
  await until(() => client.removing.has('1002'));
  await clock.advance(UNDO_MS);
  await (await api.next()).refuse(403);
  assert.equal([await refused, client.removing.has('1002'), content()[1]], [403, false, 'message 2']);
});

test('a message that changed on its way out is deleted all the same, and at once', async () => {
  const clock = stopClock();
  const { api, client, happen, content } = await open();
  const done = actionsOf(client).remove(message(2));
  await until(() => client.removing.has('1002'));
  await happen({ name: 'update', data: message(2, { version: '5000', content: 'message 2', reactions: [by('👍', '2')] }) });
  await clock.advance(UNDO_MS);
  await (await api.next()).answer();
  await done;
  assert.equal(content()[1], '');
  await happen({ name: 'update', data: message(2, { version: '5001', content: '', deletedAt: '2026-03-02T08:00:00Z' }) });
  assert.equal(content()[1], '');
});

test('nothing is being removed or undone before anything was', async () => {
  const { client } = await open();
  actionsOf(client).undoRemove('1002');
  assert.ok(!client.removing.has('1002'));
});

test('that one types is told every three seconds, in each conversation, and its failure is nobody’s concern', async () => {
  const clock = stopClock();
  const { api, client } = await begin();
  for (const id of ['7', '7', '8']) actionsOf(client).typing(id);
  const first = [await api.next(), await api.next()];
  assert.equal(first.map(({ method, path }) => `${method} ${path}`),
    ['POST /api/conversations/7/typing', 'POST /api/conversations/8/typing']);
  for (const question of first) await question.refuse(0);
  await clock.advance(TYPING_MS - 1);
  await actionsOf(client).typing('7');
  assert.equal(api.open.length, 0);
  await clock.advance(1);
  actionsOf(client).typing('7');
  assert.equal((await api.next()).path, '/api/conversations/7/typing');
});

test('a room is made, and known from then on', async () => {
  const { api, client } = await begin();
  const made = new Rooms(client).createRoom('Kitchen', ['jane'], true);
  const question = await api.next();
  assert.equal([question.method, question.path, question.body],
    ['POST', '/api/conversations', { name: 'Kitchen', usernames: ['jane'], open: true }]);
  await question.answer(room('8', { newest: 1 }));
  assert.equal([(await made).id, client.conversations.known('8')?.title], ['8', 'Kitchen']);
});

test('open rooms are found page by page, and joined', async () => {
  const { api, client } = await begin();
  const rooms = new Rooms(client);
  const found = rooms.openRooms();
  const first = await api.next();
  assert.equal(first.path, '/api/rooms');
  await first.answer([room('8', {}, { role: null })]);
  assert.equal((await found).map(({ id }) => id), ['8']);
  rooms.openRooms('8');
  assert.equal((await api.next()).path, '/api/rooms?before=8');
  const joined = rooms.join('8');
  const question = await api.next();
  assert.equal([question.method, question.path, question.body], ['POST', '/api/conversations/8/participants', {}]);
  await question.answer();
  await (await api.next()).answer(room('8', { newest: 4 }));
  assert.equal([(await joined).title, client.conversations.listed.map(({ id }) => id).includes('8')], ['Kitchen', true]);
});

test('a room that one has left is forgotten before the stream says so', async () => {
  const { api, client, happen } = await begin();
  await happen({ name: 'conversation', data: room('8', { newest: 1 }) });
  const removed = counted(client.conversations, 'removed');
  const left = new Rooms(client).leave('8');
  const question = await api.next();
  assert.equal([question.method, question.path], ['DELETE', '/api/conversations/8/participants/me']);
  await question.answer();
  await left;
  assert.equal([client.conversations.known('8'), removed.count], [undefined, 1]);
  await happen({ name: 'conversation', data: { id: '8', removed: true } });
  assert.equal(removed.count, 1);
});

test('a room is changed, and a late answer doesn’t bring one back that one has left', async () => {
  const { api, client, happen } = await begin();
  const rooms = new Rooms(client);
  await happen({ name: 'conversation', data: room('8', { newest: 1 }, { role: 'owner' }) });
  const changed = rooms.change('8', { name: 'Garden' });
  const question = await api.next();
  assert.equal([question.method, question.path, question.body], ['PATCH', '/api/conversations/8', { name: 'Garden' }]);
  await question.answer(room('8', { newest: 1 }, { name: 'Garden', version: '2' }));
  await changed;
  assert.equal(client.conversations.known('8')?.title, 'Garden');
  rooms.change('8', { open: true });
  const late = await api.next();
  await happen({ name: 'conversation', data: { id: '8', removed: true } });
  await late.answer(room('8', { newest: 1 }, { version: '3', open: true }));
  assert.equal(client.conversations.known('8'), undefined);
});

test('people are added to a room and removed from it', async () => {
  const { api, client } = await begin();
  const rooms = new Rooms(client);
  const added = rooms.add('8', 'jo');
  const first = await api.next();
  assert.equal([first.method, first.path, first.body], ['POST', '/api/conversations/8/participants', { username: 'jo' }]);
  await first.answer();
  await added;
  const refused = refusal(rooms.remove('8', '3'));
  const second = await api.next();
  assert.equal([second.method, second.path], ['DELETE', '/api/conversations/8/participants/3']);
  await second.refuse(403);
  assert.equal(await refused, 403);
});

test('the people of one conversation at a time are kept up to date', async () => {
  const { api, client, happen } = await begin();
  await happen({ name: 'conversation', data: room('8', { newest: 1 }) });
  const people = actionsOf(client).people('8');
  assert.equal((await api.next()).path, '/api/conversations/8/participants');
  assert.ok(actionsOf(client).people('8') === people);
  const changed = () => happen({ name: 'conversation', data: room('8', { newest: 1 }) });
  await changed();
  await api.next();
  await happen({ name: 'conversation', data: room('9', { newest: 1 }) });
  await happen({ name: 'conversation', data: { id: '9', removed: true } });
  await changed();
  await api.next();

  const others = actionsOf(client).people('7');
  assert.equal((await api.next()).path, '/api/conversations/7/participants');
  await changed();
  assert.equal([others.id, api.open.length], ['7', 0]);
});

test('the people of a conversation that one isn’t in any more are others for whoever is in it again', async () => {
  const { api, client, happen } = await begin();
  const people = actionsOf(client).people('7');
  await api.next();
  await happen({ name: 'conversation', data: { id: '7', removed: true } });
  await happen({ name: 'conversation', data: conversation('7', { newest: 3 }) });
  assert.equal(api.open.length, 0);
  assert.ok(actionsOf(client).people('7') !== people);
  assert.equal((await api.next()).path, '/api/conversations/7/participants');
});

test('of what is reacted to most, what nobody has reacted to is left out', async () => {
  const api = new FakeApi();
  const top = topMessages(api, '7');
  const question = await api.next();
  assert.equal(question.path, '/api/conversations/7/messages?order=top&limit=50');
  await question.answer([reacted('5000', [by('👍', '2')]), message(3)]);
  assert.equal((await top).map(({ number }) => number), [2]);
});

test('whether one’s activity is shown can be asked for, and changed', async () => {
  const api = new FakeApi();
  const asked = settings(api);
  const question = await api.next();
  assert.equal([question.method, question.path], ['GET', '/api/settings']);
  const all = { showsActivity: true, asksFirst: false, preview: true, quiet: null, admin: false, mayInvite: false, hasPassword: true, needsSecondFactor: false, identities: [] };
  await question.answer(all);
  assert.equal(await asked, all);
  changeSettings(api, { showsActivity: false });
  const change = await api.next();
  assert.equal([change.method, change.path, change.body], ['PATCH', '/api/settings', { showsActivity: false }]);
});

test('settings of lately are asked for once, and are those that were changed last', async () => {
  const api = new FakeApi();
  const asked = [recentSettings(api), recentSettings(api)];
  await (await api.next()).answer({ preview: true });
  assert.equal((await Promise.all(asked)).map(({ preview }) => preview), [true, true]);
  const changed = changeSettings(api, { preview: false });
  await (await api.next()).answer({ preview: false });
  await changed;
  assert.equal((await recentSettings(api)).preview, false);
});
