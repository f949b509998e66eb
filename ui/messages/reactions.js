// One's own reactions, which are shown before the server has them.

/** @import {Message, Reaction} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */
/** @import {Timeline} from './timeline.js' */

/** What is asked for one emoji of one message, one after the other. @typedef {{isOn: boolean, answer: Promise<Message>}} Wish */

export class Reactions {
  #client;
  #timelines;
  #userId;
  /** What the server hasn't answered for, by the message's id, by the emoji. @type {Map<string, Map<string, Wish>>} */
  #wishes = new Map();

  /** @param {Client} client @param {Map<string, Timeline>} timelines */
  constructor(client, timelines) {
    this.#client = client;
    this.#timelines = timelines;
    this.#userId = client.user.id;
  }

  /** Gives back what the server has then. @param {Message} message as it is shown @param {string} emoji */
  async toggle(message, emoji) {
    const { id } = message;
    const { api } = this.#client;
    const wishes = this.#wishes.get(id) ?? new Map();
    this.#wishes.set(id, wishes);
    const isOn = !message.reactions.some((each) => each.emoji === emoji && each.mine);
    const path = `/api/messages/${id}/reactions/${encodeURIComponent(emoji)}`;
    const ask = () => (isOn ? api.send('PUT', path) : api.delete(path));
    // The last word is to arrive last.
    const wish = { isOn, answer: (wishes.get(emoji)?.answer ?? Promise.resolve()).then(ask, ask) };
    wishes.set(emoji, wish);
    this.#show(message, wishes);
    try {
      const answer = await wish.answer;
      this.#client.takeChange(answer);
      return answer;
    } finally {
      if (wishes.get(emoji) === wish) wishes.delete(emoji);
      this.#show(message, wishes);
    }
  }

  /** @param {Message} message @param {Map<string, Wish>} wishes */
  #show({ id, conversationId, number }, wishes) {
    if (wishes.size === 0) this.#wishes.delete(id);
    this.#timelines.get(conversationId)?.guess(number, wishes.size === 0 ? undefined : (message) => ({
      ...message,
      reactions: [...wishes].reduce((reactions, [emoji, { isOn }]) => this.#with(reactions, emoji, isOn), message.reactions),
    }));
  }

  /** @param {Reaction[]} reactions @param {string} emoji @param {boolean} isOn */
  #with(reactions, emoji, isOn) {
    const none = { emoji, count: 0, mine: false, users: [] };
    const there = reactions.some((each) => each.emoji === emoji) ? reactions : [...reactions, none];
    return there
      .map((each) => (each.emoji === emoji && each.mine !== isOn ? this.#turned(each) : each))
      .filter(({ count }) => count > 0);
  }

  /** With oneself, or without. @param {Reaction} reaction @returns {Reaction} */
  #turned({ emoji, count, mine, users }) {
    const others = users.filter((id) => id !== this.#userId);
    return mine ? { emoji, count: count - 1, mine: false, users: others } : { emoji, count: count + 1, mine: true, users: [...others, this.#userId] };
  }
}
