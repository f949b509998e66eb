// The beginning: finds out who is asking, and shows the messenger or the way in.

import { Api, ApiError, reasonOf } from './base/api.js';
import { el, failure } from './base/dom.js';
import { load } from './base/load.js';
import { Router } from './base/router.js';
import { forget, keep, kept } from './base/storage.js';
import { Client } from './shell/client.js';
import { forgetEverything } from './shell/kept.js';
import { Messenger } from './shell/messenger.js';
import { Notices, UPDATED } from './shell/notices.js';
import { Preferences } from './shell/preferences.js';
import { loadWords } from './words/index.js';

/** @import {User} from './base/types.js' */

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
let notices = new Notices();
/** @type {Promise<void> | null} */
let checking = null;

/** @param {Element} screen */
function show(screen) {
  document.querySelector('#app')?.replaceChildren(screen);
}

async function begin() {
  const turn = ++turns;
  try {
    const [{ authUser, ui }] = await Promise.all([api.config(), words]);
    if (turn !== turns) return;
    if (!authUser) leave(client?.user);
    else if (authUser.id !== client?.user.id) enter(authUser, ui);
  } catch (error) {
    // Somebody answers in the server’s place, if anybody does, and that is found out elsewhere.
    if (client) return;
    await words;
    const status = error instanceof ApiError ? error.status : 400;
    const user = kept('user');
    if (user && (status === 0 || status >= 500)) {
      enter(user, '', true);
    } else {
      show(el('main', { class: 'centred' },
        el('img', { src: '/icon.svg', alt: '', width: '64', height: '64' }), el('h1', {}, 'Tincan'),
        failure(reasonOf(error), () => begin())));
    }
  }
}

/**
 * @param {User} user @param {string} [ui] the version that the server has, where it has just said so
 * @param {boolean} [lost] where it can’t be reached
 */
function enter(user, ui = '', lost = false) {
  if (client?.user.id === user.id) client.stop();
  else client?.end();
  forgetEverything(user.id);
  keep('user', user);
  api.userId = user.id;
  client = new Client(api, user, version);
  const { stream } = client;
  notices = new Notices();
  const messenger = new Messenger({ client, router, preferences, clock, notices, leave: () => leave() });
  stream.addEventListener('ended', () => begin());
  stream.addEventListener('reset', () => {
    client?.stop();
    forgetEverything();
    enter(user);
  });
  let isKnown = Boolean(ui);
  if (ui && ui !== version) notices.tell('updated', UPDATED);
  stream.addEventListener('connected', () => {
    if (!isKnown) checkVersion();
    isKnown = false;
  });
  show(messenger);
  client.start(lost);
}

/** After an outage, the server may be a newer one. */
async function checkVersion() {
  const { ui } = await api.config().catch(() => ({ ui: version }));
  if (ui !== version) notices.tell('updated', UPDATED);
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
  const { SignIn } = await load(() => import('./account/sign-in.js'));
  // Several requests may have found out at the same time.
  if (!client && !document.querySelector('sign-in')) show(new SignIn(api, router, enter, user));
}

// Many requests may be refused at the same time, and who one is is asked once.
api.addEventListener('signed-out', () => {
  checking ??= begin().finally(() => checking = null);
});
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
import('./shell/install.js').then(({ install }) => install());
