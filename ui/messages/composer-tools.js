// What helps to write: emoji, and files that go with it.

import { el } from '../base/dom.js';
import { drawing } from '../base/icons.js';
import { load } from '../base/load.js';
import { takeFiles } from '../files/attach.js';
import { t } from '../words/index.js';
import { completeEmoji } from './emoji-completion.js';
import { insertText } from './insert.js';
import { limitLength } from './length.js';

/** @import {Client} from '../shell/client.js' */
/** @import {MessageComposer} from './message-composer.js' */

const SMILE = 'M12 3a9 9 0 1 0 0 18 9 9 0 1 0 0-18M8.5 14.5c1.8 2.4 5.2 2.4 7 0M9 9.5v.5M15 9.5v.5';

/** @param {MessageComposer} composer @param {Client} client @param {string} id of the conversation @param {() => void} sent is called where something is sent */
export function equipComposer(composer, client, id, sent) {
  const { form } = composer;
  const pick = async () => {
    const { openEmojiPicker } = await load(() => import('./emoji-picker.js'));
    // Behind a dialog, a field forgets where its caret is.
    const { selectionStart, selectionEnd } = composer.field;
    openEmojiPicker(t('messages.insertEmoji'), (emoji) => insertText(composer.field, emoji, selectionStart, selectionEnd));
  };
  form.append(el('button', {
    class: 'tool insert-emoji', type: 'button', 'aria-label': t('messages.insertEmoji'), title: t('messages.insertEmoji'), click: pick,
  }, drawing(SMILE)));
  limitLength(form);
  completeEmoji(form);
  takeFiles(composer, client, id, sent);
}
