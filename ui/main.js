// The beginning: finds out who is asking, and shows the messenger or the way in.

import { Api, ApiError, reasonOf } from './base/api.js';
import { Clock } from './base/clock.js';
import { el, failure } from './base/dom.js';
import { Router } from './base/router.js';
import { forget, keep, kept, keysOf } from './base/storage.js';
import { Client } from './models/client.js';
import { forgetEverything } from './models/keeper.js';
import { Preferences } from './models/preferences.js';
import { Messenger } from './views/messenger.js';

/** @import {Config, User} from './base/types.js' */

const RETRY_MS = 1_000;

const api = new Api();
const router = new Router();
const preferences = new Preferences();
const clock = new Clock();
/** Of the UI that this page is. */
let version = '';
/** @type {Client | null} */
let client = null;

/** @param {Element} screen */
function show(screen) {
  document.querySelector('#app')?.replaceChildren(screen);
}

/** @param {boolean} [anew] although the same person is here already */
async function begin(anew = false) {
  try {
    const { authUser, ui } = await askServer();
    version ||= ui;
    if (!authUser) leave();
    else if (anew || authUser.id !== client?.user.id) enter(authUser);
  } catch (error) {
    if (anew) setTimeout(begin, RETRY_MS, true);
    if (client) return;
    const user = kept('user');
    const offline = user && error instanceof ApiError && error.status === 0;
    if (offline) enter(user);
    else show(el('main', { class: 'centred' }, failure(reasonOf(error), () => begin())));
  }
}

/** @returns {Promise<Config>} */
function askServer() {
  return api.get('/api/config');
}

/** @param {User} user */
function enter(user) {
  client?.stop();
  keep('user', user);
  api.userId = user.id;
  client = new Client(api, user, version);
  const { stream } = client;
  const messenger = new Messenger({ client, router, preferences, clock, signOut });
  stream.addEventListener('ended', () => begin(true));
  stream.addEventListener('reset', () => {
    client?.stop();
    forgetEverything();
    enter(user);
  });
  let known = version !== '';
  stream.addEventListener('connected', () => {
    // The first time it was asked for just now.
    if (!known) checkVersion(messenger);
    known = false;
  });
  show(messenger);
  client.start();
}

/** After an outage, the server may be a newer one. @param {Messenger} messenger */
async function checkVersion(messenger) {
  const { ui } = await askServer().catch(() => ({ ui: version }));
  version ||= ui;
  if (ui !== version) messenger.offerReload();
}

async function signOut() {
  await api.post('/api/logout');
  // They outlive a session that ends by itself, but aren't left to whoever sits down here next.
  for (const key of [...keysOf('draft:'), ...keysOf('outbox:')]) forget(key);
  end();
  leave();
}

/** Nobody is signed in any more. */
function end() {
  client?.end();
  client = null;
  api.userId = '';
  forget('user');
  forgetEverything();
}

async function leave() {
  const wasIn = client !== null;
  end();
  document.title = 'Sign in – Tincan';
  const { SignIn } = await import('./views/sign-in.js');
  // Several requests may have found out at the same time.
  if (!client && !document.querySelector('sign-in')) show(new SignIn(api, enter, wasIn));
}

api.addEventListener('signed-out', () => begin());
// Another tab may have signed in or out.
addEventListener('storage', ({ key }) => {
  if (key === 'user' && kept('user')?.id !== client?.user.id) begin();
});
begin();
if (navigator.serviceWorker) import('./install.js').then(({ install }) => install());
