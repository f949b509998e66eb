// What somebody writes follows them to their other devices, and never replaces what stands there.

import { DraftKeeper } from '../messages/draft-keeper.js';
import { MessageComposer } from '../messages/message-composer.js';
import rest from '../words/en-rest.js';
import { addWords } from '../words/index.js';
import { afterwards, FakeApi, message, settle, stopClock, test } from './fakes.js';
import { assert } from './runner.js';

/** @import {Message} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */

const PAUSE_MS = 3_000;
const PATH = '/api/conversations/7/draft';
const ELSEWHERE = 'Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0';

const frame = () => new Promise((done) => requestAnimationFrame(done)).then(settle);

/** One writes in conversation 7; the server has `content` of it. @param {string} [content] */
async function begin(content = '') {
  addWords(rest);
  const clock = stopClock();
  const api = new FakeApi();
  const stream = Object.assign(new EventTarget(), { lost: false });
  const timeline = Object.assign(new EventTarget(), { messages: /** @type {Message[]} */ ([]) });
  const client = Object.assign(new EventTarget(), { api, user: { id: '1', username: 'john' }, stream, timeline: () => timeline });
  const composer = new MessageComposer('draft:1:7', 'jane', () => {});
  const place = document.createElement('div');
  place.append(composer);
  document.body.append(place);
  afterwards(() => place.remove());
  new DraftKeeper(/** @type {Client} */ (/** @type {unknown} */ (client)), '7', composer);
  const draft = (/** @type {string} */ text) => ({ conversationId: '7', content: text, device: ELSEWHERE, updatedAt: '' });
  await (await api.next()).answer(content ? [draft(content)] : []);
  await frame();
  const tell = async (/** @type {string} */ text) => {
    client.dispatchEvent(new CustomEvent('event', { detail: { name: 'draft', data: draft(text) } }));
    await frame();
  };
  const type = (/** @type {string} */ text) => {
    composer.field.value = text;
    composer.field.dispatchEvent(new Event('input', { bubbles: true }));
  };
  /** What is said of another device’s, and its buttons. */
  const offer = () => place.querySelector('.unfinished p')?.textContent ?? null;
  const buttons = () => [...place.querySelectorAll('.unfinished button')].map((each) => /** @type {HTMLButtonElement} */ (each));
  /** On another device. */
  const sends = async (/** @type {string} */ text) => {
    timeline.messages.push(message(timeline.messages.length + 1, { mine: true, content: text }));
    timeline.dispatchEvent(new Event('change'));
    await tell('');
  };
  /** What is asked is answered as the server would. */
  const accept = async () => {
    const question = await api.next();
    await question.answer(question.method === 'PUT' ? draft(question.body.content) : null);
    await frame();
    return question;
  };
  return { api, clock, composer, stream, tell, type, offer, buttons, sends, accept };
}

test('what stands there is told once somebody has paused, and ends at once', async () => {
  const { api, clock, composer, tell, type, offer, accept } = await begin();
  type('I’ll b');
  await clock.advance(PAUSE_MS - 1);
  type('I’ll be');
  await clock.advance(PAUSE_MS - 1);
  assert.equal(api.open.length, 0);
  await clock.advance(1);
  const question = await api.next();
  assert.equal([question.method, question.path, question.body], ['PUT', PATH, { content: 'I’ll be' }]);
  // One goes on before the stream tells of it, which is no draft of another device.
  type('I’ll be there');
  await tell('I’ll be');
  assert.equal([offer(), composer.field.value], [null, 'I’ll be there']);
  await question.answer({ conversationId: '7', content: 'I’ll be', device: '', updatedAt: '' });
  composer.take();
  const end = await accept();
  assert.equal([end.method, end.path, api.open.length], ['DELETE', PATH, 0]);
  await clock.advance(PAUSE_MS);
  assert.equal(api.open.length, 0);
});

test('what was begun elsewhere is offered, and replaces nothing', async () => {
  const { composer, tell, type, offer, buttons } = await begin('From the phone');
  assert.equal([offer(), composer.field.value], ['Draft from Firefox on Android: From the phone', '']);
  type('From here');
  await tell('From the phone, too');
  assert.equal(composer.field.value, 'From here');
  buttons()[0]?.click();
  assert.equal(composer.field.value, 'From the phone, too\nFrom here');
  await frame();
  assert.equal(offer(), null);
});

test('what isn’t wanted here isn’t offered again, and what comes later is', async () => {
  const { tell, offer, buttons, composer } = await begin('One');
  buttons()[1]?.click();
  await tell('One');
  assert.equal([offer(), composer.field.value], [null, '']);
  await tell('Two');
  assert.equal(offer(), 'Draft from Firefox on Android: Two');
  await tell('');
  assert.equal(offer(), null);
});

test('a draft that is sent elsewhere ends here where it is the same, and stays where it is another', async () => {
  const { clock, composer, tell, type, sends, accept } = await begin();
  type('Both');
  await clock.advance(PAUSE_MS);
  await accept();
  await tell('Both');
  // It was deleted there, or something else was sent: that is no reason to take it away here.
  await tell('');
  await sends('Another');
  assert.equal(composer.field.value, 'Both');
  await sends('Both');
  assert.equal([composer.field.value, localStorage.getItem('draft:1:7')], ['', null]);
  // The same once more isn’t what was sent.
  type('Both');
  await clock.advance(PAUSE_MS);
  await accept();
  assert.equal(composer.field.value, 'Both');
});

test('what was on its way when the page went, and was sent elsewhere since, is over', async () => {
  localStorage.setItem('draft:1:7', JSON.stringify('Not before six'));
  localStorage.setItem('shared-draft:1:7', JSON.stringify({ sent: 'Not before six' }));
  const { api, composer, stream, sends } = await begin();
  assert.equal(composer.field.value, 'Not before six');
  stream.dispatchEvent(new Event('connected'));
  assert.equal(api.open.length, 0);
  await sends('Not before six');
  assert.equal(composer.field.value, '');
});

test('what was begun elsewhere isn’t over because something else is sent here', async () => {
  const { api, clock, composer, tell, type, accept } = await begin();
  type('Here');
  await clock.advance(PAUSE_MS);
  await accept();
  await tell('From the phone');
  composer.take();
  await clock.advance(PAUSE_MS);
  assert.equal(api.open.length, 0);
});

test('offline it waits, and blanks and what is too long aren’t told', async () => {
  const { api, clock, stream, type, accept } = await begin();
  stream.lost = true;
  type('Later');
  await clock.advance(PAUSE_MS);
  assert.equal(api.open.length, 0);
  stream.lost = false;
  stream.dispatchEvent(new Event('connected'));
  await (await api.next()).refuse(0);
  stream.dispatchEvent(new Event('connected'));
  assert.equal((await accept()).body, { content: 'Later' });
  stream.lost = true;
  type(' \n');
  await clock.advance(PAUSE_MS);
  assert.equal(api.open.length, 0);
  stream.lost = false;
  stream.dispatchEvent(new Event('connected'));
  assert.equal((await accept()).method, 'DELETE');
  type('ä'.repeat(4_001));
  await clock.advance(PAUSE_MS);
  assert.equal(api.open.length, 0);
});
