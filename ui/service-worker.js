// Opens the page where the server can't be reached, and from a notification.
//
// The server is asked first, always: it is near, and a new version of it is a new page at once. This worker only stands
// in for it, with any version of the page, and so a new version of the worker is in no hurry: as browsers see to, it
// waits until no page is open under the old one, and never takes over in the middle of something.

// Type checkers take this for a script of a page.
/** @typedef {Event & {waitUntil(done: Promise<unknown>): void}} LastingEvent */
/** @typedef {LastingEvent & {request: Request, clientId: string, resultingClientId: string,
 *   preloadResponse: Promise<Response | undefined>, respondWith(answer: Promise<Response>): void}} FetchEvent */
/** @typedef {LastingEvent & {notification: Notification}} NotificationEvent */
/** @typedef {LastingEvent & {data: {json(): any} | null}} PushEvent */
/** `rang` is the tag of what has just been shown. @typedef {{open: string} | {rang: string}} Word */
/** @typedef {{url: string, focus(): Promise<unknown>, navigate(url: string): Promise<unknown>, postMessage(message: Word): void}} Page */
/** @typedef {{registration: ServiceWorkerRegistration, skipWaiting(): Promise<void>, clients: {claim(): Promise<void>,
 *   matchAll(which: object): Promise<Page[]>, openWindow(path: string): Promise<unknown>}}} Scope */

const worker = /** @type {Scope} */ (/** @type {unknown} */ (self));
const { clients, registration } = worker;

const PATIENCE_MS = 3_000;
/** Nobody waits for what is kept for later. */
const RENEWAL_PATIENCE_MS = 20_000;
/** The server's alone. */
const NOT_OURS = /^\/(api|dev|healthz|metrics|plain|trust)(\/|$)/;
/** A file whose address has its version in it, and never changes. */
const VERSIONED = /^\/ui\/(?!0+\/)/;
/** Stands in a complete cache, and says which version it holds. */
const SEAL = '/shell-version';
/** The version of files that somebody is working on, which change under it. */
const UNVERSIONED = /^0*$/;

/** Where a device sends what somebody shares with this app from another one; and the cache in which that waits. */
const SHARE = '/share';
const SHARED = 'shared';
/** The cache in which the page leaves what a worker says, which doesn’t know anybody’s language. */
const SPOKEN = 'spoken';
const NEW_MESSAGE = '/new-message';
/** One for all messages of which nothing is known. */
const UNKNOWN = 'unknown';

/** Pages that came from the cache. The rest of them does too, so that versions don't mix. @type {Set<string>} */
const standIns = new Set();
/** @type {Promise<void> | null} */
let keeping = null;

addEventListener('install', (event) => /** @type {LastingEvent} */ (event).waitUntil(begin()));
addEventListener('activate', (event) => /** @type {LastingEvent} */ (event).waitUntil(start()));
addEventListener('fetch', (event) => take(/** @type {FetchEvent} */ (event)));
addEventListener('notificationclick', (event) => clicked(/** @type {NotificationEvent} */ (event)));
addEventListener('push', (event) => /** @type {PushEvent} */ (event).waitUntil(ring(/** @type {PushEvent} */ (event))));
addEventListener('pushsubscriptionchange', (event) => /** @type {LastingEvent} */ (event).waitUntil(subscribeAgain()));
// A page has loaded, perhaps of a new version.
addEventListener('message', (event) => /** @type {LastingEvent} */ (/** @type {Event} */ (event))
  .waitUntil(keepShell().catch(() => {})));

/** Whether this worker has come in the place of another program’s. */
let isSuccessor = false;

async function begin() {
  // One of ours has kept the page. What another program has left behind answers in place of ours, and knows no better.
  isSuccessor = registration.active !== null && !await find(SEAL);
  if (isSuccessor) await worker.skipWaiting();
  await keepShell().catch((error) => isSuccessor || Promise.reject(error));
}

