// What somebody has shared from another app with this one. The service worker keeps it until it is known whom it is for.

/** Named in the service worker, too. */
const CACHE = 'shared';
const LIST = '/share';

/** @typedef {{text: string, files: File[]}} SharedHere */

/** Null where nothing is, as in a browser that has no service worker. @returns {Promise<SharedHere | null>} */
export async function sharedHere() {
  const list = await find(LIST);
  if (!list) return null;
  /** @type {{title: string, text: string, url: string, files: {name: string, type: string}[]}} */
  const { title, text, url, files } = await list.json();
  const read = async (/** @type {{name: string, type: string}} */ { name, type }, /** @type {number} */ place) => {
    const body = await (await find(`${LIST}/${place}`))?.blob();
    return body ? [new File([body], name, { type })] : [];
  };
  return { text: textOf([title, text, url]), files: (await Promise.all(files.map(read))).flat() };
}

/** Plain http has no caches. @param {string} path */
async function find(path) {
  return globalThis.caches?.match(path).catch(() => undefined);
}

/** Apps say the same in several places, such as an address in the text. @param {string[]} parts */
function textOf(parts) {
  return parts.map((part) => part.trim())
    .filter((part, index, all) => part && !all.some((other, place) => place !== index && other.includes(part) && (other !== part || place < index)))
    .join('\n');
}

/** It is somewhere else by now, or isn’t wanted. */
export async function forgetShared() {
  await globalThis.caches?.delete(CACHE).catch(() => false);
}
