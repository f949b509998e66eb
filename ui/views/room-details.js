// The details of a room: what it is called, who may join it, who is in it, and how to leave.

import { unreachable } from '../base/api.js';
import { addStyle, arrange, avatar, Component, el, failure, fill, nameOf, skeleton } from '../base/dom.js';
import { Rooms } from '../models/rooms.js';
import { openDialog, refusalOf } from './dialog.js';
import { peopleField } from './people-search.js';
import { showTopMessages } from './top-messages.js';

/** @import {Participant, User} from '../base/types.js' */
/** @import {People} from '../models/people.js' */
/** @import {Context} from './messenger.js' */

const LONGEST_NAME = '80';

/** @param {Context} context @param {string} id */
export async function showRoomDetails(context, id) {
  const people = await context.client.people(id);
  const details = new RoomDetails(context, people);
  await openDialog('Details', details);
}

class RoomDetails extends Component {
  #context;
  #id;
  #people;
  #rooms;
  #name = el('div');
  #open = el('div');
  #switch = el('input', {
    class: 'switch', type: 'checkbox', role: 'switch', change: () => this.#setOpen(this.#switch.checked),
  });
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
    fill(this.#name, [title, isOwner], () => [isOwner
      ? this.#renaming(title) : el('p', { class: 'room-name' }, nameOf(title))]);
    this.#switch.checked = open;
    this.#hooks.hidden = !isOwner;
    fill(this.#open, [isOwner, isOwner || open], () => [isOwner
      ? el('label', { class: 'choice' }, 'Anyone can find and join it', this.#switch)
      : el('p', { class: 'muted' }, open ? 'Anyone can find and join it.' : 'Only people who are added are in it.')]);
    const { participants, state, reason } = this.#people;
    fill(this.#rest, [state, reason, participants.length], () => {
      if (state === 'failed') return [failure(reason, () => this.#people.load())];
      return [participants.length === 0 && skeleton()];
    });
    arrange(this.#list, participants.map((person) => this.#row(person, isOwner)));
  }

  /** @param {string} title */
  #renaming(title) {
    const input = el('input', { id: 'room-name', required: true, maxlength: LONGEST_NAME, autocomplete: 'off', value: title });
    const submit = (/** @type {Event} */ event) => {
      event.preventDefault();
      this.#try(() => this.#rooms.change(this.#id, { name: input.value.trim() }));
    };
    return el('form', { class: 'renaming', submit },
      el('label', { for: 'room-name' }, 'Name'), input, el('button', { class: 'button' }, 'Rename'));
  }

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
    const parts = () => [
      avatar(user),
      el('span', { class: 'person-name' }, nameOf(user.username), isSelf && ' (you)',
        online && !isSelf && el('span', { class: 'muted' }, 'Online')),
      role === 'owner' && el('span', { class: 'tag' }, 'Owner'),
    ];
    fill(row, [role, online, isOwner], () => (isOwner && !isSelf
      ? [el('details', { name: 'person', open: isOpen },
        el('summary', { class: 'person-row' }, ...parts()),
        el('div', { class: 'person-tools' },
          el('button', { class: 'button', click: () => this.#handOver(user) }, 'Make owner'),
          el('button', { class: 'button danger', click: () => this.#remove(user) }, 'Remove')))]
      : [el('div', { class: 'person-row' }, ...parts())]));
    return row;
  }

  /** @param {User} user */
  #handOver({ id, username }) {
    if (!confirm(`Make ${username} the owner of this room? Only ${username} can change that back.`)) return;
    this.#try(() => this.#rooms.change(this.#id, { owner: id }));
  }

  /** @param {User} user */
  #remove({ id, username }) {
    if (confirm(`Remove ${username} from this room?`)) this.#try(() => this.#rooms.remove(this.#id, id));
  }

  #leave() {
    if (!confirm('Leave this room? Its messages won’t be here any more.')) return;
    this.#try(async () => {
      await this.#rooms.leave(this.#id);
      this.#close();
      this.#context.router.go('/');
    });
  }

  async #showTop() {
    this.#close();
    await showTopMessages(this.#context.client, this.#id);
  }

  async #showHooks() {
    await this.#try(async () => {
      const [{ showHooks }] = await Promise.all([
        import('./hooks-dialog.js').catch(unreachable), addStyle('/accounts.css'),
      ]);
      this.#close();
      await showHooks(this.#context.client.api, this.#id);
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

customElements.define('room-details', RoomDetails);
