// What is answered: kept with a draft, sent with it, and shown as it is now.

import { Outbox } from '../messages/outbox.js';
import { MessageComposer } from '../messages/message-composer.js';
import { quoteOf } from '../messages/quoted.js';
import { FakeApi, message, settle, test } from './fakes.js';
import { assert } from './runner.js';

const QUOTE = { id: '1004', number: 4, author: { id: '2', username: 'jane' }, excerpt: 'Pizza?', hasAttachment: false };

test('an answer says to the server what it answers, also after a reload', async () => {
  const api = new FakeApi();
  const outbox = new Outbox(api, '1', () => {});
  outbox.add('7', 'yes', undefined, QUOTE);
  const question = await api.next();
  assert.equal([question.body.content, question.body.replyTo], ['yes', '1004']);
  outbox.stop();
  const later = new Outbox(new FakeApi(), '1', () => {});
  assert.equal(later.of('7').map(({ replyTo }) => replyTo), [QUOTE]);
  for (const { clientId } of later.of('7')) later.remove(clientId);
  later.stop();
});

test('what is answered is kept with the draft, and taken with it', async () => {
  const composer = new MessageComposer('draft:1:7', 'jane', () => {});
  composer.quote = QUOTE;
  assert.equal(new MessageComposer('draft:1:7', 'jane', () => {}).quote, QUOTE);
  assert.equal(new MessageComposer('draft:1:8', 'jane', () => {}).quote, null);
  assert.equal(composer.takeQuote(), QUOTE);
  assert.equal([composer.quote, composer.takeQuote()], [null, undefined]);
  await settle();
});

test('a quote is of a message as it is, with the names that people have now', () => {
  const client = /** @type {any} */ ({ removing: new Set(['1009']) });
  const mentions = [{ start: 3, end: 8, user: { id: '2', username: 'jane', displayName: 'Jane Doe' } }, { start: 9, end: 13, all: /** @type {const} */ (true) }];
  const named = message(4, { content: '👍 @jane @all\n\nhi', mentions });
  assert.equal(quoteOf(named, client).excerpt, '👍 @Jane Doe @all hi');
  const gone = quoteOf(message(5, { content: '', deletedAt: '2026-03-02T08:00:00Z' }), client);
  assert.equal([gone.excerpt, gone.deletedAt], ['', '2026-03-02T08:00:00Z']);
  assert.equal(Boolean(quoteOf(message(9), client).deletedAt), true);
});
