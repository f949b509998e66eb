// When to try again: no loop asks a server all the time that doesn’t answer as it should.

/** How long to wait before each further try of something that fails, until it succeeds. */
export class Backoff {
  #failures = 0;
  #first;
  #longest;
  #factor;

  /** @param {number} first in milliseconds @param {number} longest @param {number} [factor] */
  constructor(first, longest, factor = 2) {
    this.#first = first;
    this.#longest = longest;
    this.#factor = factor;
  }

  /** It has failed. Jitter keeps a household from coming back in the same moment. */
  next() {
    const time = Math.min(this.#longest, this.#first * this.#factor ** this.#failures);
    this.#failures += 1;
    return time * (0.75 + Math.random() / 4);
  }

  /** It has succeeded, or something has changed. */
  reset() {
    this.#failures = 0;
  }
}
