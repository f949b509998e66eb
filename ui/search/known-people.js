// Who is known here without asking: those whom one has conversations with, and whose messages are loaded.

/** @import {User} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */

/** But for oneself, and whoever has no account any more. @param {Client} client @returns {User[]} */
export function knownPeople({ conversations, timelines, user }) {
  const all = [...conversations.listed, ...conversations.archived];
  const messages = [...all.map(({ newest }) => newest), ...[...timelines.values()].flatMap(({ known }) => known)];
  const users = [...messages.flatMap(({ author, subject }) => [author, subject]), ...all.map(({ other }) => other)];
  const people = new Map(users.flatMap((each) => (each ? [[each.id, each]] : [])));
  return [...people.values()].filter(({ id, deleted }) => !deleted && id !== user.id);
}

/** Whether a text occurs in one of these, whatever its case and accents. @param {string} text */
export function matcher(text) {
  const wanted = plain(text);
  return (/** @type {(string | undefined)[]} */ ...names) => names.some((name) => name && plain(name).includes(wanted));
}

/** @param {string} text */
function plain(text) {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLocaleLowerCase();
}
