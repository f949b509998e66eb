// Several names in a sentence.

/** So many are named. */
const NAMED = 3;

/** A name in its own direction, in a text that can't have elements. @param {string} name */
const isolated = (name) => (/^[ -~]*$/.test(name) ? name : `\u2068${name}\u2069`);

/** The first of them, and how many there are besides. @param {string[]} names */
export function listNames(names) {
  const more = names.length - NAMED;
  if (more < 2) return names.map(isolated).join(', ');
  return `${names.slice(0, NAMED).map(isolated).join(', ')} and ${more} more`;
}
