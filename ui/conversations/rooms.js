// Rooms: making, finding, joining and leaving them, and what their members and owners may do.

/** @import {Conversation} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */

/** What is refused is an ApiError. */
export class Rooms {
  #api;
  #conversations;

  /** @param {Client} client */
  constructor({ api, conversations }) {
    this.#api = api;
    this.#conversations = conversations;
  }

  /** @param {string} name @param {string[]} usernames @param {boolean} open to whoever wants to join @returns {Promise<Conversation>} */
  async createRoom(name, usernames, open) {
    return this.#conversations.takeConversation(await this.#api.post('/api/conversations', { name, usernames, open }));
  }

  /** Those that one can join, the newest first. @param {string} [before] the id of one @returns {Promise<Conversation[]>} */
  openRooms(before = '') {
    return this.#api.get(`/api/rooms${before && `?before=${before}`}`);
  }

  /** @param {string} id */
  async join(id) {
    await this.#api.post(`/api/conversations/${id}/participants`, {});
    return this.#conversations.info(id);
  }

  /** @param {string} id */
  async leave(id) {
    await this.#api.delete(`/api/conversations/${id}/participants/me`);
    this.#conversations.takeConversation({ id, removed: true });
  }

  /** Whether they want to be asked first, and have been. @param {string} id @param {string} username @returns {Promise<boolean>} */
  async add(id, username) {
    const answer = await this.#api.post(`/api/conversations/${id}/participants`, { username });
    return Boolean(answer?.asked);
  }

  /** @param {string} id @param {string} userId */
  async remove(id, userId) {
    await this.#api.delete(`/api/conversations/${id}/participants/${userId}`);
  }

  /** @param {string} id @param {{name?: string, open?: boolean, owner?: string}} change `owner` is the id of the next one */
  async change(id, change) {
    this.#take(await this.#api.send('PATCH', `/api/conversations/${id}`, change));
  }

  /** @param {string} id @param {Blob | null} picture */
  async changePicture(id, picture) {
    const path = `/api/conversations/${id}/avatar`;
    this.#take(await (picture ? this.#api.send('PUT', path, picture) : this.#api.delete(path)));
  }

  /** @param {Conversation} conversation one may have left it meanwhile */
  #take(conversation) {
    if (this.#conversations.known(conversation.id)) this.#conversations.takeConversation(conversation);
  }
}
