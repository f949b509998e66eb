// What is about to be sent with a message: its files, in their order, above where one writes.

import { actions, CROSS, openDialog } from '../base/dialog.js';
import { arrange, Component, el } from '../base/dom.js';
import { drawing } from '../base/icons.js';
import { addStyle } from '../base/load.js';
import { t } from '../words/index.js';
import { Chosen, newId } from './chosen.js';
import { endingOf, kindOf } from './kinds.js';
import { prepare } from './make-small.js';
import { fileSize } from './size.js';
import { uploadsOf } from './uploads.js';

/** @import {ReplyTo} from '../base/types.js' */
/** @import {MessageComposer} from '../messages/message-composer.js' */
/** @import {Client} from '../shell/client.js' */
/** @import {ChosenFile} from './chosen.js' */
/** @import {Outgoing} from './uploads.js' */

addStyle(import.meta.url, 'tray.css');

/** So many go with one message. */
const MOST = 10;
const LONGEST_ALT = '500';

/**
 * A file that was chosen; `made` is what is sent of it, and `isKept` says that it survives the page.
 * @typedef {ChosenFile & {file: Promise<File>, made: Promise<Outgoing>, row: HTMLLIElement, isPicture: boolean, isKept: boolean}} Item
 */

/** Fires `change` when there is another number of files. */
export class FileTray extends Component {
  #chosen;
  /** @type {Item[]} */
  #items = [];
  /** What is being sent, and kept until it has been. @type {Item[]} */
  #leaving = [];
  /** What the server takes at most, in bytes. @type {Promise<number>} */
  #most;
  /** @type {HTMLUListElement} */
  #list = el('ul', { 'aria-label': t('files.chosen') });
  #original = el('input', { type: 'checkbox', change: () => this.#choose() });
  #choice = el('label', { class: 'original' }, this.#original, t('files.original'));
  #problem = el('p', { class: 'problem', role: 'alert' });
  #said = el('p', { class: 'visually-hidden', role: 'status' });

  /** @param {Client} client @param {string} id of the conversation */
  constructor(client, id) {
    super();
    this.#chosen = new Chosen(client.user.id, id);
    // Where that isn’t known, the server says it in the end.
    this.#most = client.api.config().then(({ maxFile = Infinity }) => maxFile, () => Infinity);
    this.append(this.#problem, this.#list, this.#choice, this.#said);
    this.#list.addEventListener('dragover', (event) => this.#dragged(event));
    this.#render();
  }

  /** Shows what is kept: from before, or by another tab. @param {AbortSignal} signal */
  follow(signal) {
    addEventListener('storage', ({ key }) => key === this.#chosen.key && this.#follow(), { signal });
    this.#follow();
  }

  #follow() {
    const { files, original } = this.#chosen.choice;
    const places = new Map(files.map(({ id }, place) => [id, place]));
    const place = (/** @type {Item} */ { id }) => places.get(id) ?? files.length;
    const known = new Map([...this.#items, ...this.#leaving].map((item) => [item.id, item]));
    this.#items = this.#items.filter(({ id, isKept }) => !isKept || places.has(id));
    if (original !== this.#original.checked && files.length > 0) {
      this.#original.checked = original;
      this.#makeAnew();
    }
    for (const file of files) {
      const item = known.get(file.id);
      if (item) describe(item, file.alt);
      else this.#take(file, this.#chosen.read(file), true);
    }
    // What isn’t kept yet was chosen last.
    this.#items.sort((one, other) => place(one) - place(other));
    this.#render();
  }

  /** What is here, as it is now, is what comes back. */
  #keep() {
    const files = [...this.#leaving, ...this.#items].filter(({ isKept }) => isKept);
    this.#chosen.choice = {
      files: files.map(({ id, name, type, alt }) => ({ id, name, type, alt })), original: this.#original.checked,
    };
  }

  /** So that it survives the page. @param {Item} item */
  async #keepBytes(item) {
    try {
      await this.#chosen.keep(item.id, await item.file);
      item.isKept = this.#items.includes(item) || this.#leaving.includes(item);
    } catch {
      // Then it is here for as long as the page is.
    }
    if (item.isKept) this.#keep();
    else this.#chosen.forget(item.id);
  }

  get count() {
    return this.#items.length;
  }

  /** @param {File[]} files */
  async add(files) {
    this.#problem.textContent = '';
    const most = await this.#most;
    // While the tray wasn’t shown, other tabs may have gone on.
    this.#follow();
    const room = MOST - this.#items.length;
    if (files.length > room) this.#complain(t('files.tooMany', { count: MOST }));
    for (const file of files.slice(0, room)) {
      // A picture is made small first.
      if (file.size === 0) this.#complain(t('files.empty', { name: file.name }));
      else if (file.size > most && !file.type.startsWith('image/')) this.#refuse(file, most);
      else this.#take({ id: newId(), name: file.name, type: file.type, alt: '' }, Promise.resolve(file));
    }
    this.#render();
    this.#say(t('files.added', { count: this.#items.length }));
  }

  /** The tray is empty from now on; `files` are sent, once they are ready, and `sent` is called when they have been. */
  take() {
    const items = this.#items;
    this.#items = [];
    this.#leaving.push(...items);
    this.#problem.textContent = '';
    this.#original.checked = false;
    this.#render();
    return { files: outgoing(items), sent: () => this.#forget(items) };
  }

  /** @param {Item[]} items which aren’t wanted here any more */
  #forget(items) {
    this.#leaving = this.#leaving.filter((item) => !items.includes(item));
    this.#keep();
    for (const { id } of items) this.#chosen.forget(id);
  }

  /** @param {ChosenFile} chosen @param {Promise<File>} file */
  #take(chosen, file, isKept = false) {
    const made = this.#make(file);
    /** @type {Item} */
    const item = { ...chosen, file, made, row: el('li', { draggable: 'true' }), isPicture: false, isKept };
    item.row.addEventListener('dragstart', ({ dataTransfer }) => {
      item.row.classList.add('dragged');
      if (dataTransfer) dataTransfer.effectAllowed = 'move';
    });
    item.row.addEventListener('dragend', () => item.row.classList.remove('dragged'));
    this.#items.push(item);
    this.#show(item);
    if (!isKept) this.#keepBytes(item);
  }

