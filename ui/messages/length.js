// How long a message may be: said near the end, and held beyond it.

import { el } from '../base/dom.js';
import { t } from '../words/index.js';

/** In characters of Unicode, as the server counts them. */
export const MOST = 4_000;
/** From here on it is said. */
const NEARLY = 3_800;

/** @param {HTMLFormElement} form with a text field */
export function limitLength(form) {
  const count = el('output', { class: 'count' });
  const problem = el('p', { class: 'problem', role: 'alert' });
  form.append(count);
  form.before(problem);
  const length = () => [...form.querySelector('textarea')?.value.trim() ?? ''].length;
  const show = () => {
    const now = length();
    count.textContent = now > NEARLY ? t('messages.count', { count: now, most: MOST }) : '';
    count.classList.toggle('over', now > MOST);
    if (now <= MOST) problem.textContent = '';
  };
  for (const name of ['input', 'change']) form.addEventListener(name, show);
  form.addEventListener('submit', (event) => {
    const over = length() - MOST;
    if (over > 0) {
      event.preventDefault();
      event.stopImmediatePropagation();
      problem.textContent = t('messages.tooLong', { count: over, most: MOST });
    }
    // What is sent isn't there any more.
    queueMicrotask(show);
  }, { capture: true });
  show();
}
