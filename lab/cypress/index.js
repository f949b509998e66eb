// For `setupNodeEvents` of Cypress: a server for the run, with tasks for the commands in support.js.

import { Lab } from '../server.js';

/**
 * `e2e: { setupNodeEvents: (on, config) => lab(on, config) }`
 * @param {Cypress.PluginEvents} on @param {Cypress.PluginConfigOptions} config @param {import('../server.js').LabOptions} [options]
 */
export async function lab(on, config, options) {
  const running = await Lab.start(options);
  on('after:run', () => running.stop());
  on('task', {
    /** @param {{method: string, path: string, body?: object}} call A task has to answer something. */
    lab: async ({ method, path, body }) => (await running.ask(method, path, body)) ?? null,
  });
  // The lab’s own address, unless the configuration has another.
  config.baseUrl ??= running.url;
  return config;
}