  /** @param {Promise<File>} file @returns {Promise<Outgoing>} */
  #make(file) {
    const asIs = this.#original.checked;
    const made = file.then((here) => prepare(here, asIs));
    // What can’t be read is told where it is shown.
    made.catch(() => {});
    return made;
  }

  /** @param {Item} item */
  async #show(item) {
    const { name, row, made } = item;
    const most = await this.#most;
    row.replaceChildren(el('span', { class: 'preview making' }));
    /** @type {Outgoing} */
    let outgoing;
    try {
      outgoing = await made;
    } catch {
      this.#complain(t('files.unreadable', { name }));
      return this.#remove(item);
    }
    if (item.made !== made) return;
    const { info, body, thumb } = outgoing;
    if (info.size > most) {
      this.#refuse(item, most);
      return this.#remove(item);
    }
    const kind = kindOf(info);
    item.isPicture = kind === 'picture';
    const preview = thumb || item.isPicture
      ? this.#picture(thumb ?? body)
      : el('span', { class: 'preview card', dir: 'auto' }, el('b', {}, endingOf(name) || t('files.file')), el('span', {}, name));
    const open = el('button', {
      class: 'open', type: 'button', 'aria-label': t('files.describe', { name }), title: name,
      click: () => this.#describe(item), keydown: (/** @type {KeyboardEvent} */ event) => this.#key(event, item),
    });
    const size = el('span', { class: 'size' }, item.alt ? t('files.hasAlt') : fileSize(info.size));
    const remove = el('button', {
      class: 'remove', type: 'button', 'aria-label': t('files.remove', { name }), title: t('files.remove', { name }),
      click: () => this.#remove(item),
    }, drawing(CROSS));
    row.replaceChildren(preview, size, open, remove);
    this.#render();
  }

  /** @param {Blob} blob */
  #picture(blob) {
    const src = URL.createObjectURL(blob);
    const forget = () => URL.revokeObjectURL(src);
    return el('img', { class: 'preview', src, alt: '', draggable: 'false', load: forget, error: forget });
  }

  #choose() {
    this.#makeAnew();
    this.#keep();
  }

  /** Anew, where pictures are wanted as they are, or small after all. */
  #makeAnew() {
    for (const item of this.#items) {
      if (!item.type.startsWith('image/')) continue;
      item.made = this.#make(item.file);
      this.#show(item);
    }
  }

  /** What a picture shows, for those who don’t see it; and where it stands. @param {Item} item */
  #describe(item) {
    const { name } = item;
    const text = el('textarea', { rows: '3', maxlength: LONGEST_ALT, dir: 'auto', 'aria-label': t('files.alt') });
    text.value = item.alt;
    const move = (/** @type {number} */ step) => this.#move(item, step);
    const button = (/** @type {string} */ label, /** @type {() => void} */ click) => el('button', { class: 'button', type: 'button', click }, label);
    const save = (/** @type {Event} */ event) => {
      event.preventDefault();
      describe(item, text.value.trim());
      this.#keep();
      dialog?.close();
    };
    const dialog = openDialog(name, el('form', { class: 'form', submit: save },
      item.isPicture && el('p', { class: 'muted' }, t('files.altHelp')), item.isPicture && text,
      this.#items.length > 1 && el('div', { class: 'moves' },
        button(t('files.earlier'), () => move(-1)), button(t('files.later'), () => move(1))),
      actions(el('button', { class: 'button primary' }, t('base.done')))));
    if (item.isPicture) text.focus();
  }

  /** @param {KeyboardEvent} event @param {Item} item */
  #key(event, item) {
    const { key, altKey } = event;
    const forwards = document.dir === 'rtl' ? 'ArrowLeft' : 'ArrowRight';
    const backwards = document.dir === 'rtl' ? 'ArrowRight' : 'ArrowLeft';
    if (key === 'Delete' || key === 'Backspace') this.#remove(item);
    else if (key !== forwards && key !== backwards) return;
    else if (altKey) this.#move(item, key === forwards ? 1 : -1);
    else this.#focus(this.#items.indexOf(item) + (key === forwards ? 1 : -1));
    event.preventDefault();
  }

  /** @param {Item} item @param {number} step */
  #move(item, step) {
    const from = this.#items.indexOf(item);
    const to = Math.min(Math.max(0, from + step), this.#items.length - 1);
    this.#items.splice(to, 0, ...this.#items.splice(from, 1));
    this.#render();
    this.#keep();
    this.#say(t('files.place', { place: to + 1, count: this.#items.length }));
  }

  /** Another one is dragged over it. @param {DragEvent} event */
  #dragged(event) {
    const item = this.#items.find(({ row }) => row.matches('.dragged'));
    const over = event.target instanceof Element ? event.target.closest('li') : null;
    const to = this.#items.findIndex(({ row }) => row === over);
    if (!item || to < 0) return;
    event.preventDefault();
    const from = this.#items.indexOf(item);
    if (to !== from) this.#move(item, to - from);
  }

  /** @param {Item} item */
  #remove(item) {
    const index = this.#items.indexOf(item);
    if (index < 0) return;
    const hadFocus = item.row.contains(document.activeElement);
    this.#items.splice(index, 1);
    this.#render();
    this.#forget([item]);
    this.#say(t('files.added', { count: this.#items.length }));
    if (hadFocus) this.#focus(Math.min(index, this.#items.length - 1));
  }

  /** @param {number} index */
  #focus(index) {
    /** @type {HTMLElement | null | undefined} */
    const next = this.#items[index]?.row.querySelector('.open');
    next?.focus();
    if (this.#items.length === 0) this.dispatchEvent(new Event('left'));
  }

  #render() {
    arrange(this.#list, this.#items.map(({ row }) => row));
    this.#list.hidden = this.#items.length === 0;
    this.#choice.hidden = !this.#items.some(({ isPicture }) => isPicture);
    this.classList.toggle('filled', this.#items.length > 0);
    this.dispatchEvent(new Event('change'));
  }

  /** @param {{name: string}} file @param {number} most */
  #refuse({ name }, most) {
    this.#complain(t('files.tooLarge', { name, size: fileSize(most) }));
  }

  /** @param {string} reason */
  #complain(reason) {
    this.#problem.textContent = [this.#problem.textContent, reason].filter(Boolean).join(' ');
  }

  /** To a screen reader. @param {string} text */
  #say(text) {
    this.#said.textContent = text;
  }
}

