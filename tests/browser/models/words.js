// Which language it is to be, and what is said in it in the server’s place.

import rest from '../words/en-rest.js';
import { addWords } from '../words/index.js';
import { choose, textOf } from '../words/others.js';
import { JANE, message, test } from './fakes.js';
import { assert } from './runner.js';

/** @import {Message} from '../base/types.js' */

const MARY = { id: '3', username: 'mary', displayName: 'Mary' };

test('the first language that there is is the one, as it is wanted', () => {
  assert.equal(choose(['nl', 'de-CH', 'fr']), ['de', 'de-CH']);
  assert.equal(choose(['zh-CN']), ['zh-Hans', 'zh-CN']);
  assert.equal(choose(['zh-TW', 'not a tag', 'nl']), ['en', 'en']);
});

test('what has happened is said in words of our own, and what somebody has said is left alone', async () => {
  addWords(rest);
  /** @param {Partial<Message>} more */
  const said = (more) => textOf(message(1, { content: 'as the server says it', author: null, subject: MARY, ...more }))
    .replace(/[\u2068\u2069]/g, '');
  assert.equal([
    said({ system: 'created' }), said({ system: 'joined' }), said({ system: 'left' }),
    said({ system: 'added', actor: JANE }), said({ system: 'added' }),
    said({ system: 'removed', actor: JANE }), said({ system: 'removed' }), said({ system: 'removed', actor: JANE, followed: true }),
    said({ system: 'renamed', roomName: 'Garden' }), said({ system: 'opened' }), said({ system: 'closed' }),
    said({ system: 'owner', actor: JANE }), said({ system: 'owner' }),
  ], [
    'Mary created this room', 'Mary joined', 'Mary left',
    'jane added Mary', 'Mary was added',
    'jane removed Mary', 'Mary was removed', 'Mary left with jane',
    'Mary renamed the room to Garden', 'Mary opened the room to everyone', 'Mary made the room private',
    'jane made Mary the owner', 'Mary is now the owner',
  ]);
  assert.equal(textOf(message(1)), 'message 1');
  // What is newer than this page.
  assert.equal(said({ system: /** @type {any} */ ('moved') }), 'as the server says it');
});
