// The beginning: finds out who is asking, and shows the messenger or the way in.

import { Api, ApiError, reasonOf } from './api.js';
import { Client } from './client.js';
import { el, failure, skeleton } from './dom.js';
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
  show(el('main', { class: 'centred' }, skeleton(3, 'Opening Tincan')));
  try {
    enter(await api.get('/api/auth_user'));
  } catch (error) {
    const reason = reasonOf(error);
    if (error instanceof ApiError && error.status !== 401) show(el('main', { class: 'centred' }, failure(reason, begin)));
  }
}

/** @param {User} user */
function enter(user) {
  client = new Client(api, user);
  show(new Messenger(client, router, signOut));
  client.start();
}

async function signOut() {
  await api.post('/api/logout');
  // What was typed is kept for whoever is signed out against their will, but not for whoever sits down here next.
  sessionStorage.clear();
  leave();
}

async function leave() {
  client?.stop();
  client = null;
  document.title = 'Sign in – Tincan';
  const { SignIn } = await import('./sign-in.js');
  // Several requests may find out at the same time.
  if (!document.querySelector('sign-in')) show(new SignIn(api, enter));
}

api.addEventListener('signed-out', leave);
begin();
