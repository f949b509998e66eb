// The bytes of files that aren’t sent yet, kept in IndexedDB. In parts, and not as blobs: Safari loses those of an earlier
// time. (The messages themselves stay in localStorage, where texts are: that answers at once, and tells other tabs.)

/** No larger than what one request takes. */
export const PART = 1024 * 1024;

const DATABASE = 'tincan-outbox';
const STORE = 'parts';

/** Whose it is, of which message, the number of the file, and what of it. @typedef {[string, string, number, 'body' | 'thumb']} Key */

export class Parts {
  /** @type {Promise<IDBDatabase> | undefined} */
  #database;

  /** Rejects where the browser keeps nothing, or has no room. @param {Key} key @param {Blob} blob */
  async keep(key, blob) {
    for (let part = 0; part * PART < blob.size; part += 1) {
      const bytes = await blob.slice(part * PART, (part + 1) * PART).arrayBuffer();
      await this.#do('readwrite', (store) => store.put(bytes, [...key, part]));
    }
  }

  /** Bytes within one part; null where they aren’t here. @param {Key} key @param {number} from @param {number} to @returns {Promise<ArrayBuffer | null>} */
  async read(key, from, to) {
    const part = Math.floor(from / PART);
    /** @type {ArrayBuffer | undefined} */
    const bytes = await this.#do('readonly', (store) => store.get([...key, part]));
    return bytes?.slice(from - part * PART, to - part * PART) ?? null;
  }

  /** All of it; null where it isn’t here. @param {Key} key @returns {Promise<Blob | null>} */
  async readAll(key) {
    /** @type {ArrayBuffer[]} */
    const parts = await this.#do('readonly', (store) => store.getAll(IDBKeyRange.bound(key, [...key, []])));
    return parts.length > 0 ? new Blob(parts) : null;
  }

  /** @param {string} userId @param {string} clientId */
  async forget(userId, clientId) {
    await this.#do('readwrite', (store) => store.delete(within([userId, clientId])));
  }

  /** All that somebody has here. @param {string} userId */
  async forgetAll(userId) {
    await this.#do('readwrite', (store) => store.delete(within([userId])));
  }

  /** The messages of which something is here, by their client ids. @param {string} userId */
  async kept(userId) {
    /** @type {Key[]} */
    const keys = await this.#do('readonly', (store) => store.getAllKeys(within([userId])));
    return new Set(keys.map(([, clientId]) => clientId));
  }

  /** @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest} ask @returns {Promise<any>} */
  async #do(mode, ask) {
    this.#database ??= open();
    const transaction = (await this.#database).transaction(STORE, mode);
    const request = ask(transaction.objectStore(STORE));
    return new Promise((done, fail) => {
      transaction.oncomplete = () => done(request.result);
      transaction.onabort = () => fail(transaction.error);
    });
  }
}

/** Every key that begins so: a list comes after all numbers and texts. @param {string[]} key */
function within(key) {
  return IDBKeyRange.bound(key, [...key, []]);
}

/** @returns {Promise<IDBDatabase>} */
function open() {
  return new Promise((done, fail) => {
    // Where storage is blocked, asking for it may throw, and so reject.
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
  });
}
