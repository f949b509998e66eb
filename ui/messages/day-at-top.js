// The day of the messages at the top of the screen, which stays there while one scrolls.

import { el } from '../base/dom.js';

const GAP_PX = 8;
/** So long after the last movement it is shown; then it would only be in the way of what is read. */
const LINGER_MS = 1_500;

/** @param {HTMLElement} log with the messages */
export function keepDayAtTop(log) {
  const pill = el('p', { class: 'afloat', 'aria-hidden': 'true', hidden: true });
  log.after(pill);
  let lingering = 0;
  log.addEventListener('scroll', () => {
    clearTimeout(lingering);
    lingering = setTimeout(() => { pill.hidden = true; }, LINGER_MS);
    const { top } = log.getBoundingClientRect();
    const row = [...log.querySelectorAll('li')].find((each) => each.getBoundingClientRect().bottom > top);
    pill.hidden = false;
    pill.textContent = row?.dataset.day ?? '';
    const end = top + pill.offsetHeight + 2 * GAP_PX;
    // It makes way for the days that stand between the messages.
    pill.hidden = [...log.querySelectorAll('.day span, .history')].some((day) => {
      const box = day.getBoundingClientRect();
      return box.height > 0 && box.bottom > top && box.top < end;
    });
  }, { passive: true });
}
