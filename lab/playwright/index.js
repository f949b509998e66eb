// A fixture for Playwright: each worker has a server of its own, which begins anew before each test.

import { test as base } from '@playwright/test';
import { Lab } from '../server.js';

export { expect } from '@playwright/test';

/** @typedef {Awaited<ReturnType<import('@playwright/test').APIRequestContext['storageState']>>} StorageState */

/** @typedef {{as: (username: string) => Promise<StorageState>, fresh: void}} TestFixtures */
/** @typedef {{lab: Lab, labArgs: string[]}} WorkerFixtures */

/** @type {import('@playwright/test').Fixtures<TestFixtures, WorkerFixtures, import('@playwright/test').PlaywrightTestArgs & import('@playwright/test').PlaywrightTestOptions, import('@playwright/test').PlaywrightWorkerArgs & import('@playwright/test').PlaywrightWorkerOptions>} */
const fixtures = {
  /** Further arguments of `tincan lab`. */
  labArgs: [[], { scope: 'worker', option: true }],

  lab: [async ({ labArgs }, use) => {
    const lab = await Lab.start({ args: labArgs });
    await use(lab);
    await lab.stop();
  }, { scope: 'worker' }],

  fresh: [async ({ lab }, use) => {
    await lab.reset();
    await use();
  }, { auto: true }],

  /** The lab’s own address, unless the configuration has another. */
  baseURL: async ({ lab, baseURL }, use) => {
    await use(baseURL ?? lab.url);
  },

  /** What a browser has after somebody has signed in: `browser.newContext({ storageState: await as('jane') })`. */
  as: async ({ lab, playwright }, use) => {
    await use(async (username) => {
      const context = await playwright.request.newContext({ baseURL: lab.url });
      const response = await context.post('/api/login', { data: { username } });
      if (!response.ok()) throw new Error(`${username} can’t sign in: ${await response.text()}`);
      const state = await context.storageState();
      await context.dispose();
      return state;
    });
  },
};

export const test = base.extend(fixtures);
