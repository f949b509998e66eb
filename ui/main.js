// The beginning: finds out who is asking, and shows the messenger or the way in.

import { Api, ApiError, reasonOf } from './base/api.js';
import { addStyle, el, failure } from './base/dom.js';
import { Router } from './base/router.js';
import { forget, keep, kept } from './base/storage.js';
import { Client } from './models/client.js';
import { forgetEverything } from './models/keeper.js';
import { Preferences } from './models/preferences.js';
import { Messenger } from './views/messenger.js';

/** @import {Config, User} from './base/types.js' */

const RETRY_MS = 1_000;
/** How often it has begun; an answer to an earlier time says nothing any more. */
let turns = 0;

const api = new Api();
const router = new Router();
const preferences = new Preferences();
/** Fires `change` when it is another day. */
const clock = new EventTarget();
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
  const turn = ++turns;
  try {
    const { authUser, ui } = await askServer();
    if (turn !== turns) return;
    version ||= ui;
    if (!authUser) leave(client?.user);
    else if (anew || authUser.id !== client?.user.id) enter(authUser);
  } catch (error) {
    if (anew) setTimeout(begin, RETRY_MS, true);
    if (client) return;
    const user = kept('user');
    const offline = user && error instanceof ApiError && error.status === 0;
    if (offline) {
      version ||= await keptVersion();
      enter(user, true);
    } else {
      show(el('main', { class: 'centred' },
        el('img', { src: '/icon.svg', alt: '', width: '64', height: '64' }), el('h1', {}, 'Tincan'),
        failure(reasonOf(error), () => begin())));
    }
  }
}

/** That of the page which the service worker keeps. */
async function keptVersion() {
  const kept = await globalThis.caches?.match('/shell-version');
  return await kept?.text() ?? '';
}

/** @returns {Promise<Config>} */
function askServer() {
  return api.get('/api/config');
}

/** @param {User} user @param {boolean} [isOffline] */
function enter(user, isOffline = false) {
  if (client?.user.id === user.id) client.stop();
  else client?.end();
  forgetEverything(user.id);
  keep('user', user);
  api.userId = user.id;
  client = new Client(api, user, version);
  const { stream } = client;
  const messenger = new Messenger({ client, router, preferences, clock, leave: () => leave() });
  stream.addEventListener('ended', () => begin(true));
  stream.addEventListener('reset', () => {
    client?.stop();
    forgetEverything();
    enter(user);
  });
  // The first time, the server has just said which version it has.
  let isKnown = !isOffline;
  stream.addEventListener('connected', () => {
    if (!isKnown) checkVersion(messenger);
    isKnown = false;
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

/** Nobody is signed in any more. */
function end() {
  client?.end();
  client = null;
  api.userId = '';
  forget('user');
  forgetEverything();
}

/** Shows the way in; to somebody who has been here, and hasn't signed out, it says what has happened. @param {User} [user] */
async function leave(user) {
  end();
  const [{ SignIn }] = await Promise.all([import('./views/sign-in.js'), addStyle('/later.css')]);
  // Several requests may have found out at the same time.
  if (!client && !document.querySelector('sign-in')) show(new SignIn(api, router, enter, user));
}

api.addEventListener('signed-out', () => begin());
// Another tab may have signed in or out.
addEventListener('storage', ({ key }) => {
  if (key === 'user' && kept('user')?.id !== client?.user.id) begin();
});
begin();
if (navigator.serviceWorker) import('./install.js').then(({ install }) => install());
