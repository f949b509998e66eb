// Making a room, or joining one that is there.

import { reasonOf } from '../base/api.js';
import { el, emblem, failure, nameOf, skeleton } from '../base/dom.js';
import { countPeople } from '../base/format.js';
import { drawing } from '../base/icons.js';
import { conversationPath } from '../base/router.js';
import { Rooms } from '../models/rooms.js';
import { CROSS, openDialog, refusalOf } from './dialog.js';
import { peopleField } from './people-search.js';

/** @import {Conversation} from '../base/types.js' */
/** @import {Context} from './messenger.js' */

const PAGE = 100;
const LONGEST_NAME = '80';

/** @param {Context} context */
export async function showRoomDialog({ client, router }) {
  const rooms = new Rooms(client);
  const go = (/** @type {string} */ id) => {
    dialog?.close();
    router.go(conversationPath(id));
  };
  const dialog = await openDialog('New room', newRoom(client.conversations, rooms, go), openRooms(rooms, go));
  dialog?.querySelector('input')?.focus();
}

/** @param {Context['client']['conversations']} conversations @param {Rooms} rooms @param {(id: string) => void} go */
function newRoom(conversations, rooms, go) {
  /** @type {Set<string>} */
  const people = new Set();
  const name = el('input', { id: 'room-name', form: 'new-room', required: true, maxlength: LONGEST_NAME, autocomplete: 'off' });
  const open = el('input', { class: 'switch', type: 'checkbox', role: 'switch', form: 'new-room' });
  const chosen = el('ul', { class: 'chosen', 'aria-label': 'People in the room' });
  const problem = el('p', { class: 'problem', role: 'alert' });
  const leaveOut = (/** @type {string} */ person) => {
    people.delete(person);
    showPeople();
    search.querySelector('input')?.focus();
  };
  const showPeople = () => chosen.replaceChildren(el('li', {}, 'You'), ...[...people].map((person) => el('li', {},
    nameOf(person),
    el('button', { class: 'tool', 'aria-label': `Leave ${person} out`, click: () => leaveOut(person) }, drawing(CROSS)))));
  const search = peopleField('Find people to add', (start) => conversations.findPeople(start), (person) => {
    people.add(person);
    showPeople();
  });
  const create = async (/** @type {Event} */ event) => {
    event.preventDefault();
    problem.textContent = '';
    try {
      go((await rooms.createRoom(name.value.trim(), [...people], open.checked)).id);
    } catch (error) {
      problem.textContent = refusalOf(error);
    }
  };
  showPeople();
  return el('section', {},
    el('label', { for: 'room-name' }, 'Name'), name,
    chosen, search,
    el('label', { class: 'choice' }, 'Anyone can find and join it', open),
    problem,
    el('form', { id: 'new-room', submit: create }, el('button', { class: 'button primary' }, 'Create room')));
}

/** @param {Rooms} rooms @param {(id: string) => void} go */
function openRooms(rooms, go) {
  const list = el('ul', { class: 'rooms', 'aria-labelledby': 'open-rooms' });
  const rest = el('div', { class: 'list-rest' });
  const load = async (before = '') => {
    rest.replaceChildren(skeleton());
    try {
      const page = await rooms.openRooms(before);
      list.append(...page.map((room) => openRoom(room, rooms, go)));
      rest.replaceChildren(...page.length === PAGE
        ? [el('button', { class: 'button', click: () => load(page.at(-1)?.id) }, 'Show more')]
        : list.children.length === 0 ? [el('p', { class: 'muted' }, 'There is no open room that you aren’t in.')] : []);
    } catch (error) {
      rest.replaceChildren(failure(reasonOf(error), () => load(before)));
    }
  };
  load();
  return el('section', {}, el('h3', { id: 'open-rooms' }, 'Rooms to join'), list, rest);
}

/** @param {Conversation} room @param {Rooms} rooms @param {(id: string) => void} go */
function openRoom({ id, name, participantCount }, rooms, go) {
  const title = name ?? '';
  const problem = el('p', { class: 'problem', role: 'alert' });
  const join = () => rooms.join(id).then(() => go(id)).catch((error) => problem.replaceChildren(reasonOf(error)));
  return el('li', { class: 'person-row' },
    emblem({ id, title, other: null }),
    el('div', { class: 'person-name' }, nameOf(title), el('p', { class: 'muted' }, countPeople(participantCount)), problem),
    el('button', { class: 'button', click: join }, 'Join', el('span', { class: 'visually-hidden' }, ' ', nameOf(title))));
}
