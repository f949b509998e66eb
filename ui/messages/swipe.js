// Moving a message aside with a finger, towards where a line ends, which answers it.

import { messageOf } from './message-focus.js';

/** So far, it is answered. */
const FAR_PX = 56;
/** It follows the finger no further. */
const MOST_PX = 72;
/** So far, a finger may go anywhere. */
const SLIP_PX = 12;
/** From the edge of the screen, a finger goes back to the page before. */
const EDGE_PX = 24;

/** @param {HTMLElement} area @param {(row: HTMLElement) => boolean} may @param {(row: HTMLElement) => void} act @param {AbortSignal} signal */
export function whenSwiped(area, may, act, signal) {
  /** What is being moved, from where, and whether it is clear by now that it is. @type {{row: HTMLElement, x: number, y: number, isSure: boolean, far: boolean} | null} */
  let moved = null;
  const end = () => {
    if (!moved) return;
    moved.row.style.removeProperty('--swiped');
    moved.row.classList.remove('swiped', 'far');
    moved = null;
  };
  area.addEventListener('pointerdown', ({ target, pointerType, isPrimary, clientX: x, clientY: y }) => {
    end();
    const row = target instanceof Element && target.closest('.bubble') ? messageOf(target) : null;
    const isAtEdge = x < EDGE_PX || x > innerWidth - EDGE_PX;
    if (pointerType === 'touch' && isPrimary && row && !isAtEdge && may(row)) moved = { row, x, y, isSure: false, far: false };
  }, { signal });
  area.addEventListener('pointermove', ({ clientX, clientY, isPrimary }) => {
    if (!moved || !isPrimary) return;
    const sign = document.dir === 'rtl' ? -1 : 1;
    const along = (clientX - moved.x) * sign;
    const across = Math.abs(clientY - moved.y);
    if (!moved.isSure) {
      if (Math.hypot(along, across) < SLIP_PX) return;
      if (along < 2 * across) return end();
      moved.isSure = true;
      moved.row.classList.add('swiped');
    }
    const far = along >= FAR_PX;
    if (far && !moved.far) navigator.vibrate?.(10);
    moved.far = far;
    moved.row.classList.toggle('far', far);
    moved.row.style.setProperty('--swiped', `${sign * Math.max(0, Math.min(along, MOST_PX))}px`);
  }, { signal });
  area.addEventListener('pointerup', () => {
    const row = moved?.far ? moved.row : null;
    end();
    if (row) act(row);
  }, { signal });
  // A finger that scrolls is taken away from the page.
  area.addEventListener('pointercancel', end, { signal });
}
