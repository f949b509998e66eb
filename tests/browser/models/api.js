// Requests to the server, and what a person is told about those that fail.

import { Api, ApiError, reasonOf } from '../base/api.js';
import { counted, cutNetwork, stopClock, test } from './fakes.js';
import { assert } from './runner.js';

const PATIENCE_MS = 20_000;

/** What a request fails with. @param {Promise<unknown>} request */
async function failureOf(request) {
  /** @type {unknown} */
  const error = await request.then(() => null, (reason) => reason);
  if (error instanceof ApiError) return error;
  throw new Error(`no ApiError, but ${error}`);
}

test('what the server answers is handed over, and nothing where it has nothing to say', async () => {
  const network = cutNetwork();
  const api = new Api();
  const got = api.get('/api/config?x=1');
  const first = await network.next();
  assert.equal([first.url.pathname, first.query('x'), first.headers.get('accept')], ['/api/config', '1', 'application/json']);
  assert.equal(first.init.method ?? 'GET', 'GET');
  first.answer(200, { a: [1] });
  assert.equal(await got, { a: [1] });

  const posted = api.post('/api/conversations', { username: 'jane' });
  const second = await network.next();
  assert.equal([second.init.method, second.headers.get('content-type')], ['POST', 'application/json']);
  assert.equal(second.init.body, '{"username":"jane"}');
  second.answer(204);
  assert.equal(await posted, null);

  const bare = api.post('/api/logout');
  const third = await network.next();
  assert.equal([third.init.method, third.init.body ?? null, third.headers.get('content-type')], ['POST', null, null]);
  third.answer(204);
  await bare;
});

test('other methods send what they are given, and what is put or deleted outlives the page but for files', async () => {
  const network = cutNetwork();
  const api = new Api();
  const patched = api.send('PATCH', '/api/messages/1', { content: 'hi' });
  const first = await network.next();
  assert.equal([first.init.method, first.headers.get('content-type'), first.init.body], ['PATCH', 'application/json', '{"content":"hi"}']);
  assert.ok(!first.init.keepalive);
  first.answer(200, { id: '1' });
  assert.equal(await patched, { id: '1' });
  const put = api.send('PUT', '/api/messages/1/reactions/x');
  const second = await network.next();
  assert.equal([second.init.method, second.init.body ?? null], ['PUT', null]);
  second.answer(200, {});
  await put;
  const drafted = api.send('PUT', '/api/conversations/1/draft', { content: 'hi' });
  const draft = await network.next();
  assert.equal([draft.init.keepalive, draft.init.body], [true, '{"content":"hi"}']);
  draft.answer(200, {});
  await drafted;
  // Browsers let no more than 64 KiB outlive a page, and refuse what is larger.
  const picture = new Blob(['x']);
  const uploaded = api.send('PUT', '/api/auth_user/avatar', picture);
  const upload = await network.next();
  assert.equal([Boolean(upload.init.keepalive), upload.init.body === picture], [false, true]);
  upload.answer(200, {});
  await uploaded;
  const deleted = api.delete('/api/messages/1');
  const third = await network.next();
  assert.equal([third.init.method, third.init.keepalive], ['DELETE', true]);
  third.answer(204);
  assert.equal(await deleted, null);
});

test('a refusal says what is wrong with which field', async () => {
  const network = cutNetwork();
  const told = failureOf(new Api().post('/api/conversations', { name: '' }));
  (await network.next()).answer(422, { message: 'A name is missing', errors: { name: 'A name is missing' } });
  assert.equal((await told).errors, { name: 'A name is missing' });
});

test('a request says for whom it is, once that is known', async () => {
  const network = cutNetwork();
  const api = new Api();
  api.get('/api/config').catch(() => {});
  assert.equal((await network.next()).headers.get('tincan-user'), null);
  api.userId = '12';
  api.get('/api/conversations').catch(() => {});
  assert.equal((await network.next()).headers.get('tincan-user'), '12');
  api.delete('/api/sessions/1').catch(() => {});
  const { init, headers } = await network.next();
  assert.equal([init.method, headers.get('tincan-user')], ['DELETE', '12']);
});

test('a refusal says why, in the server’s words where it has any', async () => {
  const network = cutNetwork();
  const api = new Api();
  const told = failureOf(api.get('/api/x'));
  (await network.next()).answer(422, { message: 'Too long' });
  const { status, message } = await told;
  assert.equal([status, message], [422, 'Too long']);

  const silent = failureOf(api.get('/api/x'));
  (await network.next()).answer(502, '<h1>Bad gateway</h1>');
  const error = await silent;
  assert.equal(error.status, 502);
  assert.ok(error.message.includes('502'));
});

test('where nobody answers, the status is 0', async () => {
  const network = cutNetwork();
  const failed = failureOf(new Api().get('/api/x'));
  const connection = await network.next();
  assert.ok(connection.init.signal, 'it would wait for ever');
  connection.break();
  assert.equal((await failed).status, 0);
});

test('an answer that takes more than twenty seconds is none', async () => {
  const clock = stopClock();
  const network = cutNetwork();
  const failed = failureOf(new Api().get('/api/x'));
  const connection = await network.next();
  await clock.advance(PATIENCE_MS - 1);
  assert.ok(!connection.isOver);
  await clock.advance(1);
  assert.ok(connection.isOver);
  assert.equal((await failed).status, 0);
});

test('a request can be broken off', async () => {
  const clock = stopClock();
  const network = cutNetwork();
  const attempt = new AbortController();
  const failed = failureOf(new Api().post('/api/x', {}, attempt.signal));
  const connection = await network.next();
  assert.ok(!connection.isOver);
  attempt.abort();
  assert.ok(connection.isOver);
  assert.equal((await failed).status, 0);

  // And waits no longer than any other where it isn't.
  failureOf(new Api().post('/api/x', {}, new AbortController().signal));
  const other = await network.next();
  await clock.advance(PATIENCE_MS);
  assert.ok(other.isOver);
});

test('an unknown session is told to whoever listens', async () => {
  const network = cutNetwork();
  const api = new Api();
  const signedOut = counted(api, 'signed-out');
  for (const status of [403, 500, 401]) {
    assert.equal(signedOut.count, 0);
    const failed = failureOf(api.get('/api/x'));
    (await network.next()).answer(status, {});
    assert.equal((await failed).status, status);
  }
  assert.equal(signedOut.count, 1);
});

test('a page that something on the way answers with isn’t the server’s answer', async () => {
  const network = cutNetwork();
  const failed = failureOf(new Api().post('/api/conversations/7/messages', {}));
  (await network.next()).answer(200, '<h1>Welcome to the hotel’s network</h1>');
  assert.equal((await failed).status, 0);
});

test('only a failed request has a reason for people', () => {
  assert.equal(reasonOf(new ApiError(422, 'Too long')), 'Too long');
  const defect = new TypeError('x is undefined');
  let thrown = null;
  try {
    reasonOf(defect);
  } catch (error) {
    thrown = error;
  }
  assert.ok(thrown === defect);
});
