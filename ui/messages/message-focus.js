// Going through the messages by keys. The list is one stop of the Tab key: the message that one is at.

/** @param {HTMLElement} log with the messages @param {(row: HTMLElement) => void} open opens what can be done with one @param {(row: HTMLElement) => void} reply answers one */
export function moveByKeys(log, open, reply) {
  log.addEventListener('focusin', ({ target }) => target instanceof Element && stopAt(log, messageOf(target)));
  log.addEventListener('keydown', (event) => {
    const { key, code, target, altKey, ctrlKey, metaKey, shiftKey } = event;
    if (altKey || ctrlKey || metaKey || !(target instanceof HTMLElement)) return;
    const rows = [.../** @type {NodeListOf<HTMLLIElement>} */ (log.querySelectorAll('.message'))];
    if (target === log) {
      if (key !== 'Enter') return;
      const { bottom } = log.getBoundingClientRect();
      focus(rows.findLast((row) => row.getBoundingClientRect().top < bottom));
    } else if (target instanceof HTMLLIElement) {
      const wantsMenu = key === 'Enter' || key === ' ' || key === 'ContextMenu' || key === 'F10' && shiftKey;
      const next = {
        ArrowUp: target.previousElementSibling, ArrowDown: target.nextElementSibling, Home: rows[0], End: rows.at(-1),
      }[key];
      if (wantsMenu) open(target);
      // A keyboard of other letters has the R where the Latin one has it.
      else if (/^[a-z]$/i.test(key) ? key.toLowerCase() === 'r' : code === 'KeyR') reply(target);
      else if (next) focus(next);
      else if (key !== 'ArrowUp' && key !== 'ArrowDown') return;
    } else {
      return;
    }
    event.preventDefault();
  });
}

/** Texts may have lists, too. @param {Element} part @returns {HTMLLIElement | null} the message that it is in */
export function messageOf(part) {
  return part.closest('.message');
}

/** With a message, what is in it can be reached. @param {HTMLElement} log @param {HTMLElement | null} row */
function stopAt(log, row) {
  if (!row) return;
  for (const other of log.querySelectorAll('li[tabindex="0"]')) if (other !== row) leave(/** @type {HTMLElement} */ (other));
  row.tabIndex = 0;
  for (const inner of insideOf(row)) inner.tabIndex = 0;
}

/** @param {HTMLElement} row */
function leave(row) {
  row.tabIndex = -1;
  for (const inner of insideOf(row)) inner.tabIndex = -1;
}

/** What in a message can be reached. @param {Element} row @returns {NodeListOf<HTMLElement>} */
export function insideOf(row) {
  return row.querySelectorAll('a, .chip, .unfold, .quoted, .copy, .mention[name], .tile, .stop, .play, .wave input, video, audio');
}

/** @param {Element | undefined} row */
function focus(row) {
  if (!(row instanceof HTMLLIElement)) return;
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: 'nearest' });
}
