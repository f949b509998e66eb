// What others in a conversation are doing, and how far they have read; and what one can do about the whole of it.

import { el, nameOf, render } from '../base/dom.js';
import { titleOf } from '../base/format.js';
import { drawing, icon } from '../base/icons.js';
import { addStyle, load } from '../base/load.js';
import { actionsOf } from '../messages/actions.js';
import { PinBar } from '../messages/pin-bar.js';
import { searchButton } from '../shell/search-here.js';
import { t, tn } from '../words/index.js';
import { showGone } from './gone.js';
import { levelName, openLevels } from './levels.js';
import { showReach } from './reach.js';
import { TypingString } from './typing-string.js';

/** @import {Level} from '../base/types.js' */
/** @import {Info} from '../conversations/conversations.js' */
/** @import {MessageComposer} from '../messages/message-composer.js' */
/** @import {MessageList} from '../messages/message-list.js' */
/** @import {Client} from '../shell/client.js' */
/** @import {Context} from '../shell/messenger.js' */
/** @import {ConversationView} from './conversation-view.js' */
/** @import {People} from './people.js' */

addStyle(import.meta.url, 'activity.css');
addStyle(import.meta.url, 'print.css');

const PEOPLE = 'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c0-4 3-6 6.5-6s6.5 2 6.5 6M16 4.5a3.5 3.5 0 0 1 0 6.5'
  + 'M18 14.5c2 .8 3.5 2.6 3.5 5.5';
const PERSON = 'M12 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 21c0-4.5 3.5-7 7.5-7s7.5 2.5 7.5 7';

/**
 * Follows it for as long as the view is there, and gives back who takes part.
 * @param {Context} context @param {ConversationView} view @param {Info} info @param {MessageList} list
 * @param {MessageComposer} composer
 */
export function followActivity(context, view, info, list, composer) {
  const { client } = context;
  const { conversations } = client;
  const { id, other } = info;
  conversations.addEventListener('removed', (event) => {
    if (/** @type {CustomEvent<string>} */ (event).detail === id) showGone(view, t('conversation.notIn'));
  }, { signal: view.signal });
  const showDetails = async () => {
    if (other) (await load(() => import('../people/profile-card.js'))).openProfile(context, other.id);
    else (await load(() => import('./room-details.js'))).showRoomDetails(context, id);
  };
  const name = t(other ? 'conversation.profile' : 'conversation.details');
  const details = el('button', { class: 'tool', 'aria-label': name, title: name, click: showDetails },
    drawing(other ? PERSON : PEOPLE));
  view.addTools([searchButton(context, id), details, levelButton(client, view, id)], showDetails);
  view.querySelector('.bar')?.after(new PinBar(context, id));
  const string = new TypingString(list);
  const actions = actionsOf(client);
  const people = actions.people(id);
  if (composer.isConnected) showReach(client, actions.blocks, id, composer);
  view.watch(() => {
    const known = conversations.known(id);
    if (!known) return;
    view.address(known);
    view.tell(...presence(known, people));
    string.show(typingWords(people));
    list.showRead(people.readUpTo);
  }, people, conversations);
  return people;
}

/** Of what one is notified. @param {Client} client @param {ConversationView} view @param {string} id */
function levelButton({ conversations }, view, id) {
  const button = el('button', {
    class: 'tool level', 'aria-haspopup': 'menu', click: () => {
      const { right, left, bottom } = button.getBoundingClientRect();
      openLevels(conversations, id, { x: document.dir === 'rtl' ? right : left, y: bottom });
    },
  });
  view.watch(() => {
    const { level = 'all' } = conversations.known(id) ?? {};
    button.ariaLabel = t('conversation.notificationsAre', { level: levelName(level) });
    button.title = button.ariaLabel;
    render(button, levelView, { level });
  }, conversations);
  return button;
}

/** @param {{level: Level}} props */
function levelView({ level }) {
  return [icon(level === 'none' ? 'bell-off' : 'bell'), level === 'mentions' && el('span', { class: 'at', 'aria-hidden': 'true' }, '@')];
}

/** @param {Info} info @param {People} people */
function presence({ other, participantCount }, people) {
  const typing = typingWords(people);
  if (typing.length > 0) return typing;
  if (!other) return [t('people.count', { count: participantCount })];
  return people.isOnline(other.id) ? [t('conversation.online')] : other.bot ? [t('people.botTag')] : [];
}

/** @param {People} people */
function typingWords({ typing }) {
  const [first, ...others] = typing;
  if (!first) return [];
  if (others.length > 0) return [t('conversation.manyType', { count: typing.length })];
  return tn('conversation.types', { name: nameOf(titleOf(first)) });
}
