// What the browser keeps, for as long as it may, and no longer than it should.

import { forget, isOnlyHere, keep, kept, keysOf } from '../base/storage.js';
import { Keeper } from '../shell/keeper.js';
import { forgetEverything } from '../shell/kept.js';
import { afterwards, conversation, fillStorage, message, page, range, refuseStorage, replace, room, stopClock, test } from './fakes.js';
import { assert } from './runner.js';

const PAUSE_MS = 1_000;

/** @param {string} [userId] */
function open(userId = '1') {
  const keeper = new Keeper(userId);
  afterwards(() => keeper.stop());
  return keeper;
}

const LISTED = [conversation('7', { newest: 60 })];

test('what is kept is there, until it is forgotten', () => {
  assert.equal(kept('a'), null);
  for (const value of [{ b: [1, 'x'] }, 'text', 0, false, '']) {
    keep('a', value);
    assert.equal([kept('a'), localStorage.getItem('a')], [value, JSON.stringify(value)]);
  }
  forget('a');
  forget('a');
  assert.equal([kept('a'), localStorage.length], [null, 0]);
});

test('what can’t be read is nothing', () => {
  localStorage.setItem('a', '{"half":');
  assert.equal(kept('a'), null);
  keep('a', 1);
  assert.equal(kept('a'), 1);
});

test('keys are found by how they begin, sorted', () => {
  for (const key of ['b:2', 'a', 'b:10', 'c', 'b:1', 'ab:1']) keep(key, 1);
  assert.equal(keysOf('b:'), ['b:1', 'b:10', 'b:2']);
  fillStorage();
  keep('b:11', 1);
  assert.equal(keysOf('b:'), ['b:1', 'b:10', 'b:11', 'b:2']);
  assert.equal(keysOf('x'), []);
});

test('full storage keeps things while the page lives, instead of older ones', () => {
  keep('a', 'old');
  keep('b', 'old');
  const end = fillStorage();
  keep('a', 'new');
  keep('c', 'new');
  assert.equal(['a', 'b', 'c'].map(kept), ['new', 'old', 'new']);
  assert.equal(keysOf(''), ['a', 'b', 'c']);
  forget('a');
  assert.equal([kept('a'), keysOf('')], [null, ['b', 'c']]);
  end();
  keep('c', 'newer');
  assert.equal([kept('c'), localStorage.getItem('c'), keysOf('')], ['newer', '"newer"', ['b', 'c']]);
});

test('what could not be written goes with the page, until it can be', () => {
  keep('a:1', 'old');
  const end = fillStorage();
  assert.ok(!isOnlyHere(''));
  keep('a:1', 'new');
  keep('a:2', 'new');
  assert.equal(['', 'a', 'a:', 'a:1', 'a:3', 'b', ':1'].map(isOnlyHere), [true, true, true, true, false, false, false]);
  forget('a:2');
  assert.equal(['a:1', 'a:2'].map(isOnlyHere), [true, false]);
  end();
  keep('a:1', 'newer');
  assert.ok(!isOnlyHere(''));
});

test('refused storage keeps things while the page lives', () => {
  refuseStorage();
  assert.equal([kept('a'), keysOf('')], [null, []]);
  keep('a', 1);
  assert.equal([kept('a'), keysOf('')], [1, ['a']]);
  forget('a');
  assert.equal([kept('a'), keysOf('')], [null, []]);
});

test('a change is written a moment later, as things are then, and once', async () => {
  const clock = stopClock();
  const keeper = open();
  let messages = page(1, 1);
  let asked = 0;
  keeper.keepConversations(() => LISTED);
  for (const _ of range(1, 5)) {
    keeper.keepMessages('7', () => {
      asked += 1;
      return messages;
    });
  }
  await clock.advance(PAUSE_MS - 1);
  assert.equal([keeper.messages('7'), keeper.conversations, asked], [[], [], 0]);
  messages = page(1, 2);
  await clock.advance(1);
  assert.equal([keeper.messages('7'), keeper.conversations, asked], [page(1, 2), LISTED, 1]);
  await clock.advance(10 * PAUSE_MS);
  dispatchEvent(new Event('pagehide'));
  assert.equal(asked, 1);
});

test('changes that keep coming are written all the same', async () => {
  const clock = stopClock();
  const keeper = open();
  for (const number of range(1, 10)) {
    keeper.keepConversations(() => [conversation('7', { newest: number })]);
    await clock.advance(PAUSE_MS / 4);
  }
  assert.ok(keeper.conversations.length > 0);
  await clock.advance(PAUSE_MS);
  assert.equal(keeper.conversations[0]?.lastMessage?.number, 10);
});

test('what is due is written when the page is left or hidden', () => {
  stopClock();
  const keeper = open();
  keeper.keepConversations(() => LISTED);
  dispatchEvent(new Event('pagehide'));
  assert.equal(keeper.conversations, LISTED);

  keeper.keepMessages('7', () => [message(1)]);
  document.dispatchEvent(new Event('visibilitychange'));
  assert.equal(keeper.messages('7'), []);
  replace(document, 'hidden', { get: () => true });
  document.dispatchEvent(new Event('visibilitychange'));
  assert.equal(keeper.messages('7'), [message(1)]);
});

test('the next page of the same person finds it, and nobody else does', async () => {
  const keeper = open('1');
  keeper.keepConversations(() => LISTED);
  keeper.keepMessages('7', () => [message(1)]);
  keeper.stop();
  assert.equal([open('1').conversations, open('1').messages('7')], [LISTED, [message(1)]]);
  assert.equal([open('11').conversations, open('11').messages('7')], [[], []]);
});

