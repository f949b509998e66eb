// A fixture for Vitest: each worker has a server of its own, which begins anew before each test.

import { test as base } from 'vitest';
import { Lab } from '../server.js';

export const test = base
  /** Further arguments of `tincan lab`: `test.override('labArgs', ['--rng', '1'])`. */
  .extend('labArgs', { scope: 'worker' }, /** @type {string[]} */ ([]))
  .extend('server', { scope: 'worker' }, async ({ labArgs }, { onCleanup }) => {
    const lab = await Lab.start({ args: labArgs });
    onCleanup(() => lab.stop());
    return lab;
  })
  .extend('lab', { auto: true }, async ({ server }) => {
    await server.reset();
    return server;
  });
