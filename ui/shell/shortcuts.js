// The keys that work wherever one is on the page.

import { isComposing } from '../base/dom.js';
import { load } from '../base/load.js';
import { conversationPath } from '../base/router.js';

/** @import {ConversationView} from '../conversation/conversation-view.js' */
/** @import {Context} from './messenger.js' */

/**
 * @typedef {object} Actions
 * @property {() => void} search goes to the people search
 * @property {() => void} previous goes one conversation up
 * @property {() => void} next goes one conversation down
 * @property {() => void} newest goes to the newest message, and to where one writes
 * @property {() => void} help shows all keys
 */

export const onMac = /^(Mac|iP)/.test(navigator.platform);

const TEXT_FIELD = 'textarea, input:not([type=radio], [type=checkbox])';

/**
 * @param {Context} context @param {HTMLInputElement} field for people @param {() => ConversationView | null} view what is open
 * @param {AbortSignal} signal
 */
export function listenToShortcuts(context, field, view, signal) {
  const { router } = context;
  /** @type {Actions} */
  const actions = {
    search: () => {
      // On a narrow screen it stands behind the conversation.
      if (!field.checkVisibility()) router.go('/');
      field.focus();
      field.select();
    },
    previous: () => step(context, -1),
    next: () => step(context, 1),
    newest: () => view()?.goToNewest(),
    help: async () => (await load(import('./keyboard-help.js'))).showKeyboardHelp(),
  };
  addEventListener('keydown', (event) => {
    if (event.defaultPrevented || isComposing(event)) return;
    // It closes by itself at Escape, and what is behind it can't be seen.
    if (document.querySelector('dialog[open], :popover-open')) return;
    const action = actionOf(event, actions);
    if (!action) return;
    event.preventDefault();
    action();
  }, { signal });
}

/** To the conversation above or below in the list. @param {Context} context @param {-1 | 1} by */
function step({ client, router }, by) {
  const ids = client.conversations.listed.map(({ id }) => id);
  const index = ids.indexOf(router.route.id);
  const id = index < 0 ? ids[0] : ids[index + by];
  if (id) router.go(conversationPath(id));
}

/** @param {KeyboardEvent} event @param {Actions} actions */
function actionOf(event, { search, previous, next, newest, help }) {
  const { key, code, ctrlKey, metaKey, altKey, shiftKey, target } = event;
  const element = /** @type {HTMLInputElement | null} */ (target instanceof Element ? target : null);
  const field = element?.matches(TEXT_FIELD) ? element : null;
  // A keyboard of other letters has the K where the Latin one has it.
  const isK = /^[a-z]$/i.test(key) ? key.toLowerCase() === 'k' : code === 'KeyK';
  // On a Mac, Ctrl+K cuts the rest of a line.
  if (isK && (onMac ? metaKey && !ctrlKey : ctrlKey && !metaKey) && !altKey && !shiftKey) return search;
  if (ctrlKey || metaKey) return null;
  if (altKey && !shiftKey && (key === 'ArrowUp' || key === 'ArrowDown')) {
    // On a Mac they go from paragraph to paragraph.
    return onMac && field?.value ? null : key === 'ArrowUp' ? previous : next;
  }
  if (key === '?' && !field) return help;
  if (key === 'Escape' && !altKey && !shiftKey) return clearing(field) ?? newest;
  return null;
}

/** What empties the search, where something stands in it. @param {HTMLInputElement | null} field */
function clearing(field) {
  const search = /** @type {HTMLInputElement | null} */ (document.querySelector('input[type=search]'));
  if (!search?.value) return null;
  return () => {
    search.value = '';
    search.dispatchEvent(new Event('input', { bubbles: true }));
    // What was found, and may have the focus, is about to go.
    if (!field) search.focus();
  };
}
