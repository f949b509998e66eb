// The shapes that travel, for type checkers alone: no browser loads this file.

/**
 * `displayName` is shown in place of the username where there is one. Of a `deleted` account, the username says nothing.
 * @typedef {{id: string, username: string, displayName?: string, avatarURL?: string | null, deleted?: boolean, bot?: boolean, botOf?: string}} User
 */
/**
 * `ui` changes whenever the files of the UI do; `providers` are whom one may sign in with, and `signup` says how somebody
 * comes to an account. A file has at most `maxFile` bytes.
 * @typedef {{dev: boolean, ui: string, version: string, authUser: User | null, providers: string[],
 *   providerNames: Record<string, string>, signup: 'setup' | 'invite' | 'open' | 'closed',
 *   publicURL: string | null, passkeys: boolean, maxFile?: number}} Config
 */
/** @typedef {{conversationId: string, userId: string, upTo: number}} ReadMark */
/**
 * With whom else one can sign in; `provider` is null where the server doesn’t know them any more.
 * @typedef {{provider: string | null, name: string, username: string | null}} Identity
 */
/** Between two times of day, each as `HH:MM`, by the clocks of a time zone. @typedef {{from: string, to: string, zone: string}} QuietHours */
/**
 * `showsActivity` is whether others see what one has read, that one types, and that one is there; `preview`, whether notifications of
 * the server have a part of the text.
 * @typedef {{showsActivity: boolean, asksFirst: boolean, preview: boolean, quiet: QuietHours | null, admin: boolean, mayInvite: boolean, hasPassword: boolean, needsSecondFactor: boolean, identities: Identity[]}} Settings
 */
/** @typedef {{id: string, device: string, createdAt: string, lastSeenAt: string, current: boolean}} Session */
/**
 * `token` itself is told once.
 * @typedef {{id: string, name: string, scope: 'read' | 'send', user: User, createdAt: string, lastSeenAt: string | null,
 *   expiresAt: string, token?: string}} Token
 */
/** `url` is told once. @typedef {{id: string, bot: User, createdBy: User | null, createdAt: string, url?: string}} Hook */
/**
 * `link` and `qr`, an SVG document, are told once.
 * @typedef {{id: string, uses: number, usesLeft: number, createdBy: User | null, createdAt: string, expiresAt: string,
 *   rooms: {id: string, name: string}[], link?: string, qr?: string}} Invite
 */
/**
 * The certificate of a server that speaks TLS itself. `failure` is why a newer one can’t be used.
 * @typedef {{mode: 'files' | 'acme' | 'home', names: string[], issuer: string | null, expiresAt: string | null,
 *   daysLeft: number | null, loadedAt: string | null, failure: {at: string, message: string} | null}} Certificate
 */
/**
 * What links begin with, whether other devices reach that, why not, and what else they may begin with.
 * @typedef {{base: string, reachable: boolean, problems: string[], addresses: string[],
 *   refusedNames: string[], tlsWithoutPublicUrl: boolean, certificate: Certificate | null}} Addresses
 */
/** What administrators have set for everybody. @typedef {{membersMayInvite: boolean, defaultRoomId: string | null, adminsNeedSecondFactor: boolean}} ServerSettings */
/** Files that were sent, each as often as it was. @typedef {{bytes: number, files: number}} Sent */
/**
 * `problem` is what an administrator should look at. The next backup has `needed` bytes, and there are `available` for it.
 * @typedef {{newest: {createdAt: string, bytes: number} | null, count: number, bytes: number, keep: number, needed: number,
 *   available: number | null, running: {done: number, of: number} | null,
 *   problem: 'no_room' | 'missing' | 'overdue' | 'no_room_for_all' | null}} Backups
 */
/**
 * What files take, each once, and the bytes that all of them, and those of one person, may have.
 * @typedef {Sent & {limit: number | null, userLimit: number | null, freeBytes: number | null, users: (Sent & {user: User})[],
 *   rooms: (Sent & {id: string, name: string})[], otherRooms: Sent, direct: Sent, backups: Backups | null}} Storage
 */
/**
 * Somebody as one gets to know them: `maker` is whose bot it is, and `conversationId` the conversation of the two.
 * @typedef {{user: User, bot: boolean, maker: User | null, rooms: {id: string, name: string, avatarURL: string | null}[], conversationId: string | null,
 *   blocked: boolean}} Profile
 */
/**
 * A link that is told once, and the administrators whom its owner has made.
 * @typedef {{link: string, expiresAt: string, madeAdministrators: User[]}} PersonalLink
 */
/**
 * Somebody as administrators see them.
 * @typedef {User & {admin: boolean, bot: boolean, disabled: boolean, hasPassword: boolean, providers: string[],
 *   createdAt: string, lastSeenAt: string | null}} Account
 */