async function start() {
  // The server is asked while the worker is still starting.
  await registration.navigationPreload?.enable();
  await clients.claim();
  if (isSuccessor) for (const page of await clients.matchAll({ type: 'window' })) page.navigate(page.url);
}

/** @param {FetchEvent} event */
function take(event) {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== location.origin) return;
  if (request.method === 'POST' && pathname === SHARE) event.respondWith(keepShared(request));
  if (request.method !== 'GET') return;
  if (NOT_OURS.test(pathname)) {
    // Left alone, the browser would ask again for what it has asked for already while the worker was starting, and an
    // address to which another service sends somebody back is good once.
    if (request.mode === 'navigate') event.respondWith(ask(event));
    return;
  }
  // Whatever it is called, there is one page.
  event.respondWith(answer(event, request.mode === 'navigate' ? '/' : pathname));
}

/** @param {FetchEvent} event @param {string} path @returns {Promise<Response>} */
async function answer(event, path) {
  // What is kept of an older version is what a page of that version goes on with.
  const kept = (standIns.has(event.clientId) || VERSIONED.test(path)) && await find(path);
  if (kept) return kept;
  const asked = ask(event);
  // What a page of the server's needs is of its version, unless there is no server any more.
  if (event.request.mode !== 'navigate') return asked.catch(async (error) => await find(path) ?? Promise.reject(error));
  const settled = asked.catch(() => null);
  event.waitUntil(settled);
  const response = await Promise.race([settled, new Promise((done) => setTimeout(done, PATIENCE_MS))]);
  // What a proxy says in place of a server that is down is no answer either.
  if (response && response.status < 500) return response;
  const standIn = await find(path);
  if (!standIn) return asked;
  if (event.resultingClientId) standIns.add(event.resultingClientId);
  return standIn;
}

/**
 * The page asks whom it is for. Anybody’s page may send a form here, so nothing more comes of it than that question.
 * @param {Request} request
 */
async function keepShared(request) {
  try {
    const form = await request.formData();
    const text = (/** @type {string} */ name) => `${form.get(name) ?? ''}`;
    const files = form.getAll('files').filter((file) => file instanceof File);
    await caches.delete(SHARED);
    const cache = await caches.open(SHARED);
    for (const [place, file] of files.entries()) await cache.put(`${SHARE}/${place}`, new Response(file));
    const list = { title: text('title'), text: text('text'), url: text('url'), files: files.map(({ name, type }) => ({ name, type })) };
    await cache.put(SHARE, Response.json(list));
  } catch {
    // There is no room for it, and the page says that nothing has come.
  }
  return Response.redirect(SHARE, 303);
}

/** Firefox says by an answer that there is none. @param {FetchEvent} event */
async function ask({ preloadResponse, request }) {
  const answer = await preloadResponse;
  return answer && answer.type !== 'error' ? answer : fetch(request);
}

/** In the newest cache that is complete, and has it. @param {string} path */
async function find(path) {
  for (const cacheName of (await caches.keys()).reverse()) {
    // To open one would bring it back that the page has just deleted.
    const file = await caches.match(SEAL, { cacheName }) && await caches.match(path, { cacheName, ignoreVary: true });
    if (file) return file;
  }
  return undefined;
}

/** Several pages may ask for it at once. */
function keepShell() {
  keeping ??= renewShell().finally(() => {
    keeping = null;
  });
  return keeping;
}

/** A new cache, filled, and only then rid of those before the last: a page of that version may still be open. */
async function renewShell() {
  const version = await serverVersion();
  const kept = await (await find(SEAL))?.text();
  if (kept === version && !UNVERSIONED.test(version)) return;
  const files = await collect(version);
  if (await serverVersion() !== version) throw new Error('The server was replaced in between.');
  const old = (await caches.keys()).filter((name) => ![SHARED, SPOKEN].includes(name));
  const cache = await caches.open(`shell ${Date.now()}`);
  for (const [path, file] of files) await cache.put(path, file);
  await cache.put(SEAL, new Response(version));
  for (const name of old.slice(0, -1)) await caches.delete(name);
}

