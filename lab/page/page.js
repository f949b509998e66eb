// The controls of the lab: who to be, faults, the clock, snapshots, open streams, and what happens.

const $ = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const KEPT = 500;

/** An element with attributes, properties and children. */
function h(/** @type {string} */ tag, /** @type {Record<string, any>} */ props = {}, /** @type {(Node | string)[]} */ ...children) {
  const element = Object.assign(document.createElement(tag), props);
  element.append(...children);
  return element;
}

/** Asks the lab, and shows what goes wrong. */
async function ask(/** @type {string} */ method, /** @type {string} */ path, /** @type {unknown} */ body = undefined) {
  const init = body === undefined ? { method } : { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  try {
    const answer = await fetch(path, init);
    const text = await answer.text();
    const value = text ? JSON.parse(text) : null;
    if (!answer.ok) throw new Error(value?.errors ? Object.values(value.errors).join(' ') : value?.message);
    $('problem').hidden = true;
    return value;
  } catch (error) {
    $('problem').textContent = error instanceof Error && error.message ? error.message : 'The lab doesn’t answer.';
    $('problem').hidden = false;
    throw error;
  }
}

/** A control of a form, by its name. */
function field(/** @type {HTMLElement} */ form, /** @type {string} */ name) {
  return /** @type {HTMLInputElement} */ (/** @type {HTMLFormElement} */ (form).elements.namedItem(name));
}

const quiet = (/** @type {Promise<unknown>} */ promise) => void promise.catch(() => {});

/** A button that does something, and then shows how things are. */
function does(/** @type {string} */ label, /** @type {() => Promise<unknown>} */ act, /** @type {() => Promise<unknown>} */ then) {
  return h('button', { type: 'button', onclick: () => quiet(act().then(then)) }, label);
}

// Who to be.

/** A name below localhost has cookies of its own. Only names of ASCII can be one. */
function addressOf(/** @type {string} */ name, /** @type {number} */ index) {
  const label = /^[a-z0-9-]+$/i.test(name) ? name.toLowerCase() : `person-${index + 1}`;
  return `${location.protocol}//${label}.localhost:${location.port}/dev/as/${encodeURIComponent(name)}`;
}

async function showPeople() {
  const { people, answering } = await ask('GET', '/dev/people');
  $('people').replaceChildren(...people.map((/** @type {any} */ person, /** @type {number} */ index) =>
    h('li', {}, h('a', { className: 'chip', target: '_blank', href: addressOf(person.username, index) }, person.username))));
  $('bots').replaceChildren(...answering.map((/** @type {any} */ bot) =>
    h('li', {}, h('b', {}, bot.username), ` ${bot.about}`)));
}

// Faults.

/** What each has besides its scope, by its name. */
const FAULTS = /** @type {Record<string, string[]>} */ ({
  latency: ['ms'], hang: [], drip: ['ms'], disconnect: ['how'], 'lost-answer': ['how'], status: ['status'],
  cut: ['ms', 'how'], stall: ['ms'], hold: ['ms'], refuse: [], reset: [], 'end-session': ['ms'], restart: [],
  'sent-first': [], 'presence-flaps': [], 'endless-typing': [], clock: ['ms'],
});
const STATUSES = [401, 403, 413, 429, 500, 503, 507];

function showFields() {
  const has = FAULTS[field($('fault'), 'fault').value] ?? [];
  for (const label of /** @type {NodeListOf<HTMLElement>} */ ($('fault').querySelectorAll('[data-for]'))) {
    label.hidden = !has.includes(label.dataset.for ?? '');
  }
}

async function showFaults() {
  const { faults, presets } = await ask('GET', '/dev/faults');
  $('presets').replaceChildren(...presets.map((/** @type {any} */ preset) => {
    const button = does(preset.name, () => ask('POST', '/dev/faults', { fault: preset.name }), showFaults);
    button.title = preset.about;
    return button;
  }));
  $('faults').replaceChildren(...faults.map((/** @type {any} */ fault) => {
    const { id, fault: name, applied, seen, ...rest } = fault;
    const scope = Object.entries(rest).map(([key, value]) => `${key} ${value}`).join(', ');
    return h('li', {}, h('span', {}, h('b', {}, name), scope ? ` ${scope}` : ''), h('span', { className: 'muted' }, `${applied} of ${seen}`),
      does('Remove', () => ask('DELETE', `/dev/faults/${id}`), showFaults));
  }));
  $('clear-faults').hidden = faults.length === 0;
}

// The clock.

async function showClock(/** @type {any} */ shown = undefined) {
  const { now, running } = shown ?? await ask('GET', '/dev/clock');
  $('now').textContent = now.replace('T', ' ').replace('Z', ' UTC');
  $('running').textContent = running ? 'It runs.' : 'It stands still.';
  $('run-clock').hidden = running;
  $('stop-clock').hidden = !running;
}

// Snapshots.

async function showSnapshots() {
  const { snapshots } = await ask('GET', '/dev/snapshots');
  $('snapshots').replaceChildren(...snapshots.map((/** @type {string} */ name) => h('li', {},
    h('span', {}, name),
    does('Put back', () => ask('POST', '/dev/reset', { snapshot: name }), showAll),
    h('a', { href: `/dev/snapshots/${name}`, download: `${name}.db` }, 'Download'),
    ...(name === 'start' ? [] : [does('Delete', () => ask('DELETE', `/dev/snapshots/${name}`), showSnapshots)]))));
}

// Streams.

async function showStreams() {
  const { streams } = await ask('GET', '/dev/streams');
  $('streams').replaceChildren(...streams.map((/** @type {any} */ stream) => h('li', {},
    h('span', {}, h('b', {}, stream.user), ` ${stream.transport}`),
    h('code', {}, stream.cursor ?? 'from now on'),
    h('span', { className: 'muted' }, `since ${stream.since.slice(11, 19)}`),
    does('Cut', () => ask('DELETE', `/dev/streams/${stream.id}`), showStreams))));
}

// The log.

/** As it is typed in a shell. */
function curl(/** @type {any} */ entry) {
  const quoted = (/** @type {string} */ text) => `'${text.replaceAll("'", "'\\''")}'`;
  const parts = ['curl', '-X', entry.method, quoted(location.origin + entry.path)];
  if (entry.user) parts.push('-H', '"authorization: Bearer $TOKEN"');
  if (entry.request?.body) parts.push('-H', "'content-type: application/json'", '-d', quoted(entry.request.body));
  return parts.join(' ');
}

function row(/** @type {any} */ entry) {
  const time = entry.time.slice(11, 23);
  if (entry.kind === 'request') {
    const bodies = [entry.request?.body, entry.response?.body].filter(Boolean).join('\n→ ');
    const copy = h('button', { type: 'button', onclick: () => quiet(navigator.clipboard.writeText(curl(entry))) }, 'Copy as curl');
    return h('details', {}, h('summary', {}, h('span', {}, time), h('span', {}, entry.method),
      h('span', { className: entry.status >= 400 ? 'bad' : '' }, String(entry.status)), h('span', {}, `${entry.path} ${entry.user ?? ''}`),
      h('span', { className: 'muted' }, `${(entry.micros / 1000).toFixed(1)} ms`)), h('pre', {}, bodies || 'No text.'), copy);
  }
  const what = { stream_opened: 'opened', stream_closed: 'closed', event: entry.event }[/** @type {string} */ (entry.kind)] ?? entry.kind;
  return h('details', {}, h('summary', {}, h('span', {}, time), h('span', {}, '⇠'), h('span', {}, `#${entry.stream}`),
    h('span', {}, `${what} ${entry.user ?? ''} ${entry.transport ?? ''}`), h('span', { className: 'muted' }, entry.cursor ?? '')),
    h('pre', {}, JSON.stringify(entry.data ?? {}, null, 2)));
}

let streamsAreShown = Promise.resolve();

function tell(/** @type {any} */ entry) {
  if (entry.kind?.startsWith('stream_')) streamsAreShown = streamsAreShown.then(() => showStreams()).catch(() => {});
  if (/** @type {HTMLInputElement} */ ($('pause')).checked) return;
  const log = $('log');
  const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  const item = h('li', {}, row(entry));
  item.hidden = !matches(item);
  log.append(item);
  while (log.childElementCount > KEPT) log.firstElementChild?.remove();
  if (isAtEnd) log.scrollTop = log.scrollHeight;
}

function matches(/** @type {HTMLElement} */ item) {
  const wanted = /** @type {HTMLInputElement} */ ($('filter')).value.toLowerCase();
  return (item.textContent ?? '').toLowerCase().includes(wanted);
}

// Begin.

function quickstarts() {
  const own = location.origin;
  const parts = {
    'A page on another port': `const tincan = '${own}';\nawait fetch(tincan + '/api/login', {\n  method: 'POST', credentials: 'include', headers: { 'content-type': 'application/json' },\n  body: JSON.stringify({ username: 'john' }),\n});\nconst feed = new EventSource(tincan + '/api/messages', { withCredentials: true });\nfeed.onmessage = event => console.log(JSON.parse(event.data));`,
    'With the client': `import { Tincan } from '${own}/dev/client.js';`,
    'Vite, behind its proxy': `// vite.config.js\nexport default { server: { proxy: { '/api': { target: '${own}', changeOrigin: true, ws: true } } } };`,
    'Next.js, behind its rewrites': `// next.config.js\nmodule.exports = { rewrites: async () => [{ source: '/api/:path*', destination: '${own}/api/:path*' }] };`,
    'In a test: an answer is lost after its commit': `await fetch('${own}/dev/faults', {\n  method: 'POST', headers: { 'content-type': 'application/json' },\n  body: JSON.stringify({ fault: 'lost-answer', operation: 'POST /api/conversations/{id}/messages', times: 1 }),\n});`,
    'In a shell': `TOKEN=$(curl -s ${own}/api/login -H 'content-type: application/json' -d '{"username":"john"}' | jq -r .token)\ncurl -N -H "authorization: Bearer $TOKEN" -H 'accept: text/event-stream' ${own}/api/messages`,
  };
  $('quickstarts').replaceChildren(...Object.entries(parts).map(([title, code]) =>
    h('details', {}, h('summary', {}, title), h('pre', {}, code))));
}

async function showOperations() {
  const { paths } = await ask('GET', '/api/openapi.json');
  const ids = Object.values(paths).flatMap(path => Object.values(path).map(operation => operation?.operationId)).filter(Boolean);
  $('operations').replaceChildren(...ids.sort().map(value => h('option', { value })));
}

/** @returns {Promise<unknown>} */
function showAll() {
  return Promise.all([showPeople(), showFaults(), showClock(), showSnapshots(), showStreams()]);
}

function begin() {
  $('url').textContent = location.origin;
  const empty = { faults: 'Nothing goes wrong.', streams: 'Nobody listens.', snapshots: '' };
  for (const [id, text] of Object.entries(empty)) $(id).dataset.empty = text;
  const fault = /** @type {HTMLFormElement} */ ($('fault'));
  field(fault, 'fault').append(...Object.keys(FAULTS).map(name => h('option', {}, name)));
  field(fault, 'status').append(...STATUSES.map(status => h('option', {}, String(status))));
  field(fault, 'fault').onchange = showFields;
  showFields();
  fault.onsubmit = event => {
    event.preventDefault();
    const wanted = /** @type {Record<string, unknown>} */ ({});
    for (const [name, value] of new FormData(fault)) {
      if (value === '' || field(fault, name).closest('[hidden]')) continue;
      wanted[name] = ['ms', 'times', 'status'].includes(name) ? Number(value) : value;
    }
    quiet(ask('POST', '/dev/faults', wanted).then(showFaults));
  };
  $('clear-faults').onclick = () => quiet(ask('DELETE', '/dev/faults').then(showFaults));
  $('clock').onsubmit = event => {
    event.preventDefault();
    const button = /** @type {HTMLButtonElement} */ (event.submitter);
    quiet(ask('POST', '/dev/clock', { [button.name]: JSON.parse(button.value) }).then(showClock));
  };
  $('snapshot').onsubmit = event => {
    event.preventDefault();
    const name = field($('snapshot'), 'name');
    quiet(ask('PUT', `/dev/snapshots/${encodeURIComponent(name.value)}`).then(() => { name.value = ''; return showSnapshots(); }));
  };
  $('reset').onclick = () => quiet(ask('POST', '/dev/reset', {}).then(showAll));
  $('restart').onclick = () => quiet(ask('POST', '/dev/restart', {}).then(showAll));
  $('clear-log').onclick = () => $('log').replaceChildren();
  $('filter').oninput = () => {
    for (const item of /** @type {Iterable<HTMLElement>} */ ($('log').children)) item.hidden = !matches(item);
  };
  quickstarts();
  quiet(showAll());
  quiet(showOperations());
  const log = new EventSource('/dev/log');
  log.onmessage = event => tell(JSON.parse(event.data));
  // Faults count, and a running clock goes on.
  setInterval(() => { if (!document.hidden) { quiet(showFaults()); quiet(showClock()); } }, 2000);
}

begin();
