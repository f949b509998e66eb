// The beginning: finds out who is asking, and shows the messenger or the way in.

import { Api, reasonOf } from './api.js';
import { Client } from './client.js';
import { el, failure } from './dom.js';
import { Messenger } from './messenger.js';
import { Router } from './router.js';

/** @import {User} from './types.js' */

const api = new Api();
const router = new Router();
/** @type {Client | null} */
let client = null;

/** @param {Element} screen */
function show(screen) {
  document.querySelector('#app')?.replaceChildren(screen);
}

async function begin() {
  try {
    enter(await api.get('/api/auth_user'));
  } catch (error) {
    show(el('main', { class: 'centred' }, failure(reasonOf(error), begin)));
  }
}

/** @param {User} user */
function enter(user) {
  client?.feed.stop();
  client = new Client(api, user);
  client.addEventListener('reset', () => enter(user));
  show(new Messenger(client, router, signOut));
  client.feed.start();
}

async function signOut() {
  await api.post('/api/logout');
  // Drafts outlive a session that ends by itself, but aren't left to whoever sits down here next.
  sessionStorage.clear();
  leave();
}

async function leave() {
  client?.feed.stop();
  client = null;
  document.title = 'Sign in – Tincan';
  const { SignIn } = await import('./sign-in.js');
  // Several requests may have found out at the same time.
  if (!document.querySelector('sign-in')) show(new SignIn(api, enter));
}

api.addEventListener('signed-out', leave);
begin();
