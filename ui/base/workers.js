// Addresses of workers. Where Trusted Types are, a script's address must come from a policy; this one knows no others.

const ADDRESSES = {
  // It is for the whole origin, so it stands above everything.
  service: '/service-worker.js',
  stream: new URL('../stream/worker.js', import.meta.url).pathname,
};

const known = Object.values(ADDRESSES);
const rules = { createScriptURL: (/** @type {string} */ address) => known.find((each) => each === address) ?? '' };
/** @type {typeof rules | undefined} */
let policy;

/** Said to be a string, as type checkers know no better. @param {keyof typeof ADDRESSES} name */
export function workerUrl(name) {
  const trusted = /** @type {{createPolicy(name: string, from: typeof rules): typeof rules} | undefined} */ (
    Reflect.get(globalThis, 'trustedTypes'));
  // A policy can be made once.
  policy ??= trusted?.createPolicy('tincan', rules) ?? rules;
  return policy.createScriptURL(ADDRESSES[name]);
}
