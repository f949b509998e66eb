// What files take, by room and by person, and whether there are backups.

import { reasonOf } from '../base/api.js';
import { about, card, explained, section, setting } from '../base/cards.js';
import { Component, el, failure, nameOf, skeleton } from '../base/dom.js';
import { drawing } from '../base/icons.js';
import { timeOf } from '../base/times.js';
import { fileSize } from '../files/size.js';
import { avatar, emblem } from '../people/avatar.js';
import { namesOf } from '../people/names.js';
import { locale, t, tn } from '../words/index.js';
import { storage } from './storage.js';

/** @import {Backups, Sent, Storage} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */
/** @typedef {{title: (Node | string)[], face: Element, sent: Sent}} Part */

/** So many rows are shown before somebody wants all. */
const FIRST = 5;
const PERCENT = 100;
const SHEETS = 'M4 9a3 3 0 0 1 3-3h7a3 3 0 0 1 3 3v3a3 3 0 0 1-3 3H9l-4 3.5V14.6A3 3 0 0 1 4 12zM20 9v6a3 3 0 0 1-1.5 2.6V20l-3-2H12';

export class StorageView extends Component {
  #client;

  /** @param {Client} client */
  constructor(client) {
    super();
    this.#client = client;
    this.#load();
  }

  async #load() {
    this.replaceChildren(section('storage', t('admin.storage'), card(setting(skeleton()))));
    try {
      const stored = await storage(this.#client.api);
      this.replaceChildren(
        section('storage', t('admin.storage'), card(total(stored)), ...parts(stored)),
        section('backups', t('admin.backups'), card(...backupsOf(stored.backups))));
    } catch (error) {
      this.replaceChildren(section('storage', t('admin.storage'), card(setting(failure(reasonOf(error), () => this.#load())))));
    }
  }
}

/** @param {Storage} stored */
function total({ bytes, files, limit, freeBytes }) {
  const of = limit ?? (freeBytes === null ? null : bytes + freeBytes);
  return el('div', { class: 'setting measured' },
    explained(sizeOf(bytes, limit), t('files.files', { count: files }),
      freeBytes === null ? '' : ` · ${t('admin.free', { size: fileSize(freeBytes) })}`),
    of === null ? null : bar(bytes / of, true));
}

/** @param {Storage} stored */
function parts({ files, users, rooms, otherRooms, direct, userLimit }) {
  if (files === 0) return [];
  /** @type {Part[]} */
  const conversations = rooms.map(({ id, name, ...sent }) => (
    { title: [nameOf(name)], face: emblem({ id, title: name, other: null }), sent }));
  for (const [sent, title] of /** @type {const} */ ([[otherRooms, t('admin.otherRooms')], [direct, t('admin.direct')]])) {
    if (sent.files) conversations.push({ title: [new Text(title)], face: several(), sent });
  }
  conversations.sort((one, other) => other.sent.bytes - one.sent.bytes);
  const people = users.map(({ user, ...sent }) => ({ title: namesOf(user), face: avatar(user), sent }));
  return [
    list(t('admin.byConversation'), conversations, null),
    list(t('admin.byPerson'), people, userLimit),
    el('p', { class: 'muted below' }, t('admin.storageHelp')),
  ];
}

/** What stands for several conversations. */
function several() {
  return el('span', { class: 'avatar several' }, drawing(SHEETS));
}

/** @param {string} title @param {Part[]} all @param {number | null} limit */
function list(title, all, limit) {
  const most = limit ?? all[0]?.sent.bytes;
  const rows = all.map(({ title: name, face, sent: { bytes, files } }) => el('li', { class: 'setting measured', tabindex: '-1' },
    face,
    el('div', {}, el('p', { class: 'strong' }, ...name), el('p', { class: 'muted' }, t('files.files', { count: files }))),
    el('span', {}, sizeOf(bytes, limit)),
    bar(most ? bytes / most : 0, limit !== null)));
  const element = el('ul', { 'aria-label': title }, ...rows.slice(0, FIRST));
  const more = el('div', { class: 'list-rest' }, rows.length > FIRST && el('button', {
    class: 'button', click: () => {
      more.replaceChildren();
      element.append(...rows.slice(FIRST));
      // Where the button was, there is nothing now.
      rows[FIRST]?.focus();
    },
  }, t('admin.more'), about(title)));
  return card(el('h3', {}, title), element, more);
}

/** @param {number} bytes @param {number | null} limit */
function sizeOf(bytes, limit) {
  return limit === null ? fileSize(bytes) : t('admin.sizeOf', { size: fileSize(bytes), limit: fileSize(limit) });
}

/** What the figures beside it say. @param {number} share @param {boolean} [isLimited] whether all of it is too much */
function bar(share, isLimited = false) {
  const element = el('div', { class: isLimited && share >= 1 ? 'share full' : 'share', 'aria-hidden': 'true' }, el('i'));
  element.style.setProperty('--share', String(Math.min(1, share)));
  return element;
}

/** @param {Backups | null} backups */
function backupsOf(backups) {
  if (!backups) return [setting(explained(t('admin.noBackups'), t('admin.noBackupsHelp')))];
  const { newest, count, bytes, keep, needed, available, running, problem } = backups;
  const percent = new Intl.NumberFormat(locale, { style: 'percent' });
  const sizes = { size: fileSize(needed), available: fileSize(available ?? 0), count: keep };
  const problems = {
    no_room: () => t('admin.backupNoRoom', sizes),
    missing: () => t('admin.backupMissing'),
    overdue: () => t('admin.backupOverdue'),
    no_room_for_all: () => t('admin.backupNoRoomForAll', sizes),
  };
  return [
    problem && setting(el('p', { class: 'problem', role: 'status' }, problems[problem]())),
    running && el('div', { class: 'setting measured' },
      explained(t('admin.backingUp', { percent: percent.format(Math.floor(PERCENT * running.done / (running.of || 1)) / PERCENT) }), ''),
      bar(running.done / (running.of || 1))),
    newest && setting(
      el('div', {}, el('p', { class: 'strong' }, ...tn('admin.newestBackup', { time: timeOf(newest.createdAt) })),
        el('p', { class: 'muted' }, t('admin.backupsKept', { count, keep, size: fileSize(bytes) }))),
      el('span', {}, fileSize(newest.bytes))),
    available !== null && setting(explained('', t('admin.nextBackup', sizes))),
  ].filter((row) => row !== false);
}

customElements.define('storage-view', StorageView);
