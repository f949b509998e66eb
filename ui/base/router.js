// Which screen the address names, and going to another without loading the page again.

/**
 * In a conversation, `goal` is the id of the message to go to: one that is looked for, or one where somebody was before.
 * @typedef {{name: 'home' | 'page' | 'conversation', id: string, goal?: string}} Route
 */

/** @param {string} [place] @returns {Route} */
function parse(place) {
  const path = location.pathname;
  const [, id, sought] = /^\/conversations\/([1-9][0-9]*)(?:\/([1-9][0-9]*))?$/.exec(path) ?? [];
  if (id) return { name: 'conversation', id, goal: sought ?? place };
  return { name: path === '/' ? 'home' : 'page', id: '' };
}

/** @param {string} id */
export function conversationPath(id) {
  return `/conversations/${id}`;
}

/** Fires `change` when somebody goes somewhere. Ordinary links just work. */
export class Router extends EventTarget {
  route = parse();

  constructor() {
    super();
    addEventListener('popstate', ({ state }) => this.#follow(state?.place));
    document.addEventListener('click', (event) => this.#click(event));
  }

  /** @param {string} path */
  go(path) {
    if (path !== location.pathname) history.pushState(null, '', path);
    this.#follow();
  }

  /** @param {string} [place] the id of a message, where somebody comes back to it */
  #follow(place) {
    this.route = parse(place);
    this.dispatchEvent(new Event('change'));
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const link = event.target instanceof Element && event.target.closest('a');
    const newTab = event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
    if (!link || newTab || link.target || link.download || link.origin !== location.origin) return;
    event.preventDefault();
    this.go(link.pathname);
  }
}
