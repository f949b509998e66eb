// The files of messages on their way to the server: one part after the other, from where it stopped.

import { ApiError, reasonOf } from '../base/api.js';
import { backoff } from '../base/backoff.js';
import { refusalOf } from '../base/dialog.js';
import { t } from '../words/index.js';
import { isChosen } from './chosen.js';
import { PART, Parts } from './parts.js';

/** @import {Attachment, ReplyTo, Upload} from '../base/types.js' */
/** @import {Entry} from '../messages/outbox.js' */
/** @import {Client} from '../shell/client.js' */

/**
 * A file of a message that isn’t sent yet; `upload` is the id of its upload, once it has one, and `left` says that it isn’t
 * wanted any more.
 * @typedef {Omit<Attachment, 'id' | 'hasThumb'> & {upload?: string, left?: boolean}} OutgoingFile
 */
/** What is sent of a file. @typedef {{info: OutgoingFile, body: Blob, thumb: Blob | null}} Outgoing */

/** Every part but the last is a multiple of it. */
const UNIT = 256 * 1024;
/** What takes longer is sent in smaller parts, so that each arrives before patience ends. */
const QUICK_MS = 4_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;
/** What may be otherwise in a moment. */
const PASSING = [0, 401, 408, 429, 502, 503, 504];
/** The server, or what it has for one, is full: nothing changes that by itself. */
const FULL = 507;
/** An upload that was there a moment ago has been swept meanwhile, and begins again. */
const GONE = 404;
/** So often, what goes wrong is tried again at once, or for the server’s own failures, after a while. */
const PATIENCE = 5;
/** After so long, what another tab was going to keep isn’t coming any more. */
const LOST_MS = 60_000;

/** The bytes of a file aren’t here any more, or can’t be read. */
class Lost extends Error {}

/** One for each client. @type {WeakMap<Client, Uploads>} */
const known = new WeakMap();

/** @param {Client} client */
export function uploadsOf(client) {
  const uploads = known.get(client) ?? new Uploads(client.api, client.outbox, client.user.id, client.stream);
  known.set(client, uploads);
  return uploads;
}

/** Uploads what the outbox has, in its order. Fires `progress` for each part, and `change` where what the browser doesn’t keep is on its way, or has gone. */
export class Uploads extends EventTarget {
  /** Whether some are on their way that the browser doesn’t keep. */
  isUnkept = false;

  #api;
  #outbox;
  #userId;
  #parts = new Parts();
  /** What this page has itself, by client id. @type {Map<string, Outgoing[]>} */
  #here = new Map();
  /** Which messages with files there are. @type {Set<string>} */
  #present = new Set();
  /** What of this goes with the page. @type {Set<string>} */
  #onlyHere = new Set();
  /** With which uploads the server has refused a message, by client id. @type {Map<string, string>} */
  #renewed = new Map();
  /** How many bytes the server has, by upload. @type {Map<string, number>} */
  #received = new Map();
  /** Addresses of pictures here. @type {Map<string, Promise<string>>} */
  #addresses = new Map();
  #isRunning = false;
  #backoff = backoff(FIRST_WAIT_MS, LONGEST_WAIT_MS);
  #breakdowns = 0;
  #next = 0;
  #size = UNIT;
  /** Which message the attempt is for, the number of the file that is sent, and what ends it. */
  #attempt = { clientId: '', index: 0, controller: new AbortController() };
  #life = new AbortController();