customElements.define('file-tray', FileTray);

/** What a picture shows, which is said of it. @param {Item} item @param {string} alt */
function describe(item, alt) {
  item.alt = alt;
  const size = item.row.querySelector('.size');
  if (size && alt) size.textContent = t('files.hasAlt');
}

/** What is sent of what was chosen, once it is ready. What couldn’t be read was told. @param {Item[]} items */
async function outgoing(items) {
  const files = await Promise.allSettled(items.map(async ({ made, alt }) => {
    const file = await made;
    return { ...file, info: { ...file.info, alt: alt || undefined } };
  }));
  return files.flatMap((file) => (file.status === 'fulfilled' ? [file.value] : []));
}

/** Those of conversations that one has left meanwhile, by their ids. @type {WeakMap<Client, Map<string, FileTray>>} */
const trays = new WeakMap();

/** That of a conversation, wherever one is. @param {Client} client @param {string} id */
export function trayOf(client, id) {
  const all = trays.get(client) ?? new Map();
  trays.set(client, all);
  const tray = all.get(id) ?? new FileTray(client, id);
  all.set(id, tray);
  return tray;
}

/** The tray of a conversation, above where one writes. @param {Client} client @param {string} id @param {MessageComposer} composer @param {() => void} sent */
export function openTray(client, id, composer, sent) {
  const tray = trayOf(client, id);
  if (tray.isConnected) return tray;
  composer.form.before(tray);
  tray.follow(composer.signal);
  tray.addEventListener('left', () => composer.takeFocus(), { signal: composer.signal });
  sendFrom(tray, composer, (content, files, replyTo) => {
    sent();
    if (files.length > 0) uploadsOf(client).add(id, content, files, replyTo);
    else if (content.trim()) client.outbox.add(id, content, undefined, replyTo);
  });
  return tray;
}
/**
 * Sends what is in the tray with what is written, and what is written after it, after it.
 * @param {FileTray} tray @param {MessageComposer} composer @param {(content: string, files: Outgoing[], replyTo?: ReplyTo) => void} send
 */
function sendFrom(tray, composer, send) {
  /** What was sent before. */
  let before = Promise.resolve();
  let waiting = 0;
  composer.form.addEventListener('submit', (event) => {
    if (tray.count === 0 && waiting === 0) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const content = composer.take();
    const replyTo = composer.takeQuote();
    const { files, sent } = tray.take();
    waiting += 1;
    before = before.then(async () => {
      send(content, await files, replyTo);
      sent();
      waiting -= 1;
    });
  }, { capture: true });
}