test('no more is kept than thirty conversations, and of each the newest fifty messages', () => {
  const keeper = open();
  keeper.keepConversations(() => range(1, 40).map((id) => conversation(`${id}`, { newest: 1 })));
  keeper.keepMessages('7', () => page(1, 80).reverse());
  keeper.keepMessages('35', () => [message(1)]);
  keeper.stop();
  assert.equal(keeper.conversations.map(({ id }) => id), range(1, 30).map((id) => `${id}`));
  assert.equal(keeper.messages('7'), page(31, 80).reverse());
  assert.equal(keeper.messages('35'), []);
});

test('messages of a conversation that is no longer among those kept go with it', async () => {
  const clock = stopClock();
  const [keeper, others] = [open('1'), open('11')];
  for (const each of [keeper, others]) {
    each.keepConversations(() => LISTED);
    each.keepMessages('7', () => [message(1)]);
  }
  await clock.advance(PAUSE_MS);
  keeper.keepConversations(() => [conversation('8', { newest: 1 })]);
  await clock.advance(PAUSE_MS);
  assert.equal([keeper.messages('7'), keysOf('kept:1:')], [[], ['kept:1:list']]);
  assert.equal(others.messages('7'), [message(1)]);
});

test('what anybody has read can be forgotten, and nothing else is', () => {
  const people = [open('1'), open('11')];
  for (const each of people) {
    each.keepConversations(() => LISTED);
    each.keepMessages('7', () => [message(1)]);
    each.stop();
  }
  for (const key of ['draft:7', 'outbox:1:5:a', 'preference:theme']) keep(key, 'hello');
  forgetEverything();
  for (const each of people) assert.equal([each.conversations, each.messages('7')], [[], []]);
  assert.equal(keysOf(''), ['draft:7', 'outbox:1:5:a', 'preference:theme']);
});

test('what others have read can be forgotten, and what the one has who is here stays', () => {
  const people = ['1', '11', '2'].map((id) => open(id));
  for (const each of people) {
    each.keepConversations(() => LISTED);
    each.keepMessages('7', () => [message(1)]);
    each.stop();
  }
  keep('draft:2:7', 'hello');
  forgetEverything('1');
  assert.equal(keysOf(''), ['draft:2:7', 'kept:1:7', 'kept:1:list']);
  forgetEverything('11');
  assert.equal(keysOf(''), ['draft:2:7']);
});

test('what was due is written at the end, and not once more', async () => {
  const clock = stopClock();
  const keeper = open();
  keeper.keepConversations(() => LISTED);
  keeper.stop();
  assert.equal([keeper.conversations, clock.pending], [LISTED, 0]);
  forgetEverything();
  keeper.stop();
  await clock.advance(PAUSE_MS);
  assert.equal(keysOf('kept:'), []);
});

test('what changes after the end isn’t written, as it may be what was to be forgotten', async () => {
  const clock = stopClock();
  const keeper = open();
  keeper.stop();
  forgetEverything();
  keeper.keepConversations(() => LISTED);
  keeper.keepMessages('7', () => [message(1)]);
  await clock.advance(PAUSE_MS);
  dispatchEvent(new Event('pagehide'));
  keeper.stop();
  assert.equal([keysOf('kept:'), clock.pending], [[], 0]);
});

test('without storage, it is there while the page lives', async () => {
  const clock = stopClock();
  refuseStorage();
  const keeper = open();
  keeper.keepConversations(() => LISTED);
  keeper.keepMessages('7', () => [message(1)]);
  await clock.advance(PAUSE_MS);
  assert.equal([keeper.conversations, keeper.messages('7')], [LISTED, [message(1)]]);
  forgetEverything();
  assert.equal([keeper.conversations, keeper.messages('7')], [[], []]);
});

test('a room is kept as what it is', () => {
  const keeper = open();
  const rooms = [room('8', { newest: 4, read: 2 }, { role: 'owner', open: true })];
  keeper.keepConversations(() => rooms);
  keeper.stop();
  assert.equal(open().conversations, rooms);
});

test('what was kept before there were rooms and reactions has what they need', () => {
  keep('kept:1:list', [{ id: '7', otherParticipant: { id: '2', username: 'jane' }, lastMessage: null, lastReadNumber: 3 }]);
  keep('kept:1:7', [{ id: '1', number: 1, content: 'old' }]);
  assert.equal([open().conversations[0]?.kind, open().messages('7')[0]?.reactions], ['direct', []]);
});

test('a conversation that one isn’t in any more is kept no longer, nor what is due of it', async () => {
  const clock = stopClock();
  const keeper = open();
  keeper.keepConversations(() => LISTED);
  keeper.keepMessages('7', () => [message(1)]);
  await clock.advance(PAUSE_MS);
  keeper.keepMessages('7', () => [message(2)]);
  keeper.forget('7');
  assert.equal(keeper.messages('7'), []);
  await clock.advance(PAUSE_MS);
  assert.equal(keeper.messages('7'), []);
});

test('what changes is kept as it is then, where it is kept', async () => {
  const clock = stopClock();
  const keeper = open();
  keeper.keepConversations(() => LISTED);
  keeper.keepMessages('7', () => [message(1), message(2)]);
  await clock.advance(PAUSE_MS);
  for (const number of [2, 3]) keeper.keepChange(message(number, { version: '5000', content: '' }));
  keeper.keepChange(message(1, { conversationId: '8' }));
  assert.equal(keeper.messages('7').map(({ content }) => content), ['message 1', '']);
  assert.equal(keysOf('kept:'), ['kept:1:7', 'kept:1:list']);
});

test('what stood there before doesn’t return where there is no room for what stands there now', () => {
  keep('draft:1:7', 'an older draft');
  const end = fillStorage();
  keep('draft:1:7', 'a newer draft');
  assert.equal([kept('draft:1:7'), localStorage.getItem('draft:1:7')], ['a newer draft', null]);
  end();
});
