// Doing what may be refused.

import { reasonOf } from './api.js';

/** Says in a line why, where it is. @param {HTMLElement} problem @param {() => Promise<unknown>} act */
export async function attempt(problem, act) {
  problem.textContent = '';
  try {
    await act();
  } catch (error) {
    problem.textContent = reasonOf(error);
  }
}
