// Holding something with a finger. Not every browser says so by `contextmenu`, and those that do would rather select text.

const HOLD_MS = 450;
/** A finger isn't still. */
const SLIP_PX = 10;

/** @typedef {{x: number, y: number}} Place */

/**
 * What else one can tap in what is held is only tapped, but for what has `data-held`.
 * @param {HTMLElement} area @param {string} selector of what can be held @param {(held: Element, place: Place) => void} act
 * @param {AbortSignal} signal
 */
export function whenHeld(area, selector, act, signal) {
  let timer = 0;
  let place = { x: 0, y: 0 };
  const end = () => clearTimeout(timer);
  area.addEventListener('pointerdown', ({ target, pointerType, isPrimary, clientX: x, clientY: y }) => {
    end();
    const held = heldBy(target, selector);
    if (pointerType === 'mouse' || !isPrimary || !held) return;
    place = { x, y };
    timer = setTimeout(() => {
      // What the finger does when it is lifted is no tap on what is there by then.
      addEventListener('click', swallow, { capture: true, once: true });
      addEventListener('pointerdown', () => removeEventListener('click', swallow, true), { capture: true, once: true });
      act(held, place);
    }, HOLD_MS);
  }, { signal });
  area.addEventListener('pointermove', ({ clientX, clientY }) => {
    if (Math.hypot(clientX - place.x, clientY - place.y) > SLIP_PX) end();
  }, { signal });
  // A finger that scrolls is taken away from the page, which hears of that as `pointercancel`.
  for (const name of ['pointerup', 'pointercancel']) area.addEventListener(name, end, { signal });
  area.addEventListener('contextmenu', (event) => {
    if (isByTouch(event) && heldBy(event.target, selector)) event.preventDefault();
  }, { signal });
}

/** Whether a menu is asked for by holding. @param {MouseEvent} event */
export function isByTouch(event) {
  return /** @type {PointerEvent} */ (event).pointerType === 'touch';
}

/** @param {EventTarget | null} target @param {string} selector */
function heldBy(target, selector) {
  if (!(target instanceof Element)) return null;
  const held = target.closest(selector);
  const control = target.closest('a, button');
  return control && control !== held && !control.matches('[data-held]') ? null : held;
}

/** @param {Event} event */
function swallow(event) {
  event.preventDefault();
  event.stopPropagation();
}
