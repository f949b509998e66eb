// The details of a room: how it looks, what it is called, who may join it, who is in it, and how to leave.

import { pictureInput } from '../account/picture-input.js';
import { ask, openDialog, refusalOf } from '../base/dialog.js';
import { arrange, Component, el, failure, nameOf, render, skeleton } from '../base/dom.js';
import { titleOf } from '../base/format.js';
import { addStyle, load } from '../base/load.js';
import { openMenu } from '../base/menu.js';
import { switchInput } from '../base/switch.js';
import { Rooms } from '../conversations/rooms.js';
import { actionsOf } from '../messages/actions.js';
import { showTopMessages } from '../messages/top-messages.js';
import { avatar, emblem } from '../people/avatar.js';
import { findPeople } from '../people/find.js';
import { botTag } from '../people/names.js';
import { peopleField } from '../people/people-search.js';
import { searchHere } from '../shell/search-here.js';
import { t } from '../words/index.js';
import { Hooks } from './hooks.js';

/** @import {Participant, User} from '../base/types.js' */
/** @import {Context} from '../shell/messenger.js' */
/** @import {People} from './people.js' */

addStyle(import.meta.url, 'details.css');

const LONGEST_NAME = '80';
const PICTURE = 'M4 5h16v14H4zM4 16l4.5-4.5 4 4 2.5-2.5 5 5M15.5 9.5h.01';
const BIN = 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5';

/** @param {Context} context @param {string} id */
export function showRoomDetails(context, id) {
  const people = actionsOf(context.client).people(id);
  const details = new RoomDetails(context, people);
  openDialog(t('conversation.roomDetails'), details);
}

