// Looking for messages: by the rules of the server, at the server, and without it.

import { Conversations } from '../conversations/conversations.js';
import { Timeline } from '../messages/timeline.js';
import { searchDevice } from '../search/device.js';
import { excerptOf } from '../search/excerpt.js';
import { completionsOf } from '../search/filters.js';
import { MessageSearch } from '../search/message-search.js';
import { find, parse } from '../search/query.js';
import { tokensOf } from '../search/tokens.js';
import { conversation, FakeApi, message, page, room, test, until } from './fakes.js';
import { assert } from './runner.js';

/** @import {Message} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */
/** @import {Range, Term} from '../search/query.js' */

/**
 * What both are held to.
 * @type {{texts: {text: string, tokens: [string, number, number][]}[], queries: {query: string, terms: Term[], filters: [string, string][]}[],
 *   matches: {query: string, text: string, matches: Range[] | null}[]}}
 */
const vectors = await (await fetch(new URL('./vectors/tokens.json', import.meta.url))).json();

test('texts have the tokens that they have for the server', () => {
  assert.ok(vectors.texts.length > 0);
  for (const { text, tokens } of vectors.texts) {
    assert.equal([text, tokensOf(text).map((token) => [token.text, token.start, token.end])], [text, tokens]);
  }
});

test('queries ask for what they ask of the server', () => {
  assert.ok(vectors.queries.length > 0);
  for (const { query, terms, filters } of vectors.queries) {
    const parsed = parse(query);
    const shown = parsed.filters.map(({ operator, value }) => [operator, typeof value === 'number' ? new Date(value).toISOString() : value]);
    assert.equal([query, parsed.terms, shown], [query, terms, filters]);
  }
});

test('matches are where the server says they are', () => {
  assert.ok(vectors.matches.length > 0);
  for (const { query, text, matches } of vectors.matches) {
    assert.equal([query, text, find(parse(query).terms, tokensOf(text))], [query, text, matches]);
  }
});

/** A page of somebody who is in two conversations: 7 with jane, and the room 8. */
function begin() {
  const api = new FakeApi();
  const conversations = new Conversations(api, '1', []);
  conversations.takeConversation(conversation('7', { newest: 9 }));
  conversations.takeConversation(room('8', { newest: 5, at: 2_000 }));
  const client = Object.assign(new EventTarget(), {
    api, conversations, user: { id: '1', username: 'john' }, stream: Object.assign(new EventTarget(), { lost: false }),
    timelines: new Map(), removing: new Set(),
  });
  const typed = /** @type {Client} */ (/** @type {unknown} */ (client));
  return { api, client, search: new MessageSearch(typed), device: (/** @type {string} */ text, id = '') =>
    searchDevice(typed, text, id).map((found) => found.message.id), complete: (/** @type {string} */ text) => completionsOf(text, typed) };
}

/** @param {...number} numbers */
const found = (...numbers) => numbers.map((number) => ({ message: message(number), matches: [{ start: 0, end: 7 }] }));
/** @param {MessageSearch} search */
const numbers = (search) => search.results.map((each) => each.message.number);

test('an answer to what was typed before says nothing, and isn’t waited for', async () => {
  const { api, search } = begin();
  search.look('hel', '');
  const first = await api.next();
  assert.equal(first.path, '/api/search?q=hel&limit=25');
  search.look('hello', '');
  const second = await api.next();
  assert.ok(first.isOver);
  await first.answer({ results: found(1), before: null });
  assert.equal([search.state, search.hasAnswered('hello'), numbers(search)], ['loading', false, []]);
  await second.answer({ results: found(3, 2), before: null });
  assert.equal([search.state, search.hasAnswered('hello'), numbers(search)], ['ready', true, [3, 2]]);
  // What is cleared while it is asked for doesn’t come back.
  search.look('help', '');
  const third = await api.next();
  search.look('', '');
  await third.answer({ results: found(4), before: null });
  assert.equal([search.state, numbers(search)], ['idle', []]);
});

test('it goes on where it stopped, also where nothing was found so far', async () => {
  const { api, search } = begin();
  search.look('hello', '7');
  await (await api.next()).answer({ results: [], before: '900' });
  const next = await api.next();
  assert.equal(next.path, '/api/search?q=hello&limit=25&conversation=7&before=900');
  await next.answer({ results: found(8), before: '800' });
  assert.equal([search.state, numbers(search), search.before], ['ready', [8], '800']);
  search.more();
  await (await api.next()).refuse(0, 'Nobody there');
  assert.equal([search.state, search.reason, numbers(search), search.isDevice], ['failed', 'Nobody there', [8], false]);
  search.retry();
  const again = await api.next();
  assert.equal(again.path, '/api/search?q=hello&limit=25&conversation=7&before=800');
  await again.answer({ results: found(5), before: null });
  assert.equal([search.state, numbers(search), search.before], ['ready', [8, 5], null]);
});

