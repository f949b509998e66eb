// Which screen the address names, and going to another without loading the page again.

/** @typedef {{name: 'home' | 'page' | 'conversation', id: string}} Route */

/** @param {string} path @returns {Route} */
function parse(path) {
  const id = /^\/conversations\/([1-9][0-9]*)$/.exec(path)?.[1];
  if (id) return { name: 'conversation', id };
  return { name: path === '/' ? 'home' : 'page', id: '' };
}

/** @param {string} id */
export function conversationPath(id) {
  return `/conversations/${id}`;
}

/** Fires `change` when somebody goes somewhere. Ordinary links just work. */
export class Router extends EventTarget {
  route = parse(location.pathname);

  constructor() {
    super();
    addEventListener('popstate', () => this.#follow());
    document.addEventListener('click', (event) => this.#click(event));
  }

  /** @param {string} path */
  go(path) {
    if (path !== location.pathname) history.pushState(null, '', path);
    this.#follow();
  }

  #follow() {
    this.route = parse(location.pathname);
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