class RoomDetails extends Component {
  #context;
  #id;
  #people;
  #rooms;
  #face = el('div', { class: 'room-face', role: 'group', 'aria-label': t('conversation.picture') });
  #file = pictureInput({
    title: t('conversation.picture'), kind: 'room', save: (picture) => this.#rooms.changePicture(this.#id, picture),
    tell: (problem) => this.#problem.replaceChildren(problem),
  });
  #name = el('div');
  #open = el('div');
  #switch = switchInput({ change: () => this.#setOpen(this.#switch.checked) });
  #list = el('ul', { 'aria-label': t('conversation.people') });
  #rest = el('div');
  /** By the ids of the people. @type {Map<string, HTMLLIElement>} */
  #rows = new Map();
  #problem = el('p', { class: 'problem', role: 'alert' });
  #asked = el('p', { class: 'muted', role: 'status' });
  #hooks = el('button', { class: 'button', click: () => this.#showHooks() }, t('conversation.webhooks'));

  /** @param {Context} context @param {People} people */
  constructor(context, people) {
    super();
    const { client } = context;
    this.#context = context;
    this.#id = people.id;
    this.#people = people;
    this.#rooms = new Rooms(client);
    const search = peopleField(t('conversation.add'),
      (start) => findPeople(client, start), (person, user) => this.#add(person, user));
    this.append(
      this.#face, this.#file, this.#name, this.#open, this.#problem,
      el('section', {}, search, this.#asked, this.#list, this.#rest),
      el('footer', {},
        el('button', { class: 'button', click: () => this.#search() }, t('search.here')),
        el('button', { class: 'button', click: () => this.#showGallery() }, t('files.gallery')),
        el('button', { class: 'button', click: () => this.#showTop() }, t('messages.top')),
        this.#hooks,
        el('button', { class: 'button danger', click: () => this.#leave() }, t('conversation.leave'))));
    this.watch(() => this.#render(), people, client.conversations);
    this.#render();
  }

  /** @param {string} username @param {User} user */
  async #add(username, user) {
    this.#asked.textContent = '';
    const isAsked = await this.#rooms.add(this.#id, username);
    if (isAsked) this.#asked.textContent = t('conversation.asked', { name: titleOf(user) });
  }

  #close() {
    this.closest('dialog')?.close();
  }

  #render() {
    const info = this.#context.client.conversations.known(this.#id);
    if (!info) return this.#close();
    const { title, open, avatarURL, role } = info;
    const isOwner = role === 'owner';
    render(this.#face, faceView, { id: this.#id, title, avatarURL, change: isOwner && this.#changePicture });
    render(this.#name, nameView, { title, rename: isOwner && this.#rename });
    this.#switch.checked = open;
    this.#hooks.hidden = !isOwner;
    render(this.#open, openView, isOwner ? { input: this.#switch } : { open });
    const { participants, state, reason } = this.#people;
    render(this.#rest, restView, { people: this.#people, state, reason, empty: participants.length === 0 });
    arrange(this.#list, participants.map((person) => this.#row(person, isOwner)));
  }

  /** With one, it can be removed, too. @param {MouseEvent} event */
  #changePicture = ({ currentTarget }) => {
    const choose = () => this.#file.click();
    if (!this.#context.client.conversations.known(this.#id)?.avatarURL) return choose();
    const { left, right, bottom } = /** @type {Element} */ (currentTarget).getBoundingClientRect();
    openMenu(t('conversation.picture'), [
      { name: t('account.choosePicture'), lines: PICTURE, act: choose },
      {
        name: t('account.removePicture'), lines: BIN, isDanger: true,
        act: () => this.#try(() => this.#rooms.changePicture(this.#id, null)),
      },
    ], { x: document.dir === 'rtl' ? right : left, y: bottom });
  };

  #rename = (/** @type {string} */ name) => {
    this.#try(() => this.#rooms.change(this.#id, { name }));
  };

  /** @param {boolean} open */
  async #setOpen(open) {
    await this.#try(() => this.#rooms.change(this.#id, { open }));
    // Where that was refused, it is as it was.
    this.#render();
  }

  /** @param {Participant} participant @param {boolean} isOwner */
  #row({ user, role, online }, isOwner) {
    const isSelf = user.id === this.#context.client.user.id;
    const row = this.#rows.get(user.id) ?? el('li');
    this.#rows.set(user.id, row);
    const isOpen = row.querySelector('details')?.open ?? false;
    const tools = isOwner && !isSelf && { handOver: this.#handOver, remove: this.#remove };
    render(row, personView, { user, role, online, isSelf, tools });
    // Built anew, it is as it was.
    const details = row.querySelector('details');
    if (details) details.open = isOpen;
    return row;
  }

  #handOver = async (/** @type {User} */ user) => {
    const name = titleOf(user);
    const text = t('conversation.makeOwnerHelp', { name });
    if (!await ask(t('conversation.makeOwnerAsk', { name }), t('conversation.makeOwner'), { text })) return;
    this.#try(() => this.#rooms.change(this.#id, { owner: user.id }));
  };

  #remove = async (/** @type {User} */ user) => {
    const isSure = await ask(t('conversation.removeAsk', { name: titleOf(user) }), t('conversation.remove'), { isDanger: true });
    if (isSure) this.#try(() => this.#rooms.remove(this.#id, user.id));
  };

  async #leave() {
    const name = this.#context.client.conversations.known(this.#id)?.title ?? '';
    const text = t('conversation.leaveHelp');
    if (!await ask(t('conversation.leaveAsk', { name }), t('conversation.leave'), { text, isDanger: true })) return;
    this.#try(async () => {
      await this.#rooms.leave(this.#id);
      this.#close();
      this.#context.router.go('/');
    });
  }

  #search() {
    this.#close();
    searchHere(this.#context, this.#id);
  }

  #showGallery() {
    this.#try(async () => {
      const { openGallery } = await load(() => import('../files/gallery.js'));
      this.#close();
      openGallery(this.#context.client, this.#id);
    });
  }

  #showTop() {
    this.#close();
    showTopMessages(this.#context.client, this.#id);
  }

  async #showHooks() {
    await this.#try(async () => {
      const { showHooks } = await load(() => import('./hooks-dialog.js'));
      this.#close();
      showHooks(new Hooks(this.#context.client.api, this.#id));
    });
  }

  /** Says why, where something is refused. @param {() => Promise<void>} action */
  async #try(action) {
    this.#problem.textContent = '';
    try {
      await action();
    } catch (error) {
      this.#problem.textContent = refusalOf(error);
    }
  }
}

/** @param {{id: string, title: string, avatarURL: string | null, change: false | ((event: MouseEvent) => void)}} props */
function faceView({ id, title, avatarURL, change }) {
  return [
    emblem({ id, title, other: null, avatarURL }),
    change && el('button', { class: 'button', 'aria-haspopup': avatarURL ? 'menu' : false, click: change },
      t(avatarURL ? 'account.changePicture' : 'account.choosePicture')),
  ];
}

/** @param {{title: string, rename: false | ((name: string) => void)}} props */
function nameView({ title, rename }) {
  if (!rename) return [el('p', { class: 'room-name' }, nameOf(title))];
  const input = el('input', { id: 'room-name', required: true, maxlength: LONGEST_NAME, autocomplete: 'off', value: title });
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    rename(input.value.trim());
  };
  return [el('form', { class: 'renaming', submit },
    el('label', { for: 'room-name' }, t('conversation.name')), input, el('button', { class: 'button' }, t('conversation.rename')))];
}

/** @param {{open?: boolean, input?: HTMLInputElement}} props a switch, for whoever may change it */
function openView({ open, input }) {
  if (input) return [el('label', { class: 'choice' }, t('conversation.open'), input)];
  return [el('p', { class: 'muted' }, t(open ? 'conversation.isOpen' : 'conversation.isClosed'))];
}

/** @param {{people: People, state: People['state'], reason: string, empty: boolean}} props */
function restView({ people, state, reason, empty }) {
  if (state === 'failed') return [failure(reason, () => people.load())];
  return [empty && skeleton()];
}

/**
 * @param {{user: User, role: Participant['role'], online: boolean, isSelf: boolean,
 *   tools: false | {handOver: (user: User) => void, remove: (user: User) => void}}} props
 */
function personView({ user, role, online, isSelf, tools }) {
  const parts = [
    avatar(user),
    el('span', { class: 'person-name' }, nameOf(titleOf(user)), isSelf && ` (${t('messages.youAmongOthers')})`,
      online && !isSelf && el('span', { class: 'muted' }, t('conversation.online'))),
    botTag(user),
    role === 'owner' && el('span', { class: 'tag' }, t('conversation.owner')),
  ];
  if (!tools) return [el('div', { class: 'person-row' }, ...parts)];
  return [el('details', { name: 'person' },
    el('summary', { class: 'person-row' }, ...parts),
    el('div', { class: 'person-tools' },
      el('button', { class: 'button', click: () => tools.handOver(user) }, t('conversation.makeOwner')),
      el('button', { class: 'button danger', click: () => tools.remove(user) }, t('conversation.remove'))))];
}

customElements.define('room-details', RoomDetails);
