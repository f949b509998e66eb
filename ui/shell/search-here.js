// The way from a conversation to the field above the list, to search in that conversation alone.

import { el } from '../base/dom.js';
import { drawing } from '../base/icons.js';
import { t } from '../words/index.js';

/** @import {Context} from './messenger.js' */

const GLASS = 'M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 1 0 0-13M15.5 15.5L20 20';

/** @param {Context} context @param {string} id of the conversation */
export function searchHere({ router }, id) {
  const field = document.querySelector('.finder input');
  // On a narrow screen it stands behind the conversation.
  if (!field?.checkVisibility()) router.go('/');
  field?.dispatchEvent(new CustomEvent('search-in', { detail: id }));
}

/** For the bar of a conversation. @param {Context} context @param {string} id */
export function searchButton(context, id) {
  const name = t('search.here');
  return el('button', { class: 'tool search-here', 'aria-label': name, title: name, click: () => searchHere(context, id) }, drawing(GLASS));
}
