// What this browser keeps: JSON in localStorage, or for as long as the page lives where that is refused or full.

/** @type {Map<string, string>} */
const memory = new Map();

/** @param {string} key @returns {any} null where there is nothing that can be read */
export function kept(key) {
  return read(() => JSON.parse(memory.get(key) ?? localStorage.getItem(key) ?? 'null'));
}

/** @param {string} key @param {unknown} value */
export function keep(key, value) {
  const text = JSON.stringify(value);
  // What stood there before isn’t to return where there is no room for what stands there now.
  let isWritten = write(key, text);
  if (!isWritten) {
    forget(key);
    isWritten = write(key, text);
  }
  if (isWritten) {
    memory.delete(key);
  } else {
    memory.set(key, text);
    // Somebody may want to know that.
    dispatchEvent(new Event('unkept'));
  }
}

/** @param {string} key @param {string} text */
function write(key, text) {
  return read(() => {
    localStorage.setItem(key, text);
    return true;
  });
}

/** Whether something whose key begins so goes with the page. @param {string} prefix */
export function isOnlyHere(prefix) {
  return [...memory.keys()].some((key) => key.startsWith(prefix));
}

/** @param {string} key */
export function forget(key) {
  memory.delete(key);
  read(() => localStorage.removeItem(key));
}

/** The keys that begin so. @param {string} prefix @returns {string[]} */
export function keysOf(prefix) {
  const keys = [...memory.keys(), ...(read(() => Object.keys(localStorage)) ?? [])];
  return [...new Set(keys)].filter((key) => key.startsWith(prefix)).sort();
}

/** @template T @param {() => T} action */
function read(action) {
  try {
    return action();
  } catch {
    return null;
  }
}
