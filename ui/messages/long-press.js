// Holding something with a finger. Not every browser says so by `contextmenu`, and those that do would rather select text.

const HOLD_MS = 450;
/** A finger isn't still. */
const SLIP_PX = 10;

/** @param {HTMLElement} area @param {string} selector of what can be held @param {(held: Element) => void} act */
export function whenHeld(area, selector, act) {
  let timer = 0;
  let [x, y] = [0, 0];
  const end = () => clearTimeout(timer);
  area.addEventListener('pointerdown', (event) => {
    end();
    const { target, pointerType, isPrimary } = event;
    const held = target instanceof Element && !target.closest('a, button') && target.closest(selector);
    if (pointerType === 'mouse' || !isPrimary || !held) return;
    [x, y] = [event.clientX, event.clientY];
    timer = setTimeout(() => {
      // What the finger does when it is lifted is no tap on what is there by then.
      addEventListener('click', swallow, { capture: true, once: true });
      addEventListener('pointerdown', () => removeEventListener('click', swallow, true), { capture: true, once: true });
      act(held);
    }, HOLD_MS);
  });
  area.addEventListener('pointermove', ({ clientX, clientY }) => {
    if (Math.hypot(clientX - x, clientY - y) > SLIP_PX) end();
  });
  // A finger that scrolls is taken away from the page, which hears of that as `pointercancel`.
  for (const name of ['pointerup', 'pointercancel']) area.addEventListener(name, end);
  area.addEventListener('contextmenu', (event) => {
    const { target, pointerType } = /** @type {PointerEvent} */ (event);
    if (pointerType === 'touch' && target instanceof Element && !target.closest('a') && target.closest(selector)) event.preventDefault();
  });
}

/** @param {Event} event */
function swallow(event) {
  event.preventDefault();
  event.stopPropagation();
}
