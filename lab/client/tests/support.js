// A server of one's own for a test, and a connection to it that fails as the test wants.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const BINARY = process.env.TINCAN_BIN ?? 'tincan';

/** The real program in development mode, with a database that outlives it. */
export class Server {
  port = 0;

  static async start() {
    const server = new Server();
    server.folder = await mkdtemp(join(tmpdir(), 'tincan-client-'));
    await server.start();
    return server;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  get database() {
    return join(this.folder, 'tincan.db');
  }

  /** At the address that it had, if it had one. */
  async start() {
    const args = ['--dev', '--listen', `127.0.0.1:${this.port}`, '--db', this.database, '--log', 'error'];
    this.child = spawn(BINARY, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    for await (const line of createInterface(this.child.stdout)) {
      const [, port] = /^listening on .*:(\d+)$/.exec(line) ?? [];
      if (port) {
        this.port = Number(port);
        return;
      }
    }
    throw new Error('the server ended before it was ready');
  }

  /** @param {NodeJS.Signals} signal */
  async stop(signal = 'SIGTERM') {
    const ended = once(this.child, 'exit');
    this.child.kill(signal);
    await ended;
  }

  async end() {
    await this.stop('SIGKILL');
    await rm(this.folder, { recursive: true });
  }
}

/** Passes connections on, and does to them what it is told. */
export class Line {
  /** What to do with a request, by its head: `cut` its answer, `hold` it back, answer it with this `status`, or nothing. @type {(head: string) => undefined | 'cut' | 'hold' | number} */
  fault = () => undefined;
  /** Connections that have fallen silent without having ended, and what they would have said. @type {Map<import('node:net').Socket, Buffer[]>} */
  silent = new Map();
  /** What is open, and the head of its last request. @type {Map<import('node:net').Socket, string>} */
  clients = new Map();

  /** @param {Server} server */
  static async to(server) {
    const line = new Line();
    line.server = createServer((client) => line.pass(client, connect(server.port, '127.0.0.1')));
    line.server.listen(0, '127.0.0.1');
    await once(line.server, 'listening');
    line.url = `http://127.0.0.1:${line.server.address().port}`;
    return line;
  }

  /** @param {import('node:net').Socket} client @param {import('node:net').Socket} upstream */
  pass(client, upstream) {
    this.clients.set(client, '');
    /** @type {ReturnType<Line['fault']>} */
    let fault;
    const close = () => {
      client.destroy();
      upstream.destroy();
      this.clients.delete(client);
    };
    for (const socket of [client, upstream]) socket.on('error', close).on('close', close);
    client.on('data', (data) => {
      const head = data.toString('latin1');
      if (/^[A-Z]+ \//.test(head)) {
        this.clients.set(client, head);
        fault = this.fault(head);
      }
      if (typeof fault === 'number') client.end(`HTTP/1.1 ${fault} Refused\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
      else upstream.write(data);
    });
    upstream.on('data', (data) => {
      if (fault === 'cut') close();
      else if (this.silent.has(client)) this.silent.get(client).push(data);
      else if (fault !== 'hold') client.write(data);
    });
  }

  /** What is open now is heard no more. What opens later is. @param {(head: string) => boolean} [which] by its last request */
  silence(which = () => true) {
    const silent = [...this.clients].filter(([, head]) => which(head));
    this.silent = new Map(silent.map(([client]) => [client, []]));
  }

  /** What was held back comes after all. */
  release() {
    for (const [client, held] of this.silent) client.write(Buffer.concat(held));
    this.silent.clear();
  }

  destroyAll() {
    for (const client of this.clients.keys()) client.destroy();
  }

  end() {
    this.server.close();
    this.destroyAll();
  }
}

/** What a feed has told. */
export class Told {
  /** @type {import('../client.js').FeedEvent[]} */
  events = [];
  /** @type {string[]} */
  states = [];
  loads = 0;

  /** @param {import('../client.js').Tincan} client @param {Partial<import('../client.js').FeedOptions>} [options] */
  constructor(client, options) {
    this.feed = client.feed({
      load: () => this.loads++,
      event: (event) => this.events.push(event),
      state: (state, transport) => this.states.push(`${state} ${transport}`),
      ...options,
    });
  }

  /** The contents of the messages of others. */
  get contents() {
    return this.events.filter(({ event }) => event === 'message').map(({ data }) => data.content);
  }

  /** Looks until it is so. @param {() => unknown} isSo */
  async until(isSo) {
    while (!isSo()) await new Promise((done) => setTimeout(done, 5));
  }

  async connected() {
    await this.until(() => this.feed.state === 'connected' && this.feed.cursor);
    return this;
  }
}
