// The way to what one has saved.

import { el } from '../base/dom.js';
import { drawing } from '../base/icons.js';
import { t } from '../words/index.js';

const RIBBON = 'M7 4h10v16l-5-4-5 4z';

export function savedLink() {
  return el('a', { class: 'tool', href: '/saved', 'aria-label': t('saved.title'), title: t('saved.title') }, drawing(RIBBON));
}
