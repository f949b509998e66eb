// Building and updating the page from nodes, never from HTML text.

import { hueOf, initialOf } from './format.js';

/** @import {User} from './types.js' */

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

/**
 * Fills an element anew, unless it shows already what `signature` stands for.
 * @param {HTMLElement} element @param {unknown[]} signature @param {() => (Node | string | null | false)[]} build
 */
export function fill(element, signature, build) {
  const text = signature.join();
  if (element.dataset.shows === text) return;
  const focused = element.contains(document.activeElement);
  element.dataset.shows = text;
  element.replaceChildren(...build().flatMap((child) => child || []));
  // What had the focus is gone, but whoever works by the keyboard is still here.
  /** @type {HTMLElement | null} */
  const next = focused ? element.querySelector('summary, button, a') ?? element.closest('[tabindex]') : null;
  next?.focus({ preventScroll: true });
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

/** @type {Map<string, Promise<unknown>>} */
const styles = new Map();

/** Adds a style sheet, unless it is there, and waits until it applies. @param {string} path */
export function addStyle(path) {
  const added = styles.get(path) ?? new Promise((done) => {
    document.head.append(el('link', { rel: 'stylesheet', href: path, load: done, error: done }));
  });
  styles.set(path, added);
  return added;
}

/** A name in its own direction, whatever stands around it. @param {string} name */
export function nameOf(name) {
  return el('bdi', {}, name);
}

/** @param {User} user */
export function avatar({ id, username, avatarURL }) {
  const picture = avatarURL && el('img', { class: 'avatar', src: avatarURL, alt: '' });
  return tinted(id, picture || el('span', { class: 'avatar', 'aria-hidden': 'true' }, initialOf(username)));
}

/** What stands for a conversation: the other one's avatar, or one of the room's own. @param {{id: string, title: string, other: User | null}} info */
export function emblem({ id, title, other }) {
  const element = avatar(other ?? { id, username: title });
  element.classList.toggle('room', !other);
  return element;
}

/** Something in the hue of whatever has this id. @template {HTMLElement} T @param {string} id @param {T} element */
export function tinted(id, element) {
  element.style.setProperty('--hue', `${hueOf(id)}`);
  return element;
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
