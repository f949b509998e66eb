// A test runner as small as it gets: `test` names what should hold, and `report` finds out.

/** @type {{name: string, body: () => unknown}[]} */
const tests = [];

/** @param {string} name @param {() => unknown} body may be asynchronous, and fails by throwing */
export function test(name, body) {
  tests.push({ name, body });
}

export const assert = {
  /** The same as JSON, or as what `===` says of them. @template T @param {T} actual @param {T} expected */
  equal(actual, expected) {
    const [is, should] = [actual, expected].map((value) => JSON.stringify(value) ?? String(value));
    if (is !== should) throw new Error(`is        ${is}\nshould be ${should}`);
  },

  /** @param {unknown} condition @param {string} [message] */
  ok(condition, message = 'it doesn’t hold') {
    if (!condition) throw new Error(message);
  },
};

/**
 * Does something while it is another time.
 * @template T @param {string} now as in `2026-03-29T00:30`, which is local time @param {() => T} action @returns {T}
 */
export function at(now, action) {
  const RealDate = Date;
  const time = new RealDate(now).getTime();
  globalThis.Date = /** @type {DateConstructor} */ (class extends RealDate {
    /** @param {...any} parts */
    constructor(...parts) {
      // @ts-expect-error: a Date is made from anything
      super(...(parts.length ? parts : [time]));
    }

    /** @override */
    static now() {
      return time;
    }
  });
  try {
    return action();
  } finally {
    globalThis.Date = RealDate;
  }
}

/** Runs all tests, one after the other, and leaves the outcomes in the page. */
export async function report() {
  const outcomes = [];
  const place = /** @type {HTMLElement} */ (document.querySelector('#outcomes'));
  for (const { name, body } of tests) {
    try {
      await body();
      outcomes.push({ name });
    } catch (error) {
      outcomes.push({ name, error: `${error}\n${error instanceof Error ? error.stack : ''}` });
    }
    place.dataset.done = `${outcomes.length}`;
  }
  place.textContent = JSON.stringify(outcomes, null, 2);
}
