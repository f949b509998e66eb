// Making a room, or joining one that is there: the button for that, and what it opens.

import { reasonOf } from '../base/api.js';
import { CROSS, openDialog, refusalOf } from '../base/dialog.js';
import { el, failure, nameOf, skeleton } from '../base/dom.js';
import { drawing } from '../base/icons.js';
import { addStyle } from '../base/load.js';
import { conversationPath } from '../base/router.js';
import { switchInput } from '../base/switch.js';
import { emblem } from '../people/avatar.js';
import { findPeople } from '../people/find.js';
import { peopleField } from '../people/people-search.js';
import { t } from '../words/index.js';
import { Rooms } from './rooms.js';

/** @import {Conversation} from '../base/types.js' */
/** @import {Context} from '../shell/messenger.js' */

addStyle(import.meta.url, 'room-dialog.css');

const PLUS = 'M12 5v14M5 12h14';
const PAGE = 100;
const LONGEST_NAME = '80';

/** @param {Context} context */
export function newRoomButton(context) {
  return el('button', {
    class: 'tool', 'aria-label': t('conversations.newRoom'), title: t('conversations.newRoomTitle'),
    click: () => showRoomDialog(context),
  }, drawing(PLUS));
}

/** @param {Context} context */
export function showRoomDialog({ client, router }) {
  const rooms = new Rooms(client);
  const go = (/** @type {string} */ id) => {
    dialog?.close();
    router.go(conversationPath(id));
  };
  const dialog = openDialog(t('conversations.newRoom'), newRoom(client, rooms, go), openRooms(rooms, go));
  dialog?.querySelector('input')?.focus();
}

/** @param {Context['client']} client @param {Rooms} rooms @param {(id: string) => void} go */
function newRoom(client, rooms, go) {
  /** @type {Set<string>} */
  const people = new Set();
  const name = el('input', { id: 'room-name', form: 'new-room', required: true, maxlength: LONGEST_NAME, autocomplete: 'off' });
  const open = switchInput({ form: 'new-room' });
  const chosen = el('ul', { class: 'chosen', 'aria-label': t('conversations.chosen') });
  const problem = el('p', { class: 'problem', role: 'alert' });
  const leaveOut = (/** @type {string} */ person) => {
    people.delete(person);
    showPeople();
    search.querySelector('input')?.focus();
  };
  const showPeople = () => chosen.replaceChildren(el('li', {}, t('conversations.you')), ...[...people].map((person) => el('li', {},
    nameOf(person),
    el('button', { class: 'tool', 'aria-label': t('conversations.leaveOut', { name: person }), click: () => leaveOut(person) }, drawing(CROSS)))));
  const search = peopleField(t('conversations.findPeople'), (start) => findPeople(client, start), (person) => {
    people.add(person);
    showPeople();
  });
  const create = async (/** @type {Event} */ event) => {
    event.preventDefault();
    problem.textContent = '';
    try {
      const { id, participantCount } = await rooms.createRoom(name.value.trim(), [...people], open.checked);
      go(id);
      if (participantCount <= people.size) openDialog(t('conversations.asked'), el('p', {}, t('conversations.someAsked')));
    } catch (error) {
      problem.textContent = refusalOf(error);
    }
  };
  showPeople();
  return el('section', {},
    el('label', { for: 'room-name' }, t('conversations.name')), name,
    chosen, search,
    el('label', { class: 'choice' }, t('conversations.open'), open),
    problem,
    el('form', { id: 'new-room', submit: create }, el('button', { class: 'button primary' }, t('conversations.create'))));
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
        ? [el('button', { class: 'button', click: () => load(page.at(-1)?.id) }, t('conversations.more'))]
        : list.children.length === 0 ? [el('p', { class: 'muted' }, t('conversations.noRooms'))] : []);
    } catch (error) {
      rest.replaceChildren(failure(reasonOf(error), () => load(before)));
    }
  };
  load();
  return el('section', {}, el('h3', { id: 'open-rooms' }, t('conversations.rooms')), list, rest);
}

/** @param {Conversation} room @param {Rooms} rooms @param {(id: string) => void} go */
function openRoom({ id, name, avatarURL, participantCount }, rooms, go) {
  const title = name ?? '';
  const problem = el('p', { class: 'problem', role: 'alert' });
  const join = () => rooms.join(id).then(() => go(id)).catch((error) => problem.replaceChildren(reasonOf(error)));
  return el('li', { class: 'person-row' },
    emblem({ id, title, other: null, avatarURL }),
    el('div', { class: 'person-name' }, nameOf(title), el('p', { class: 'muted' }, t('people.count', { count: participantCount })), problem),
    el('button', { class: 'button', click: join }, t('conversations.join'), el('span', { class: 'visually-hidden' }, ' ', nameOf(title))));
}