/** How many have reacted, whether oneself has, and the ids of the first few, the earliest first. @typedef {{emoji: string, count: number, mine: boolean, users: string[]}} Reaction */
/** @typedef {{id: string, emoji: string, user: User}} UserReaction */
/** Somebody would like one to join a room. @typedef {{conversationId: string, name: string, participantCount: number, askedBy: User, askedAt: string}} RoomRequest */
/**
 * A message that was reported, as it was then.
 * @typedef {{id: string, messageId: string, conversationId: string, room: string | null, author: User, reporter: User, content: string,
 *   files?: string[], reason: string | null, createdAt: string}} Report
 */

/**
 * A file that came with a message. `type` is what the server found it to be; `duration` is in milliseconds, and `waveform`
 * how loud it is from its beginning to its end, from 0 to 31. `thumbhash` is in Base64.
 * @typedef {{id: string, name: string, type: string, size: number, width?: number, height?: number, duration?: number,
 *   alt?: string, thumbhash?: string, waveform?: number[], hasThumb: boolean}} Attachment
 */
/** One of a conversation’s, and with which message it came. @typedef {{attachment: Attachment, messageId: string, number: number, author: User | null, createdAt: string}} Shared */
/** One that one has saved for oneself, or doesn’t keep any more. @typedef {{messageId: string, conversationId: string, savedAt: string | null}} SavedMark */
/** What one has begun to write, and on which device; nothing once it was sent or deleted. @typedef {{conversationId: string, content: string, device: string, updatedAt: string}} Draft */
/** A file on its way to the server, which has `received` bytes of it. @typedef {{id: string, size: number, received: number, name: string}} Upload */

/**
 * What a message answers, as it is now.
 * @typedef {{id: string, number: number, author: User | null, excerpt: string, hasAttachment: boolean, deletedAt?: string}} ReplyTo
 */
/** Who is named in a message, from `start` to `end` of its text; or it is `all`. @typedef {{start: number, end: number, user?: User, all?: true}} Mention */

/**
 * `number` counts a conversation's messages 1, 2, 3 … without a hole; `version` grows whenever the message changes;
 * `clientId` is what one's own were sent with. What the system says has no author, but `subject`, whom it is about, and `actor`, who did it.
 * @typedef {{id: string, version: string, conversationId: string, number: number, content: string, createdAt: string,
 *   editedAt: string | null, deletedAt: string | null, mine: boolean, author: User | null, reactions: Reaction[],
 *   clientId?: string, system?: SystemEvent, subject?: User, actor?: User, roomName?: string, followed?: boolean, attachments?: Attachment[],
 *   replyTo?: ReplyTo, mentions?: Mention[], pinnedAt?: string}} Message
 */
/** Of which messages one wants to be notified. @typedef {'all' | 'mentions' | 'none'} Level */
/** @typedef {'created' | 'joined' | 'left' | 'added' | 'removed' | 'renamed' | 'owner' | 'opened' | 'closed' | 'pictureChanged' | 'pictureRemoved'} SystemEvent */

/**
 * `version` grows whenever its name, its picture, its owner, who takes part or who may does. `role` is one's own, in a room.
 * Of the unread messages, `mentionCount` call one.
 * @typedef {{id: string, version: string, kind: 'direct' | 'room', name: string | null, otherParticipant: User | null,
 *   participantCount: number, open: boolean, avatarURL: string | null, role: 'owner' | 'member' | null, lastMessage: Message | null,
 *   lastReadNumber: number, mentionCount?: number, pinned: boolean, archived: boolean, hidden: boolean, markedUnread: boolean,
 *   notificationLevel?: Level, notificationLevelChosen?: boolean}} Conversation
 */

/** One that one isn't in any more. @typedef {{id: string, removed: true}} Removed */
/** `lastReadNumber` is null where that isn't shown. @typedef {{user: User, role: 'owner' | 'member', lastReadNumber: number | null, online: boolean}} Participant */

/**
 * @typedef {{name: 'caught_up' | 'reset', data: object} | {name: 'message' | 'sent' | 'update', data: Message}
 *   | {name: 'user', data: User} | {name: 'block', data: {user: User, blocked: boolean}} | {name: 'room_request', data: {conversationId: string, request: RoomRequest | null}} | {name: 'read', data: ReadMark} | {name: 'conversation', data: Conversation | Removed}
 *   | {name: 'saved', data: SavedMark} | {name: 'draft', data: Draft}
 *   | {name: 'typing', data: {conversationId: string, userId: string}}
 *   | {name: 'presence', data: {userId: string, online: boolean}} | {name: 'notice', data: {id: string}}} FeedEvent
 */

export {};
