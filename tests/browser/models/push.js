// Whether this device rings, who knows of it, and who is left to do what; and when the page offers to be installed.

import { Push } from '../attention/push.js';
import { isTime } from '../shell/install-card.js';
import { Preferences } from '../shell/preferences.js';
import { t } from '../words/index.js';
import { FakeApi, replace, settle, stopClock, test } from './fakes.js';
import { assert } from './runner.js';

/** @import {PushDevice} from '../attention/push.js' */

/** That of RFC 8292, section 2.4, and another one. */
const KEY = 'BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs';
const OTHER_KEY = `BB${KEY.slice(2)}`;

/** @param {string} key */
function bytesOf(key) {
  const text = atob(key.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(text, (each) => each.charCodeAt(0)).buffer;
}

/** A browser, what it has subscribed to, and a page in it. */
function begin({ permission = 'granted', answers = true } = {}) {
  const browser = {
    answers,
    /** The keys of all that there were. @type {string[]} */
    keys: [],
    /** @type {{endpoint: string, options: {applicationServerKey: ArrayBuffer}, toJSON(): object, unsubscribe(): Promise<void>} | null} */
    subscription: null,
    worker: new EventTarget(),
  };
  const pushManager = {
    getSubscription: async () => browser.subscription,
    subscribe: async (/** @type {{applicationServerKey: string, userVisibleOnly: boolean}} */ { applicationServerKey, userVisibleOnly }) => {
      if (!browser.answers) throw new DOMException('no push service', 'AbortError');
      assert.equal([userVisibleOnly, browser.subscription], [true, null]);
      browser.keys.push(applicationServerKey);
      const endpoint = `https://push.example/${browser.keys.length}`;
      browser.subscription = {
        endpoint, options: { applicationServerKey: bytesOf(applicationServerKey) }, toJSON: () => ({ endpoint }),
        unsubscribe: async () => {
          browser.subscription = null;
        },
      };
      return browser.subscription;
    },
  };
  const registration = { pushManager };
  const worker = Object.assign(browser.worker, { getRegistration: async () => registration, ready: Promise.resolve(registration) });
  replace(navigator, 'serviceWorker', { value: worker });
  replace(globalThis, 'Notification', { value: { permission, requestPermission: async () => permission } });
  // What it says of a browser without a push service.
  replace(console, 'info', { value: () => {} });
  const preferences = new Preferences();
  const api = new FakeApi();
  return { api, browser, preferences, push: new Push({ api }, preferences) };
}

/** @param {Partial<PushDevice>} [more] @returns {PushDevice} */
const device = (more) => ({ id: '5', current: true, device: 'Firefox', createdAt: '', deliveredAt: null, failure: null, ...more });

/** Answers the next request, which is this one. @param {FakeApi} api @param {string} what @param {unknown} value */
async function answer(api, what, value) {
  const question = await api.next();
  assert.equal(`${question.method} ${question.path}`, what);
  await question.answer(value);
  return question;
}

/** What a device that is turned on asks for. @param {FakeApi} api @param {string} key @param {Partial<PushDevice>} [more] */
async function answerAll(api, key, more) {
  await answer(api, 'GET /api/push', { publicKey: key, subscriptions: [] });
  return answer(api, 'PUT /api/push/subscription', device(more));
}

test('a device that is turned on subscribes with the server’s key, and tells the server', async () => {
  const { api, browser, push } = begin();
  const done = push.turnOn();
  const { body } = await answerAll(api, KEY);
  await done;
  assert.equal([push.state, browser.keys, body], ['always', [KEY], { endpoint: 'https://push.example/1' }]);
});

test('at each start it says so again, and subscribes anew only for another key', async () => {
  const { api, browser, push } = begin();
  const first = push.turnOn();
  await answerAll(api, KEY);
  await first;
  for (const key of [KEY, OTHER_KEY, OTHER_KEY]) {
    const done = push.renew();
    await answerAll(api, key);
    await done;
  }
  assert.equal([push.state, browser.keys], ['always', [KEY, OTHER_KEY]]);
});

test('whoever hasn’t turned it on isn’t asked about', async () => {
  const { api, browser, push } = begin();
  await push.renew();
  assert.equal([push.state, api.count, browser.keys], ['off', 0, []]);
});

test('whoever doesn’t allow it has it off', async () => {
  const { api, push } = begin({ permission: 'denied' });
  await push.turnOn();
  assert.equal([push.state, api.count], ['off', 0]);
});

test('without a push service, the page notifies by itself', async () => {
  const { api, push } = begin({ answers: false });
  const done = push.turnOn();
  await answer(api, 'GET /api/push', { publicKey: KEY, subscriptions: [] });
  await done;
  assert.equal([push.state, api.open.length], ['page', 0]);
});

test('so it does where the server doesn’t take the subscription, and pushes no more to an earlier one', async () => {
  const { api, push } = begin();
  const first = push.turnOn();
  await answer(api, 'GET /api/push', { publicKey: KEY, subscriptions: [] });
  await (await api.next()).refuse(422, 'No such address');
  await first;
  assert.equal([push.state, push.reason, push.isCertain], ['page', 'No such address', false]);
  const second = push.turnOn();
  await answer(api, 'GET /api/push', { publicKey: KEY, subscriptions: [device()] });
  await (await api.next()).refuse(422, 'No such address');
  await answer(api, 'DELETE /api/push/subscriptions/5', null);
  await second;
  assert.equal([push.state, push.device], ['page', undefined]);
});

test('where something couldn’t be delivered once, or the server has no time, the page still leaves it to the server', async () => {
  const { api, push } = begin();
  const first = push.turnOn();
  await answerAll(api, KEY, { failure: 'It can’t be reached.', deliveredAt: '2026-11-29T08:00:00Z' });
  await first;
  assert.equal([push.state, push.isCertain], ['always', true]);
  const second = push.turnOn();
  await answer(api, 'GET /api/push', { publicKey: KEY, subscriptions: [device()] });
  await (await api.next()).refuse(503, 'Busy');
  await second;
  assert.equal([push.state, push.reason], ['always', 'Busy']);
});

test('a server that has never reached a push service leaves it to the page', async () => {
  const { api, push } = begin();
  const done = push.turnOn();
  await answerAll(api, KEY, { failure: 'It can’t be reached.' });
  await done;
  assert.equal([push.state, push.isCertain], ['page', false]);
});

test('a browser that is never done with it keeps nobody waiting', async () => {
  const clock = stopClock();
  const { api, push } = begin();
  const never = new Promise(() => {});
  Object.assign(navigator.serviceWorker, { ready: never });
  const done = push.turnOn();
  await answer(api, 'GET /api/push', { publicKey: KEY, subscriptions: [] });
  await settle();
  await clock.advance(15_000);
  await done;
  assert.equal([push.state, push.isChanging], ['page', false]);
});

test('a browser that can’t ask whether somebody allows it leaves it off', async () => {
  const { api, push } = begin();
  Object.assign(Notification, { requestPermission: () => Promise.reject(new TypeError('no')) });
  await push.turnOn();
  assert.equal([push.state, push.reason, api.count], ['off', '', 0]);
});

test('an outage changes nothing', async () => {
  const { api, push } = begin();
  const first = push.turnOn();
  await answerAll(api, KEY);
  await first;
  const second = push.turnOn();
  await (await api.next()).refuse(0, 'Nobody there');
  await second;
  assert.equal([push.state, push.reason], ['always', 'Nobody there']);
});

test('a device that is turned off is nobody’s, for the browser and the server', async () => {
  const { api, browser, push } = begin();
  const first = push.turnOn();
  await answerAll(api, KEY);
  await first;
  const second = push.turnOff();
  await answer(api, 'GET /api/push', { publicKey: KEY, subscriptions: [device({ id: '4', current: false }), device()] });
  await answer(api, 'DELETE /api/push/subscriptions/5', null);
  await second;
  assert.equal([push.state, browser.subscription], ['off', null]);
});

test('who changes their mind at once gets what they wanted last', async () => {
  const { api, browser, push } = begin();
  const first = push.turnOn();
  const question = await api.next();
  const second = push.turnOff();
  await question.answer({ publicKey: KEY, subscriptions: [] });
  await answer(api, 'PUT /api/push/subscription', device());
  await answer(api, 'GET /api/push', { publicKey: KEY, subscriptions: [device()] });
  await answer(api, 'DELETE /api/push/subscriptions/5', null);
  await Promise.all([first, second]);
  assert.equal([push.state, browser.subscription, push.isChanging], ['off', null, false]);
});

test('a test has worked once the worker says that it has rung', async () => {
  const { api, browser, push } = begin();
  const outcome = push.test();
  await answer(api, 'POST /api/push/test', null);
  let isOver = false;
  outcome.then(() => {
    isOver = true;
  });
  const say = (/** @type {object} */ data) => browser.worker.dispatchEvent(new MessageEvent('message', { data }));
  say({ rang: 'conversation-7' });
  say({ open: '/' });
  await settle();
  assert.ok(!isOver);
  say({ rang: 'test' });
  assert.equal(await outcome, 'arrived');
});

test('a test that isn’t seen to arrive has been sent', async () => {
  const clock = stopClock();
  const { api, push } = begin();
  const outcome = push.test();
  await answer(api, 'POST /api/push/test', null);
  await clock.advance(15_000);
  assert.equal(await outcome, 'sent');
});

test('after a test that fails, the page notifies and the server doesn’t, until it works', async () => {
  const { api, push } = begin();
  const first = push.turnOn();
  await answerAll(api, KEY);
  await first;
  const outcome = push.test().catch((error) => error.code);
  await (await api.next()).refuse(502, 'Refused', 'push_refused');
  await answer(api, 'DELETE /api/push/subscriptions/5', null);
  assert.equal([await outcome, push.state, push.reason, push.canTest], ['push_refused', 'page', t('error.push_refused'), true]);
  const again = push.test().catch((error) => error.status);
  await answerAll(api, KEY);
  await (await api.next()).refuse(429);
  assert.equal([await again, push.state, push.reason], [429, 'always', '']);
});

test('a device that the push service has forgotten subscribes anew', async () => {
  const { api, browser, push } = begin();
  const first = push.turnOn();
  await answerAll(api, KEY);
  await first;
  const outcome = push.test();
  await (await api.next()).refuse(404);
  await answerAll(api, KEY);
  assert.equal([await outcome, browser.keys], ['renewed', [KEY, KEY]]);
});

test('installing is offered to whoever has sent some messages or comes back another day, until they say no', () => {
  const preferences = new Preferences();
  const today = new Date().toDateString();
  for (const [begun, sent, asked, expected] of /** @type {const} */ ([
    [today, 0, false, false], [today, 4, false, false], [today, 5, false, true], ['Mon Jan 05 2026', 0, false, true],
    ['Mon Jan 05 2026', 9, true, false],
  ])) {
    preferences.set('begun', begun);
    preferences.set('sent', sent);
    preferences.set('asked-to-install', asked);
    assert.equal([begun, sent, asked, isTime(preferences)], [begun, sent, asked, expected]);
  }
});
