// What this device holds of messages, searched without the server.

import { isCurrent } from '../base/api.js';
import { keptMessages } from '../shell/kept.js';
import { find, parse } from './query.js';
import { fold, tokensOf } from './tokens.js';

/** @import {Message} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */
/** @import {Filter, Has} from './query.js' */
/** @import {Found} from './message-search.js' */
/** @import {Token} from './tokens.js' */

/** Nobody looks through more. */
const MOST = 100;
const LINK = /https?:\/\/\S/i;
/** What the kinds of media types are called in a query; all others are files. @type {Record<string, Has>} */
const KINDS = { image: 'picture', video: 'video', audio: 'voice' };
/** Operators of which one is enough. */
const EITHER = ['from', 'in'];

/** By messages, which are other ones when they change. @type {WeakMap<Message, Token[]>} */
const known = new WeakMap();

/** Newest first. @param {Client} client @param {string} text @param {string} conversationId or '' @returns {Found[]} */
export function searchDevice(client, text, conversationId) {
  const { terms, filters } = parse(text);
  if (terms.length + filters.length === 0) return [];
  return messagesOf(client, conversationId)
    .filter((message) => fitsAll(client, filters, message))
    .flatMap((message) => {
      const matches = find(terms, tokensIn(message));
      return matches ? [{ message, matches }] : [];
    })
    .sort((a, b) => (BigInt(a.message.id) < BigInt(b.message.id) ? 1 : -1))
    .slice(0, MOST);
}

/** What is loaded, and what is kept from earlier times. @param {Client} client @param {string} conversationId or '' */
function messagesOf(client, conversationId) {
  const { conversations, timelines, user } = client;
  /** @type {Map<string, Message>} */
  const messages = new Map();
  for (const { id, newest } of [...conversations.listed, ...conversations.archived]) {
    if (conversationId && id !== conversationId) continue;
    for (const message of [...keptMessages(user.id, id), ...timelines.get(id)?.known ?? [], newest]) {
      if (isCurrent(message, messages.get(message.id))) messages.set(message.id, message);
    }
  }
  return [...messages.values()].filter(({ id, deletedAt, system }) => !deletedAt && !system && !client.removing.has(id));
}

/** @param {Message} message */
function tokensIn(message) {
  const tokens = known.get(message) ?? tokensOf(message.content);
  known.set(message, tokens);
  return tokens;
}

/** @param {Client} client @param {Filter[]} filters @param {Message} message */
function fitsAll(client, filters, message) {
  return filters.every((filter) => fits(client, filter, message)
    || EITHER.includes(filter.operator) && filters.some((other) => other.operator === filter.operator && fits(client, other, message)));
}

/** @param {Client} client @param {Filter} filter @param {Message} message */
function fits({ conversations }, { operator, value }, { author, mine, conversationId, content, createdAt, attachments = [] }) {
  if (operator === 'from') return isSame('me', value) ? mine : isSame(author?.username, value);
  if (operator === 'in') {
    const info = conversations.known(conversationId);
    return isSame(info?.other ? info.other.username : info?.title, value);
  }
  if (operator === 'before') return Date.parse(createdAt) < value;
  if (operator === 'after') return Date.parse(createdAt) >= value;
  if (value === 'link') return LINK.test(content);
  return attachments.some(({ type }) => (KINDS[type.split('/')[0] ?? ''] ?? 'file') === value);
}

/** @param {string | undefined} name @param {string} wanted */
function isSame(name, wanted) {
  return name !== undefined && fold(name) === fold(wanted);
}
