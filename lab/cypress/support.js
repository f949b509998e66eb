// For the support file of Cypress: `import 'tincan-lab/cypress/support'`. Each test begins anew, and support.d.ts has the commands.

/** @param {string} method @param {string} path @param {object} [body] */
const ask = (method, path, body) => cy.task('lab', { method, path, body });

beforeEach(() => {
  ask('POST', '/dev/reset');
});

Cypress.Commands.add('signInAs', (username) => {
  cy.request('POST', '/api/login', { username });
});
Cypress.Commands.add('fault', (fault) => ask('POST', '/dev/faults', fault));
Cypress.Commands.add('labClock', (change) => ask('POST', '/dev/clock', change));
Cypress.Commands.add('act', (act) => ask('POST', '/dev/act', act));
