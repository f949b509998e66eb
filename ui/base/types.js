// The shapes that travel, for type checkers alone: no browser loads this file.

/** @typedef {{id: string, username: string}} User */
/** `ui` changes whenever the files of the UI do. @typedef {{dev: boolean, ui: string, version: string, authUser: User | null}} Config */
/** @typedef {{conversationId: string, userId: string, upTo: number}} ReadMark */

/**
 * `number` counts a conversation's messages 1, 2, 3 … without a hole; `clientId` is what one's own were sent with.
 * @typedef {{id: string, conversationId: string, number: number, content: string, createdAt: string, mine: boolean,
 *   author: User | null, clientId?: string}} Message
 */

/** @typedef {{id: string, otherParticipant: User, lastMessage: Message | null, lastReadNumber: number}} Conversation */

/**
 * @typedef {{name: 'caught_up' | 'reset', data: object} | {name: 'message' | 'sent', data: Message}
 *   | {name: 'read', data: ReadMark} | {name: 'conversation', data: Conversation}} FeedEvent
 */

export {};
