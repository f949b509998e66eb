// What narrows a search down, offered while one types: whose messages, where, with what, and from when.

import { el, nameOf } from '../base/dom.js';
import { titleOf } from '../base/format.js';
import { drawing } from '../base/icons.js';
import { date } from '../base/times.js';
import { avatar, emblem } from '../people/avatar.js';
import { namesOf } from '../people/names.js';
import { t } from '../words/index.js';
import { knownPeople, matcher } from './known-people.js';

/** @import {User} from '../base/types.js' */
/** @import {Info} from '../conversations/conversations.js' */
/** @import {Client} from '../shell/client.js' */

/**
 * What the word that is being typed may become: `text` in its place, or a search in one conversation.
 * @typedef {{key: string, picture: Element, name: (Node | string)[], text?: string, conversation?: Info}} Completion
 */

const MOST = 6;
const DAYS = [0, 1, 7, 30];
const CALENDAR = 'M5 6h14v14H5zM5 10h14M9 3v4M15 3v4';
const CLIP = 'M20 11l-8.5 8.5a5 5 0 0 1-7-7L13 4a3.3 3.3 0 0 1 5 5l-8.5 8.5a1.7 1.7 0 0 1-2.5-2.5L15 7';
/** The operators of the server, and what they are called. */
export const OPERATORS = /** @type {const} */ (['from', 'in', 'has', 'before', 'after']);
/** The word at the end that is an operator, with what of its value is there. */
const UNFINISHED = /(?:^|\s)(?<operator>from|in|has|before|after):(?<value>[^\s"“”„«»]*)$/i;

/** @param {typeof OPERATORS[number]} operator */
export function labelOf(operator) {
  return {
    from: t('search.from'), in: t('search.in'), has: t('search.has'), before: t('search.before'), after: t('search.after'),
  }[operator];
}

/**
 * The operator that is being typed at the end of a text, what it may become, and the text before it; nothing where it is
 * complete.
 * @param {string} text @param {Client} client
 */
export function completionsOf(text, client) {
  const found = UNFINISHED.exec(text);
  if (!found?.groups) return null;
  const operator = /** @type {typeof OPERATORS[number]} */ (found.groups.operator?.toLowerCase());
  const value = (found.groups.value ?? '').replace(/^[@#]/, '');
  const all = COMPLETIONS[operator](client, value);
  // What is none of these may be one for the server.
  if (value && all.length === 0 || all.some((each) => each.text === `${operator}:${value}`)) return null;
  return { operator, before: text.slice(0, found.index).trimEnd(), completions: all.slice(0, MOST) };
}

/** @type {Record<typeof OPERATORS[number], (client: Client, value: string) => Completion[]>} */
const COMPLETIONS = { from: people, in: places, has: things, before: days('before'), after: days('after') };

/** @param {Client} client @param {string} value @returns {Completion[]} */
function people(client, value) {
  const matches = matcher(value);
  const completion = (/** @type {User} */ user, /** @type {string} */ text, /** @type {(Node | string)[]} */ name) =>
    ({ key: `from ${user.id}`, picture: avatar(user), name, text: `from:${text}` });
  const you = t('conversations.you');
  const oneself = matches('me', you, client.user.username) ? [completion(client.user, 'me', [you])] : [];
  const others = knownPeople(client).filter((user) => matches(user.username, titleOf(user)));
  return [...oneself, ...others.map((user) => completion(user, user.username, namesOf(user)))];
}

/** @param {Client} client @param {string} value @returns {Completion[]} */
function places({ conversations }, value) {
  const matches = matcher(value);
  return [...conversations.listed, ...conversations.archived].filter(({ title, other }) => matches(title, other?.username))
    .map((conversation) => ({ key: `in ${conversation.id}`, picture: emblem(conversation), name: [nameOf(conversation.title)], conversation }));
}

/** @param {Client} _ @param {string} value @returns {Completion[]} */
function things(_, value) {
  const matches = matcher(value);
  const names = {
    picture: t('search.picture'), video: t('search.video'), voice: t('search.voice'), file: t('search.file'), link: t('search.link'),
  };
  return Object.entries(names).filter(([word, name]) => matches(word, name))
    .map(([word, name]) => ({ key: `has ${word}`, picture: plainPicture(CLIP), name: [name], text: `has:${word}` }));
}

/** @param {'before' | 'after'} operator @returns {(client: Client, value: string) => Completion[]} */
function days(operator) {
  return (_, value) => DAYS.flatMap((ago) => {
    const day = new Date();
    day.setDate(day.getDate() - ago);
    const iso = isoOf(day);
    const names = [...ago > 1 ? [] : [ago ? t('time.yesterday') : t('time.today')], date(day)];
    return iso.startsWith(value) || matcher(value)(...names)
      ? [{ key: `${operator} ${iso}`, picture: plainPicture(CALENDAR), name: [names.join(', ')], text: `${operator}:${iso}` }] : [];
  });
}

/** For another day than those that are offered. @param {(text: string) => void} choose gets it as the operator’s value */
export function dayField(choose) {
  const input = el('input', {
    // A year that is still being typed isn’t one of ours.
    type: 'date', min: '1970-01-01', change: () => input.value && input.checkValidity() && choose(input.value),
  });
  return el('label', { class: 'other-day' }, t('search.otherDay'), input);
}

/** A day where one is. @param {Date} day */
function isoOf(day) {
  return [day.getFullYear(), day.getMonth() + 1, day.getDate()].map((part) => `${part}`.padStart(2, '0')).join('-');
}

/** @param {string} lines */
export function plainPicture(lines) {
  return el('span', { class: 'avatar plain' }, drawing(lines));
}
