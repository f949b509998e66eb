// Of which messages one wants to be notified, in each conversation; the same on all devices.

import { reasonOf } from '../base/api.js';
import { openDialog } from '../base/dialog.js';
import { el } from '../base/dom.js';
import { openMenu } from '../base/menu.js';
import { t } from '../words/index.js';

/** @import {Place} from '../base/long-press.js' */
/** @import {Level} from '../base/types.js' */
/** @import {Conversations} from '../conversations/conversations.js' */

const BELL = 'M6 17V11a6 6 0 0 1 12 0v6l2 2H4zM10 21.5h4';
const AT = 'M12 8.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 1 0 0-7M15.5 8.5v5a2.5 2.5 0 0 0 5 0V12a8.5 8.5 0 1 0-3.5 6.9';
const BELL_OFF = `${BELL}M4 4l16 16`;
/** @type {[Level, string][]} */
const LEVELS = [['all', BELL], ['mentions', AT], ['none', BELL_OFF]];

/** @param {Level} level */
export function levelName(level) {
  if (level === 'all') return t('conversation.notifyAll');
  return t(level === 'mentions' ? 'conversation.notifyMentions' : 'conversation.notifyNone');
}

/** @param {Conversations} conversations @param {string} id @param {Place} place @param {() => void} [done] */
export function openLevels(conversations, id, place, done) {
  const { level: now, title = '' } = conversations.known(id) ?? {};
  const choose = async (/** @type {Level} */ level) => {
    try {
      await conversations.set(id, { notificationLevel: level });
      done?.();
    } catch (error) {
      openDialog(title, el('p', {}, reasonOf(error)));
    }
  };
  openMenu(t('conversation.notifications'), LEVELS.map(([level, lines]) => ({
    name: levelName(level), lines, isChosen: level === now, act: () => choose(level),
  })), place);
}
