// The details of a room: what it is called, who may join it, who is in it, and how to leave.

import { openDialog, refusalOf } from '../base/dialog.js';
import { arrange, Component, el, failure, nameOf, render, skeleton } from '../base/dom.js';
import { addStyle, load } from '../base/load.js';
import { switchInput } from '../base/switch.js';
import { Rooms } from '../conversations/rooms.js';
import { showTopMessages } from '../messages/top-messages.js';
import { avatar } from '../people/avatar.js';
import { peopleField } from '../people/people-search.js';
import { Hooks } from './hooks.js';

/** @import {Participant, User} from '../base/types.js' */
/** @import {Context} from '../shell/messenger.js' */
/** @import {People} from './people.js' */

addStyle(import.meta.url, 'details.css');

const LONGEST_NAME = '80';

/** @param {Context} context @param {string} id */
export async function showRoomDetails(context, id) {
  const people = await context.client.people(id);
  const details = new RoomDetails(context, people);
  openDialog('Details', details);
}

class RoomDetails extends Component {
  #context;
  #id;
  #people;
  #rooms;
  #name = el('div');
  #open = el('div');
  #switch = switchInput({ change: () => this.#setOpen(this.#switch.checked) });
  #list = el('ul', { 'aria-label': 'People in this room' });
  #rest = el('div');
  /** By the ids of the people. @type {Map<string, HTMLLIElement>} */
  #rows = new Map();
  #problem = el('p', { class: 'problem', role: 'alert' });
  #hooks = el('button', { class: 'button', click: () => this.#showHooks() }, 'Webhooks');

  /** @param {Context} context @param {People} people */
  constructor(context, people) {
    super();
    const { client } = context;
    this.#context = context;
    this.#id = people.id;
    this.#people = people;
    this.#rooms = new Rooms(client);
    const search = peopleField('Add somebody',
      (start) => client.conversations.findPeople(start), (person) => this.#rooms.add(this.#id, person));
    this.append(
      this.#name, this.#open, this.#problem,
      el('section', {}, search, this.#list, this.#rest),
      el('footer', {},
        el('button', { class: 'button', click: () => this.#showTop() }, 'Most liked messages'),
        this.#hooks,
        el('button', { class: 'button danger', click: () => this.#leave() }, 'Leave this room')));
    this.watch(() => this.#render(), people, client.conversations);
    this.#render();
  }

  #close() {
    this.closest('dialog')?.close();
  }

  #render() {
    const info = this.#context.client.conversations.known(this.#id);
    if (!info) return this.#close();
    const { title, open, role } = info;
    const isOwner = role === 'owner';
    render(this.#name, nameView, { title, rename: isOwner && this.#rename });
    this.#switch.checked = open;
    this.#hooks.hidden = !isOwner;
    render(this.#open, openView, isOwner ? { input: this.#switch } : { open });
    const { participants, state, reason } = this.#people;
    render(this.#rest, restView, { people: this.#people, state, reason, empty: participants.length === 0 });
    arrange(this.#list, participants.map((person) => this.#row(person, isOwner)));
  }

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

  #handOver = (/** @type {User} */ { id, username }) => {
    if (!confirm(`Make ${username} the owner of this room? Only ${username} can change that back.`)) return;
    this.#try(() => this.#rooms.change(this.#id, { owner: id }));
  };

  #remove = (/** @type {User} */ { id, username }) => {
    if (confirm(`Remove ${username} from this room?`)) this.#try(() => this.#rooms.remove(this.#id, id));
  };

  #leave() {
    if (!confirm('Leave this room? Its messages won’t be here any more.')) return;
    this.#try(async () => {
      await this.#rooms.leave(this.#id);
      this.#close();
      this.#context.router.go('/');
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

/** @param {{title: string, rename: false | ((name: string) => void)}} props */
function nameView({ title, rename }) {
  if (!rename) return [el('p', { class: 'room-name' }, nameOf(title))];
  const input = el('input', { id: 'room-name', required: true, maxlength: LONGEST_NAME, autocomplete: 'off', value: title });
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    rename(input.value.trim());
  };
  return [el('form', { class: 'renaming', submit },
    el('label', { for: 'room-name' }, 'Name'), input, el('button', { class: 'button' }, 'Rename'))];
}

/** @param {{open?: boolean, input?: HTMLInputElement}} props a switch, for whoever may change it */
function openView({ open, input }) {
  if (input) return [el('label', { class: 'choice' }, 'Anyone can find and join it', input)];
  return [el('p', { class: 'muted' }, open ? 'Anyone can find and join it.' : 'Only people who are added are in it.')];
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
    el('span', { class: 'person-name' }, nameOf(user.username), isSelf && ' (you)',
      online && !isSelf && el('span', { class: 'muted' }, 'Online')),
    role === 'owner' && el('span', { class: 'tag' }, 'Owner'),
  ];
  if (!tools) return [el('div', { class: 'person-row' }, ...parts)];
  return [el('details', { name: 'person' },
    el('summary', { class: 'person-row' }, ...parts),
    el('div', { class: 'person-tools' },
      el('button', { class: 'button', click: () => tools.handOver(user) }, 'Make owner'),
      el('button', { class: 'button danger', click: () => tools.remove(user) }, 'Remove')))];
}

customElements.define('room-details', RoomDetails);
