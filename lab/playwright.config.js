// What .ci/lab runs: the quickstarts and the fixture, in the Chromium of the system.

import { defineConfig } from '@playwright/test';
import { QUICKSTARTS } from './examples/quickstarts.js';

export default defineConfig({
  forbidOnly: true,
  reporter: 'list',
  timeout: 120_000,
  expect: { timeout: 20_000 },
  use: {
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      // Nobody but root is there in a container.
      args: ['--no-sandbox'],
    },
  },
  projects: [
    ...Object.entries(QUICKSTARTS).map(([quickstart, { files }]) => ({
      name: quickstart,
      testMatch: 'examples/quickstarts.spec.js',
      use: { quickstart, labArgs: ['--seed', 'empty', '--ui', `${import.meta.dirname}/examples/${files}`] },
    })),
    { name: 'fixture', testMatch: 'tests/*.spec.js', fullyParallel: true, use: { labArgs: ['--seed', 'empty'] } },
  ],
});