/** Everything that the page may need. @param {string} version */
async function collect(version) {
  /** @type {Map<string, Response>} */
  const files = new Map();
  for (const path of await (await get(`/ui/${version}/files.json`)).json()) {
    const file = await get(path);
    if (!file.ok) throw new Error(`${path}: ${file.status}`);
    files.set(path, file);
  }
  return files;
}

async function serverVersion() {
  const { ui = '' } = await (await get('/api/config')).json();
  return `${ui}`;
}

/** @param {string} path */
function get(path) {
  // What never changes may come from where the page has it from.
  return fetch(path, { cache: VERSIONED.test(path) ? 'default' : 'no-cache', redirect: 'error', signal: AbortSignal.timeout(RENEWAL_PATIENCE_MS) });
}

/** @param {NotificationEvent} event */
function clicked(event) {
  event.notification.close();
  event.waitUntil(show(event.notification.data));
}

/** In the tab of ours that was used last. @param {string} path */
async function show(path) {
  const pages = await clients.matchAll({ type: 'window', includeUncontrolled: true });
  const page = pages.find(({ url }) => !NOT_OURS.test(new URL(url).pathname));
  if (!page) return clients.openWindow(path);
  page.postMessage({ open: path });
  return page.focus();
}

/**
 * Shows a message, whatever has come and whoever looks at the page: a browser that is pushed to and shows nothing says
 * so itself, and Safari pushes no more after the third time. The server doesn’t push to whom it knows to be looking.
 * @param {PushEvent} event
 */
async function ring({ data }) {
  const { title, body, navigate, tag, badge } = await read(data) ?? { title: 'Tincan', body: await newMessage(), navigate: '/', tag: UNKNOWN, badge: undefined };
  await registration.showNotification(title, {
    body, tag, data: navigate, icon: '/icons/192.png', lang: '',
    // Type checkers don’t know that each message of a conversation rings anew, where it takes the place of the one before.
    .../** @type {object} */ ({ renotify: true }),
  });
  // A browser may have no badge for it.
  if (badge !== undefined) await navigator.setAppBadge?.(badge).catch(() => {});
  // A page that shows the conversation already has no use for it.
  for (const page of await clients.matchAll({ type: 'window', includeUncontrolled: true })) page.postMessage({ rang: tag });
}

/**
 * What browsers with declarative push read themselves, too (Push API, “Declarative push message”). The server may not know
 * by which of its addresses one comes here.
 * @param {PushEvent['data']} data
 */
async function read(data) {
  try {
    const { app_badge: badge, notification: { title, body = '', navigate = '/', tag, data: more } } = data ? data.json() : null;
    const { pathname, search, hash } = new URL(navigate, location.origin);
    if (!title) return null;
    // Where the text isn’t to be shown, there is one in English for browsers that ask no worker.
    const text = more?.preview !== false && body;
    // With two strokes at its beginning, it would be the address of another server.
    const path = pathname.replace(/^\/*/, '/') + search + hash;
    return { title: `${title}`, body: `${text || await newMessage()}`, navigate: path, tag: `${tag || UNKNOWN}`, badge };
  } catch {
    return null;
  }
}

/** What is said of a message that is nobody else’s to read. */
async function newMessage() {
  const spoken = await caches.match(NEW_MESSAGE, { cacheName: SPOKEN });
  return await spoken?.text() ?? 'New message';
}

/** The browser has taken away what it had been given. Where the server can’t be asked, the page does it at its next start. */
async function subscribeAgain() {
  const answer = await get('/api/push');
  if (!answer.ok) return;
  const { publicKey: applicationServerKey } = await answer.json();
  const subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey });
  const headers = { 'Content-Type': 'application/json' };
  await fetch('/api/push/subscription', { method: 'PUT', headers, body: JSON.stringify(subscription) });
}
