// Addresses of workers. Where Trusted Types are, a script's address must come from a policy; this one knows no others.

/** @typedef {'/service-worker.js' | '/stream-worker.js'} WorkerAddress */

/** @type {WorkerAddress[]} */
const KNOWN = ['/service-worker.js', '/stream-worker.js'];

const rules = { createScriptURL: (/** @type {string} */ name) => KNOWN.find((known) => known === name) ?? '' };
/** @type {typeof rules | undefined} */
let policy;

/** Said to be a string, as type checkers know no better. @param {WorkerAddress} name */
export function workerUrl(name) {
  const trusted = /** @type {{createPolicy(name: string, from: typeof rules): typeof rules} | undefined} */ (
    Reflect.get(globalThis, 'trustedTypes'));
  // A policy can be made once.
  policy ??= trusted?.createPolicy('tincan', rules) ?? rules;
  return policy.createScriptURL(name);
}