test('a day begins where one is', async () => {
  const { api, search } = begin();
  search.look('after:2026-07-01 before:2026-12-01 x', '');
  const question = await api.next();
  // The tests’ clock is that of Berlin.
  assert.equal(new URLSearchParams(question.path.split('?')[1]).get('q'), 'after:2026-07-01+02:00 before:2026-12-01+01:00 x');
});

test('where the server can’t be asked, this device is searched, and the server again once it is there', async () => {
  const { api, client, search } = begin();
  search.look('message', '');
  await (await api.next()).refuse(503, 'Not now');
  await until(() => search.state === 'failed');
  assert.equal([search.isDevice, search.reason, numbers(search)], [true, 'Not now', [5, 9]]);
  client.stream.lost = true;
  search.look('message 9', '');
  await until(() => search.state === 'ready');
  assert.equal([search.isDevice, numbers(search), api.open.length], [true, [9], 0]);
  client.stream.lost = false;
  client.stream.dispatchEvent(new Event('connected'));
  await (await api.next()).answer({ results: found(2), before: null });
  assert.equal([search.isDevice, search.state, numbers(search)], [false, 'ready', [2]]);
});

test('what is deleted meanwhile isn’t found any more', async () => {
  const { api, client, search } = begin();
  search.look('message', '');
  await (await api.next()).answer({ results: found(3, 2), before: null });
  const tell = (/** @type {Message} */ data) => client.dispatchEvent(new CustomEvent('event', { detail: { name: 'update', data } }));
  tell(message(3, { version: '5000', content: 'Something else' }));
  assert.equal(search.results.map(({ message: { content }, matches }) => [content, matches.length]), [['Something else', 0], ['message 2', 1]]);
  tell(message(3, { version: '5001', content: '', deletedAt: '2026-03-02T09:00:00Z' }));
  assert.equal(numbers(search), [2]);
});

test('of what this device holds, the newest comes first, and filters apply', () => {
  const { client, device } = begin();
  const photo = { id: '1', name: 'a.jpg', type: 'image/jpeg', size: 1, hasThumb: true };
  const kept = [
    ...page(1, 3).reverse(), message(4, { mine: true, content: 'Ein Café https://example.org' }),
    message(5, { content: 'message 5', deletedAt: '2026-03-02T09:00:00Z' }), message(6, { content: '', attachments: [photo] }),
    message(7, { system: 'joined', content: 'message 7' }),
  ];
  client.timelines.set('7', new Timeline(client.api, '7', kept));
  for (const [text, ids] of /** @type {[string, string[]][]} */ ([
    ['message', ['2000', '9', '1003', '1002', '1001'].sort((a, b) => Number(b) - Number(a))], ['cafe', ['1004']], ['from:me', ['1004']], ['from:JANE message 2', ['1002']],
    ['from:kim', []], ['from:kim from:ME in:jane in:kitchen', ['1004']], ['has:picture has:link', []], ['has:picture', ['1006']], ['has:link', ['1004']], ['has:voice', []], ['in:kitchen message', ['2000']],
    ['in:jane message 3', ['1003']], ['before:2026-03-02 message', []], ['after:2026-03-03 message', []], ['after:2026-03-02 cafe', ['1004']],
    ['?!', []],
  ])) assert.equal([text, device(text)], [text, ids]);
  assert.equal(device('message', '8'), ['2000']);
});

test('an excerpt begins near what was found, cuts nothing in two, and marks all of it', () => {
  const shown = (/** @type {string} */ text, /** @type {string} */ query) =>
    excerptOf(text, find(parse(query).terms, tokensOf(text)) ?? []).map((part) => (part instanceof Element ? `[${part.textContent}]` : part)).join('');
  assert.equal(shown('Hello, hello there', 'hello'), '[Hello], [hello] there');
  assert.equal(shown('<b>Fish</b> & chips', 'fish'), '<b>[Fish]</b> & chips');
  assert.equal(shown(`${'word '.repeat(50)}needle`, 'needle'), '…word word word word word word word [needle]');
  const family = '👨‍👩‍👧‍👦';
  assert.equal(shown(`${family.repeat(20)} needle`, 'needle'), `…${family.repeat(3)} [needle]`);
  assert.ok(shown(`${'x'.repeat(2_000)} needle`, 'needle').endsWith('xx [needle]'));
  const long = shown(`needle ${'word '.repeat(200)}`, 'needle');
  assert.ok(long.length < 300 && long.endsWith('word …'), long);
});

test('an operator is completed by what is known', () => {
  const { complete } = begin();
  const texts = (/** @type {string} */ text) => complete(text)?.completions.map((each) => each.text ?? each.conversation?.id);
  assert.equal(texts('from:'), ['from:me', 'from:jane']);
  assert.equal(texts('hello FROM:@ja'), ['from:jane']);
  assert.equal(complete('hello from:ja')?.before, 'hello');
  assert.equal(texts('in:kit'), ['8']);
  assert.equal(texts('has:pho'), ['has:picture']);
  // What is complete, or nobody here knows, is the server’s.
  for (const text of ['from:jane', 'from:nobody', 'from:jane hello', 'hello', 'transfrom:ja']) assert.equal([text, complete(text)], [text, null]);
});
