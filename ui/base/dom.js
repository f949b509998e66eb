// Building and updating the page from nodes, never from HTML text.

const HIDDEN_FRAME_MS = 200;

/**
 * An element. An attribute that is a function listens to the event of its name; `true` and `false` are with and
 * without. Children that are `null`, `false` or empty are left out.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | boolean | ((event: any) => void)>} [attributes]
 * @param {...(Node | string | null | false)} children
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value !== false) element.setAttribute(name, value === true ? '' : value);
  }
  for (const child of children) if (child) element.append(child);
  return element;
}

/** An element of our own. Its `signal` ends what it listens to when it leaves the page, which it does once. */
export class Component extends HTMLElement {
  #life = new AbortController();
  signal = this.#life.signal;

  disconnectedCallback() {
    this.#life.abort();
  }

  /**
   * Renders in the next frame, and again whenever a model has changed.
   * @param {() => void} render @param {...EventTarget} models
   */
  watch(render, ...models) {
    let due = false;
    const run = () => {
      if (due && this.isConnected) render();
      due = false;
    };
    const changed = () => {
      if (due) return;
      due = true;
      requestAnimationFrame(run);
      // A hidden page has no frames.
      setTimeout(run, HIDDEN_FRAME_MS);
    };
    for (const model of models) model.addEventListener('change', changed, { signal: this.signal });
    changed();
  }
}

/** @typedef {Node | string | null | false} Child */

/** What each element shows. @type {WeakMap<Element, {view: unknown, props: unknown}>} */
const shown = new WeakMap();

/**
 * Shows a view in an element, built anew only when one of its `props` is another. The view is a function of its module
 * and gets nothing but the props, so there is nothing else that it could depend on, and nothing to forget. Props are
 * plain data, which is compared, or functions and models, which have to be the same ones.
 * @template Props
 * @param {HTMLElement} element @param {(props: Props) => Child[]} view @param {Props} props
 */
export function render(element, view, props) {
  const before = shown.get(element);
  if (before?.view === view && isSame(before.props, props)) return;
  shown.set(element, { view, props });
  const focused = element.contains(document.activeElement);
  element.replaceChildren(...view(props).flatMap((child) => child || []));
  // What had the focus is gone, but whoever works by the keyboard is still here.
  /** @type {HTMLElement | null} */
  const next = focused ? element.querySelector('summary, button, a') ?? element.closest('[tabindex]') : null;
  next?.focus({ preventScroll: true });
}

/** @param {any} a @param {any} b @returns {boolean} */
function isSame(a, b) {
  if (Object.is(a, b)) return true;
  if (!isPlain(a) || !isPlain(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && isSame(a[key], b[key]));
}

/** @param {unknown} value */
function isPlain(value) {
  return Array.isArray(value) || value !== null && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype;
}

/**
 * Makes `children` the children of `parent`, in that order, and moves no more of them than it must.
 * @param {Element} parent @param {Element[]} children
 */
export function arrange(parent, children) {
  const focused = document.activeElement;
  const staying = new Set(children);
  for (const child of [...parent.children]) if (!staying.has(child)) child.remove();
  let next = parent.firstElementChild;
  for (const child of children) {
    if (child === next) next = next.nextElementSibling;
    else parent.insertBefore(child, next);
  }
  // An element that is moved loses the focus.
  if (focused instanceof HTMLElement && parent.contains(focused)) focused.focus({ preventScroll: true });
}

/** A name in its own direction, whatever stands around it, and in no other words. @param {string} name */
export function nameOf(name) {
  return el('bdi', { translate: 'no' }, name);
}

/**
 * Whether a key belongs to an input method, which composes a text: it doesn’t do here what it does otherwise. Safari
 * reports the Enter that ends a composition after it, as key 229 (https://bugs.webkit.org/show_bug.cgi?id=165004).
 * @param {KeyboardEvent} event
 */
export function isComposing(event) {
  return event.isComposing || event.keyCode === 229;
}

/** Why something couldn't be done, and a way to try again. @param {string} reason @param {() => void} retry */
export function failure(reason, retry) {
  return el('div', { class: 'failure', role: 'alert' },
    el('p', {}, reason), el('button', { class: 'button', click: retry }, 'Retry'));
}

/** Grey shapes where something will be. The style sheet shows them after a moment. */
export function skeleton() {
  return el('div', { class: 'skeleton', role: 'status' },
    el('span', { class: 'visually-hidden' }, 'Loading'), ...Array.from({ length: 4 }, () => el('i')));
}