  /**
   * @param {Client['api']} api @param {Client['outbox']} outbox @param {string} userId
   * @param {EventTarget} stream fires `connected`
   */
  constructor(api, outbox, userId, stream) {
    super();
    this.#api = api;
    this.#outbox = outbox;
    this.#userId = userId;
    const { signal } = this.#life;
    outbox.addEventListener('change', () => this.#look(), { signal });
    stream.addEventListener('connected', () => this.run(), { signal });
    addEventListener('beforeunload', (event) => this.#onlyHere.size > 0 && event.preventDefault(), { signal });
    this.#sweep();
    this.#look();
    const later = setTimeout(() => this.run(), LOST_MS);
    signal.addEventListener('abort', () => clearTimeout(later));
  }

  stop() {
    this.#life.abort();
    this.#attempt.controller.abort();
    clearTimeout(this.#next);
  }

  /** @param {string} conversationId @param {string} content @param {Outgoing[]} files @param {ReplyTo} [replyTo] */
  add(conversationId, content, files, replyTo) {
    const clientId = this.#outbox.add(conversationId, content, files.map(({ info }) => info), replyTo);
    this.#here.set(clientId, files);
    this.#keep(clientId, files);
    this.run();
  }

  /** The share of a file that the server has, from 0 to 1. @param {OutgoingFile} file */
  progressOf({ upload = '', size }) {
    return size ? (this.#received.get(upload) ?? 0) / size : 0;
  }

  /** Leaves out one file of a message that isn’t sent yet; the message goes where nothing remains of it. @param {string} clientId @param {number} index */
  cancel(clientId, index) {
    const entry = this.#entryOf(clientId);
    const { upload } = entry?.files?.[index] ?? {};
    if (!entry) return;
    // What is sent of it now would fail, and with it the message.
    if (clientId === this.#attempt.clientId && index === this.#attempt.index) this.#attempt.controller.abort();
    if (upload) this.#api.delete(`/api/uploads/${upload}`).catch(reasonOf);
    const files = entry.files?.map((file, place) => (place === index ? { ...file, left: true } : file)) ?? [];
    if (entry.content || files.some(({ left }) => !left)) this.#outbox.update(clientId, { files, reason: '', code: '', attachments: undefined });
    else this.#outbox.remove(clientId);
  }

  /** Where a picture that isn’t sent yet, or that of a video, can be shown from, or ''. @param {string} clientId @param {number} index @param {'body' | 'thumb'} what */
  addressOf(clientId, index, what) {
    const key = `${clientId} ${index} ${what}`;
    const known = this.#addresses.get(key);
    const address = known ?? this.#blobOf(clientId, index, what).then((blob) => (blob ? URL.createObjectURL(blob) : ''), () => '');
    this.#addresses.set(key, address);
    return address;
  }

  /** @param {string} clientId @param {number} index @param {'body' | 'thumb'} what */
  async #blobOf(clientId, index, what) {
    const here = this.#here.get(clientId)?.[index];
    return here ? here[what] : this.#parts.readAll([this.#userId, clientId, index, what]);
  }

  /** So that it survives the page. @param {string} clientId @param {Outgoing[]} files */
  async #keep(clientId, files) {
    this.#onlyHere.add(clientId);
    try {
      for (const [index, { body, thumb }] of files.entries()) {
        await this.#parts.keep([this.#userId, clientId, index, 'body'], body);
        if (thumb) await this.#parts.keep([this.#userId, clientId, index, 'thumb'], thumb);
        if (!this.#entryOf(clientId)) break;
      }
      this.#onlyHere.delete(clientId);
      const entry = this.#entryOf(clientId);
      if (entry) this.#outbox.update(clientId, { kept: true });
      else await this.#parts.forget(this.#userId, clientId);
      // From then on, the browser is asked not to throw it away where it wants room.
      navigator.storage?.persist?.().catch(() => {});
    } catch {
      this.#parts.forget(this.#userId, clientId).catch(() => {});
      if (this.#entryOf(clientId)) this.#tellUnkept(true);
    }
  }

  /** @param {boolean} isUnkept */
  #tellUnkept(isUnkept) {
    this.isUnkept = isUnkept;
    this.dispatchEvent(new Event('change'));
  }

  /** What remained of messages that have gone. */
  async #sweep() {
    try {
      for (const clientId of await this.#parts.kept(this.#userId)) {
        if (!this.#entryOf(clientId) && !isChosen(this.#userId, clientId)) await this.#parts.forget(this.#userId, clientId);
      }
    } catch {
      // Then nothing has remained.
    }
  }

  /** Sees to what is new, and to what isn’t wanted any more. */
  #look() {
    const { clientId, controller } = this.#attempt;
    for (const entry of this.#outbox.entries) this.#renew(entry);
    const present = new Set(this.#outbox.entries.flatMap((entry) => (entry.files ? entry.clientId : [])));
    for (const gone of this.#present) if (!present.has(gone)) this.#drop(gone);
    this.#present = present;
    if (clientId && !present.has(clientId)) controller.abort();
    // While it waits for the server, it waits.
    if (this.#next === 0) this.run();
  }

  /**
   * What was swept before the message came is sent again. The server refuses such a message as it does one with something
   * else that isn’t right, so it is tried once more: if the uploads are all there, it wasn’t about them.
   * @param {Entry} entry
   */
  #renew({ clientId, attachments, code }) {
    if (!attachments || code !== 'invalid' || this.#renewed.get(clientId) === `${attachments}`) return;
    this.#renewed.set(clientId, `${attachments}`);
    this.#outbox.retry(clientId);
  }

  /** @param {string} clientId */
  #drop(clientId) {
    this.#renewed.delete(clientId);
    this.#here.delete(clientId);
    this.#onlyHere.delete(clientId);
    if (this.isUnkept && this.#onlyHere.size === 0) this.#tellUnkept(false);
    this.#parts.forget(this.#userId, clientId).catch(() => {});
    for (const [key, address] of this.#addresses) {
      if (!key.startsWith(`${clientId} `)) continue;
      this.#addresses.delete(key);
      // What shows it has it already, or is about to.
      address.then((url) => setTimeout(() => URL.revokeObjectURL(url), LOST_MS));
    }
  }

  /** Now is a good moment. */
  async run() {
    if (this.#isRunning) return;
    clearTimeout(this.#next);
    this.#next = 0;
    this.#isRunning = true;
    try {
      for (let entry = this.#first(); entry; entry = this.#first()) {
        const wait = await this.#try(entry);
        if (!wait) continue;
        this.#next = setTimeout(() => this.run(), wait);
        break;
      }
    } finally {
      this.#isRunning = false;
    }
  }

  #first() {
    if (this.#life.signal.aborted) return undefined;
    return this.#outbox.entries.find((entry) => entry.files && !entry.attachments && !entry.reason && this.#isReady(entry));
  }

  /** What another tab is about to keep is that tab’s to send. @param {Entry} entry */
  #isReady({ clientId, kept, createdAt }) {
    return kept || this.#here.has(clientId) || Date.now() - Date.parse(createdAt) > LOST_MS;
  }

  /** @param {string} clientId */
  #entryOf(clientId) {
    return this.#outbox.entries.find((entry) => entry.clientId === clientId);
  }

  /** Gives back for how many milliseconds nothing more is to be tried. @param {Entry} entry */
  async #try({ clientId, files = [] }) {
    const controller = new AbortController();
    this.#attempt = { clientId, index: 0, controller };
    try {
      /** @type {string[]} */
      const attachments = [];
      for (const index of files.keys()) {
        this.#attempt.index = index;
        // What has been left out meanwhile isn’t sent.
        if (!this.#entryOf(clientId)?.files?.[index]?.left) attachments.push(await this.#send(clientId, index, controller.signal));
      }
      const remaining = this.#entryOf(clientId)?.files ?? [];
      if (remaining.some(({ upload, left }) => left && attachments.includes(upload ?? ''))) return 0;
      this.#outbox.update(clientId, { attachments });
      return 0;
    } catch (error) {
      if (controller.signal.aborted) return 0;
      return this.#failed(clientId, error);
    } finally {
      this.#attempt.clientId = '';
    }
  }

  /** @param {string} clientId @param {unknown} error */
  #failed(clientId, error) {
    if (error instanceof Lost || error instanceof DOMException) {
      this.#outbox.update(clientId, { reason: t('files.lost'), code: 'lost' });
      return 0;
    }
    const reason = refusalOf(error);
    const { status, code, wait } = /** @type {ApiError} */ (error);
    const mayPass = status >= 500 && status !== FULL || status === GONE;
    if (PASSING.includes(status) || mayPass && this.#breakdowns++ < PATIENCE) {
      this.#size = UNIT;
      this.#outbox.waitFor([0, GONE].includes(status) ? t('messages.waiting') : reason);
      return status === 429 && wait || this.#backoff.next();
    }
    this.#answered();
    this.#outbox.update(clientId, { reason, code });
    return 0;
  }

  #answered() {
    this.#backoff.reset();
    this.#breakdowns = 0;
    this.#outbox.waitFor('');
  }

  /** Sends what the server hasn’t of a file, and gives back its upload. @param {string} clientId @param {number} index @param {AbortSignal} signal */
  async #send(clientId, index, signal) {
    let upload = await this.#begin(clientId, index);
    for (let conflicts = 0; upload.received < upload.size;) {
      if (signal.aborted) throw signal.reason;
      try {
        upload = await this.#sendPart(clientId, index, upload, signal);
        this.#answered();
      } catch (error) {
        const { status } = /** @type {ApiError} */ (error);
        if (status !== 409 || ++conflicts > PATIENCE) throw error;
        // Another tab sends it too, or an answer got lost: the server knows how far it is.
        const before = upload.received;
        upload = await this.#api.get(`/api/uploads/${upload.id}`);
        if (upload.received > before) conflicts = 0;
      }
      this.#received.set(upload.id, upload.received);
      this.dispatchEvent(new Event('progress'));
    }
    return upload.id;
  }

  /** Goes on with an upload, or begins one where there is none, or not any more. @param {string} clientId @param {number} index @returns {Promise<Upload>} */
  async #begin(clientId, index) {
    const file = this.#entryOf(clientId)?.files?.[index];
    if (!file) throw new Lost();
    if (file.upload) {
      try {
        const upload = await this.#api.get(`/api/uploads/${file.upload}`);
        this.#received.set(upload.id, upload.received);
        return upload;
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== GONE) throw error;
      }
    }
    const { name, size, alt, duration, thumbhash, waveform } = file;
    /** @type {Upload} */
    const upload = await this.#api.post('/api/uploads', { name, size, alt: alt || undefined, duration, thumbhash, waveform });
    const files = this.#entryOf(clientId)?.files?.map((each, place) => (place === index ? { ...each, upload: upload.id } : each));
    if (files) this.#outbox.update(clientId, { files });
    const thumb = await this.#blobOf(clientId, index, 'thumb').catch(() => null);
    // Without it, the picture is shown all the same.
    if (thumb) await this.#api.send('PUT', `/api/uploads/${upload.id}/thumb`, thumb).catch(reasonOf);
    return upload;
  }

  /** @param {string} clientId @param {number} index @param {Upload} upload @param {AbortSignal} signal @returns {Promise<Upload>} */
  async #sendPart(clientId, index, { id, received, size }, signal) {
    const end = Math.min(size, received + this.#size, (Math.floor(received / PART) + 1) * PART);
    const here = this.#here.get(clientId)?.[index]?.body;
    const bytes = here
      ? await here.slice(received, end).arrayBuffer()
      : await this.#parts.read([this.#userId, clientId, index, 'body'], received, end).catch(() => null);
    if (bytes?.byteLength !== end - received) throw new Lost();
    const begun = performance.now();
    const upload = await this.#api.send('PUT', `/api/uploads/${id}?offset=${received}`, new Blob([bytes]), signal);
    this.#size = performance.now() - begun < QUICK_MS ? Math.min(PART, 2 * this.#size) : UNIT;
    return upload;
  }
}
