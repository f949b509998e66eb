declare namespace Cypress {
  interface Chainable {
    /** Signs somebody in; the browser has the cookie. */
    signInAs(username: string): Chainable<void>;
    /** Makes requests or streams fail. */
    fault(fault: object): Chainable<unknown>;
    labClock(change: object): Chainable<unknown>;
    /** Has one of the people do something. */
    act(act: object): Chainable<unknown>;
  }
}
