// The beginning: finds out who is asking, and shows the messenger or the way in.

import { Api, ApiError, reasonOf } from './base/api.js';
import { el, failure } from './base/dom.js';
import { load } from './base/load.js';
import { Router } from './base/router.js';
import { forget, keep, kept } from './base/storage.js';
import { Client } from './shell/client.js';
import { forgetEverything } from './shell/keeper.js';
import { Messenger } from './shell/messenger.js';
import { Preferences } from './shell/preferences.js';
import { loadWords } from './words/index.js';

/** @import {User} from './base/types.js' */

const RETRY_MS = 1_000;
/** How often it has begun; an answer to an earlier time says nothing any more. */
let turns = 0;

const api = new Api();
const router = new Router();
const preferences = new Preferences();
/** Nothing is shown before they are there; they are loaded while the server is asked. */
const words = loadWords();
/** Fires `change` when it is another day. */
const clock = new EventTarget();
/** Of the UI that this page is, as its address says. */
const [, , version = ''] = new URL(import.meta.url).pathname.split('/');
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
    const [{ authUser, ui }] = await Promise.all([api.config(), words]);
    if (turn !== turns) return;
    if (!authUser) leave(client?.user);
    else if (anew || authUser.id !== client?.user.id) enter(authUser, ui);
  } catch (error) {
    await words;
    if (anew) setTimeout(begin, RETRY_MS, true);
    if (client) return;
    const user = kept('user');
    const offline = user && error instanceof ApiError && error.status === 0;
    if (offline) {
      enter(user);
    } else {
      show(el('main', { class: 'centred' },
        el('img', { src: '/icon.svg', alt: '', width: '64', height: '64' }), el('h1', {}, 'Tincan'),
        failure(reasonOf(error), () => begin())));
    }
  }
}

/** @param {User} user @param {string} [ui] the version that the server has, where it has just said so */
function enter(user, ui) {
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
  let isKnown = Boolean(ui);
  if (ui && ui !== version) messenger.offerReload();
  stream.addEventListener('connected', () => {
    if (!isKnown) checkVersion(messenger);
    isKnown = false;
  });
  show(messenger);
  client.start();
}

/** After an outage, the server may be a newer one. @param {Messenger} messenger */
async function checkVersion(messenger) {
  const { ui } = await api.config().catch(() => ({ ui: version }));
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
  const { SignIn } = await load(import('./account/sign-in.js'));
  // Several requests may have found out at the same time.
  if (!client && !document.querySelector('sign-in')) show(new SignIn(api, router, enter, user));
}

api.addEventListener('signed-out', () => begin());
// Another tab may have signed in or out.
addEventListener('storage', ({ key }) => {
  if (key === 'user' && kept('user')?.id !== client?.user.id) begin();
});
// Going back may bring a page as it was left, with the texts of somebody who has signed out since.
addEventListener('pageshow', ({ persisted }) => {
  if (!persisted) return;
  document.querySelector('#app')?.replaceChildren();
  location.reload();
});
begin();
if (navigator.serviceWorker) import('./shell/install.js').then(({ install }) => install());
