// Starts `tincan lab` for tests, and asks it for what only a lab does. The fixtures of Playwright, Cypress and Vitest are
// made of it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/**
 * @typedef {object} LabOptions
 * @property {string[]} [args] further arguments of `tincan lab`, such as `['--seed', 'edges', '--rng', '1']`
 * @property {string} [binary] the program; `TINCAN_BIN` or the `tincan` on the path if left out
 */

/** A server with a database of its own, which is gone with it. */
export class Lab {
  /** @type {import('node:child_process').ChildProcess} */
  #child;

  /** @param {import('node:child_process').ChildProcess} child @param {{url: string, people: string[]}} ready */
  constructor(child, { url, people }) {
    this.#child = child;
    /** Such as `http://localhost:49152`. */
    this.url = url;
    /** The usernames of those who can sign in. */
    this.people = people;
  }

  /** On a free port. @param {LabOptions} [options] */
  static async start({ args = [], binary = process.env.TINCAN_BIN ?? 'tincan' } = {}) {
    const child = spawn(binary, ['lab', '--port', '0', '--json', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    // It must not outlive the tests, however they end.
    const kill = () => child.kill();
    process.once('exit', kill);
    child.once('exit', () => process.off('exit', kill));
    const lines = createInterface(child.stdout);
    const failed = once(child, 'exit').then(() => {
      throw new Error(`${binary} lab ended before it was ready`);
    });
    const [line] = await Promise.race([once(lines, 'line'), failed]);
    failed.catch(() => {});
    return new Lab(child, JSON.parse(line));
  }

  async stop() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill();
    await ended;
  }

  /** Keeps everything as it is now, to come back to. @param {string} name */
  async snapshot(name) {
    await this.ask('PUT', `/dev/snapshots/${name}`);
  }

  /** Puts everything back to how it was at the start, or in a snapshot. Clients load everything anew. @param {string} [snapshot] */
  async reset(snapshot) {
    await this.ask('POST', '/dev/reset', { snapshot });
  }

  /** Makes requests or streams fail. @param {object} fault such as `{fault: 'lost-answer', operation: 'send', times: 1}` */
  fault(fault) {
    return this.ask('POST', '/dev/faults', fault);
  }

  /** @param {object} change such as `{advance: 60_000}`, in milliseconds */
  clock(change) {
    return this.ask('POST', '/dev/clock', change);
  }

  /** Has one of the people do something. @param {object} act such as `{as: 'john', in: 'jane', do: 'send', text: 'Hello'}` */
  act(act) {
    return this.ask('POST', '/dev/act', act);
  }

  /** Signs somebody in, and gives back their token. @param {string} username @returns {Promise<string>} */
  async token(username) {
    return (await this.ask('POST', '/api/login', { username })).token;
  }

  /** Any call, with a body of JSON. @param {string} method @param {string} path @param {object} [body] @returns {Promise<any>} */
  async ask(method, path, body) {
    const headers = { 'Content-Type': 'application/json' };
    const response = await fetch(`${this.url}${path}`, body ? { method, headers, body: JSON.stringify(body) } : { method });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }
}
