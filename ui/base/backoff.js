// When to try again: no loop asks a server all the time that doesn’t answer as it should.

/**
 * How long to wait before each further try of something that fails, until it succeeds. Jitter keeps a household from
 * coming back in the same moment.
 * @param {number} first in milliseconds @param {number} longest @param {number} [factor]
 */
export function backoff(first, longest, factor = 2) {
  let failures = 0;
  return {
    next: () => Math.min(longest, first * factor ** failures++) * (0.75 + Math.random() / 4),
    reset: () => {
      failures = 0;
    },
  };
}
