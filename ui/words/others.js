// What languages other than English need before anything is shown: which of them it is to be, and in it, the sentences that
// the server says in English.

import { titleOf } from '../base/format.js';
import { find, t } from './index.js';

/** @import {Message} from '../base/types.js' */
/** @import {Key} from './index.js' */

/** Those that there are, by their tags (BCP 47), which are also the names of the files. */
export const LANGUAGES = ['en', 'de', 'fr', 'es', 'pl', 'ar', 'zh-Hans', 'ja'];
export const RIGHT_TO_LEFT = ['ar'];

/**
 * The first language that there is, and as what it is wanted.
 * @param {string[]} wanted language tags, the best first @returns {[string, string]}
 */
export function choose(wanted, offered = LANGUAGES) {
  for (const tag of wanted) {
    const found = offered.find((each) => namesOf(tag).includes(each));
    if (found) return [found, tag];
  }
  return ['en', 'en'];
}

/** What somebody who wants a language can read: for `zh-CN`, that is `zh-Hans`. @param {string} tag */
function namesOf(tag) {
  try {
    const { language, script } = new Intl.Locale(tag).maximize();
    return [`${language}-${script}`, ...(language === 'zh' ? [] : [language])];
  } catch {
    // Not a language tag (RFC 5646).
    return [];
  }
}

/** What somebody has said; or what has happened, in the language of whoever reads it. @param {Message} message */
export function textOf({ content, system, actor, subject, roomName = '', followed }) {
  const key = system && keyOf(system, Boolean(actor), Boolean(followed));
  // What a language lacks may not be here in English yet, but the server has said it.
  if (!key || !find(key)) return content;
  return t(key, { actor: isolated(titleOf(actor)), subject: isolated(titleOf(subject)), name: isolated(roomName) });
}

/** @param {NonNullable<Message['system']>} system @param {boolean} byActor @param {boolean} followed @returns {Key} */
function keyOf(system, byActor, followed) {
  switch (system) {
    case 'created': return 'messages.systemCreated';
    case 'joined': return 'messages.systemJoined';
    case 'left': return 'messages.systemLeft';
    case 'added': return byActor ? 'messages.systemAdded' : 'messages.systemWasAdded';
    case 'removed':
      if (!byActor) return 'messages.systemWasRemoved';
      return followed ? 'messages.systemFollowed' : 'messages.systemRemoved';
    case 'renamed': return 'messages.systemRenamed';
    case 'opened': return 'messages.systemOpened';
    case 'closed': return 'messages.systemClosed';
    case 'pictureChanged': return 'messages.systemPictureChanged';
    case 'pictureRemoved': return 'messages.systemPictureRemoved';
    case 'owner': return byActor ? 'messages.systemOwner' : 'messages.systemIsOwner';
  }
}

/** A name in a text without elements, in its own direction. @param {string} name */
function isolated(name) {
  return `\u2068${name}\u2069`;
}
