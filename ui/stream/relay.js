// Follows the feed once for a whole browser, and passes it on to all of its tabs.

import { openChannel } from '../base/workers.js';
import { Feed } from './feed.js';

/** @import {Step} from './feed.js' */
/** @typedef {{connected: boolean, transport: 'stream' | 'poll', displaced: boolean, cursor: string}} State */
/** What tabs are told. @typedef {{step: Step} | {state: State} | {ended: true}} Told */
/** What tabs ask for: the state, perhaps after a sleep or on another network, or an end. @typedef {{ask: 'state' | 'wake' | 'online' | 'end'}} Asked */

/** So often the tabs hear that there is a relay. */
const BEAT_MS = 5_000;

export class Relay {
  #channel;
  #feed;
  #ended;
  #over = false;
  #beat = setInterval(() => this.#tellState(), BEAT_MS);

  /** @param {string} name the channel's with the user's id in it @param {string} cursor @param {() => void} ended */
  constructor(name, cursor, ended) {
    const [, userId = ''] = name.split(' ');
    this.#ended = ended;
    this.#channel = openChannel(name);
    this.#channel.onmessage = ({ data }) => this.#asked(data.ask);
    this.#feed = new Feed(userId, cursor, (step) => this.#tell({ step }));
    this.#feed.addEventListener('change', () => this.#tellState());
    this.#feed.addEventListener('ended', () => {
      this.#tell({ ended: true });
      this.end();
    });
    this.#feed.run();
  }

  end() {
    this.#over = true;
    clearInterval(this.#beat);
    this.#feed.stop();
    this.#channel.close();
    this.#ended();
  }

  /** @param {Asked['ask'] | undefined} ask */
  #asked(ask) {
    if (!ask) return;
    if (ask === 'end') return this.end();
    if (ask === 'wake') this.#feed.wake();
    if (ask === 'online') this.#feed.reopen();
    this.#tellState();
  }

  #tellState() {
    const { connected, transport, displaced, cursor } = this.#feed;
    this.#tell({ state: { connected, transport, displaced, cursor } });
  }

  /** @param {Told} told */
  #tell(told) {
    if (!this.#over) this.#channel.postMessage(told);
  }
}
