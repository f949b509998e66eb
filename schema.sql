-- The whole schema of a Tincan database. New databases are created from it. `PRAGMA user_version` and `PRAGMA
-- application_id` are set in the same transaction (src/store/engine/migrate.rs).
--
-- Times are milliseconds since 1970 in UTC. Nothing is ordered by them. Everything that a stream may replay has a
-- number from one sequence, and each number is used once. The number is stored in the row that it is about, in `id` or
-- `*_id`. When the row changes again, it gets a new number. So a replay consists of the rows with numbers after the
-- cursor, in order, in their current state, and its cost depends on how many rows changed and not how often.

-- One row. `last_id` is the last number used, unless a message has a higher one. `epoch` identifies this history, so that
-- cursors of another history are recognized. `probed_at` is changed by probes that test whether the database is writable.
CREATE TABLE sequence (
    only_row  INTEGER PRIMARY KEY CHECK (only_row = 1),
    epoch     INTEGER NOT NULL,
    last_id   INTEGER NOT NULL,
    probed_at INTEGER NOT NULL
) STRICT;

-- One row: the last number used. A send writes a message's row anyway, and saves a page by not writing its number a second
-- time. So the row of a message must never be deleted, only what is in it.
CREATE VIEW sequence_end AS
    SELECT max(last_id, coalesce((SELECT max(id) FROM messages), 0)) AS last_id FROM sequence;

-- `username_key` is the case-folded name, so names that differ only in case are the same name. `skeleton` is equal for
-- names that look alike (UTS #39 §4); it isn't unique, as old names may. `password_hash` is a PHC
-- string (https://github.com/P-H-C/phc-string-format). A user without one signs in with an identity, or not at all. A
-- bot has neither; `bot_of` is its maker. `avatar_url` is where this server serves the picture in `avatars`.
--
-- `made_admin_by` is the administrator who made them one, if it was done on the page. It is null otherwise.
--
-- `changed_id` is the place in the sequence where the name, the display name or the picture last changed, or the account
-- was deleted. Of a deleted account only the row is left, for the messages it has written. It is also disabled.
CREATE TABLE users (
    id           INTEGER PRIMARY KEY,
    username     TEXT    NOT NULL,
    username_key TEXT    NOT NULL UNIQUE,
    avatar_url   TEXT,
    created_at   INTEGER NOT NULL,
    -- Whether others see when the user is typing or online, and what they have read.
    shows_activity INTEGER NOT NULL DEFAULT 1 CHECK (shows_activity IN (0, 1)),
    password_hash  TEXT,
    admin          INTEGER NOT NULL DEFAULT 0 CHECK (admin IN (0, 1)),
    bot_of         INTEGER REFERENCES users (id),
    disabled_at    INTEGER,
    display_name   TEXT,
    deleted_at     INTEGER,
    changed_id     INTEGER,
    skeleton       TEXT    NOT NULL DEFAULT '',
    -- Whether others ask the user before they are added to a room.
    asks_first     INTEGER NOT NULL DEFAULT 0 CHECK (asks_first IN (0, 1)),
    made_admin_by  INTEGER REFERENCES users (id)
) STRICT;
CREATE INDEX users_by_skeleton ON users (skeleton);
CREATE INDEX users_by_maker ON users (bot_of) WHERE bot_of IS NOT NULL;
CREATE INDEX users_by_change ON users (changed_id) WHERE changed_id IS NOT NULL;

-- The index for searching people by display name: the case-folded name, and what is left of it from each further word
-- on. So a search is a range of this key, whichever word it begins with.
CREATE TABLE name_parts (
    part    TEXT    NOT NULL,
    user_id INTEGER NOT NULL REFERENCES users (id),
    PRIMARY KEY (part, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX name_parts_by_user ON name_parts (user_id);

-- Whom `user_id` has blocked. When they unblock them, the row stays with `blocked` = 0, so that their other devices can
-- be told. `changed_id` is the place in the sequence of the last change.
CREATE TABLE blocks (
    user_id    INTEGER NOT NULL REFERENCES users (id),
    blocked_id INTEGER NOT NULL REFERENCES users (id),
    blocked    INTEGER NOT NULL CHECK (blocked IN (0, 1)),
    changed_id INTEGER NOT NULL,
    PRIMARY KEY (user_id, blocked_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX blocks_by_change ON blocks (user_id, changed_id);

-- Whom somebody has asked to join a room, instead of adding them. `changed_id` is the place in the sequence where it last
-- changed. The row stays: other devices are told, and nobody asks again for the same room who was declined.
CREATE TABLE room_requests (
    user_id         INTEGER NOT NULL REFERENCES users (id),
    conversation_id INTEGER NOT NULL REFERENCES conversations (id),
    asked_by        INTEGER NOT NULL REFERENCES users (id),
    asked_at        INTEGER NOT NULL,
    state           TEXT    NOT NULL CHECK (state IN ('open', 'declined', 'closed')),
    changed_id      INTEGER NOT NULL,
    PRIMARY KEY (user_id, conversation_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX room_requests_by_change ON room_requests (user_id, changed_id);
CREATE INDEX room_requests_by_asker ON room_requests (asked_by, conversation_id);

-- Messages that were reported to the administrators: the text as it was then, and the names of the files, one a line. An
-- author who deletes the message doesn't delete this. It goes when an administrator has dealt with it, or by itself.
CREATE TABLE reports (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id      INTEGER NOT NULL,
    conversation_id INTEGER NOT NULL REFERENCES conversations (id),
    author_id       INTEGER NOT NULL REFERENCES users (id),
    reporter_id     INTEGER NOT NULL REFERENCES users (id),
    content         TEXT    NOT NULL,
    files           TEXT    NOT NULL,
    reason          TEXT,
    created_at      INTEGER NOT NULL,
    UNIQUE (message_id, reporter_id)
) STRICT;

-- How often people have done today what they may do so often a day, so that a restart doesn't forget it. `day` counts days
-- since 1970 in UTC. Whatever a bot does, its maker has done.
CREATE TABLE daily_counts (
    user_id INTEGER NOT NULL REFERENCES users (id),
    what    TEXT    NOT NULL,
    day     INTEGER NOT NULL,
    count   INTEGER NOT NULL,
    PRIMARY KEY (user_id, what)
) STRICT, WITHOUT ROWID;

-- Accounts at sign-in providers. `subject` is the provider's permanent id for the account.
CREATE TABLE identities (
    issuer    TEXT    NOT NULL,
    subject   TEXT    NOT NULL,
    user_id   INTEGER NOT NULL REFERENCES users (id),
    username  TEXT,
    linked_at INTEGER NOT NULL,
    PRIMARY KEY (issuer, subject)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX identities_by_user ON identities (user_id, issuer);

-- `chosen_at` is when the user chose the picture. It is null if the picture came from a provider, which may replace it.
CREATE TABLE avatars (
    user_id   INTEGER PRIMARY KEY REFERENCES users (id),
    type      TEXT    NOT NULL,
    picture   BLOB    NOT NULL,
    chosen_at INTEGER
) STRICT;

-- Of tokens, invitations, links and secrets, only the SHA-256 is stored, here and below. A session with a scope is an
-- API token: `device` is its name, and it ends at `expires_at`, however much it is used. `proven_at` is when somebody last
-- proved in this session who they are, by signing in or again later; null if that was before it was recorded.
CREATE TABLE sessions (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id      INTEGER NOT NULL REFERENCES users (id),
    token_hash   BLOB    NOT NULL UNIQUE,
    device       TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    scope        TEXT CHECK (scope IN ('read', 'send')),
    expires_at   INTEGER,
    proven_at    INTEGER
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user_id);

-- Two-step sign-in (RFC 6238). The secret is as it is, because codes can't be checked with a hash of it. Until
-- `confirmed_at` it is only being set up. `last_step` is the time step of the last code that was used: a code works once.
CREATE TABLE second_factors (
    user_id      INTEGER PRIMARY KEY REFERENCES users (id),
    secret       BLOB    NOT NULL,
    confirmed_at INTEGER,
    last_step    INTEGER NOT NULL
) STRICT;

-- Codes that work once each, instead of the code of a phone that was lost. Used ones are deleted.
CREATE TABLE recovery_codes (
    user_id   INTEGER NOT NULL REFERENCES users (id),
    code_hash BLOB    NOT NULL,
    PRIMARY KEY (user_id, code_hash)
) STRICT, WITHOUT ROWID;

-- Passkeys (Web Authentication Level 3 §4, credential record). The authenticator knows its user by `user_handle`, which is
-- random, and one for all passkeys of a user as long as they have any. The key is a COSE_Key (RFC 9052 §7). `counter` is how
-- often the authenticator had signed when it was last used; 0 for those that don’t count. `last_used_at` is null until then.
CREATE TABLE passkeys (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id         INTEGER NOT NULL REFERENCES users (id),
    user_handle     BLOB    NOT NULL,
    credential_id   BLOB    NOT NULL UNIQUE CHECK (length(credential_id) BETWEEN 1 AND 1023),
    public_key      BLOB    NOT NULL,
    counter         INTEGER NOT NULL,
    backup_eligible INTEGER NOT NULL CHECK (backup_eligible IN (0, 1)),
    backed_up       INTEGER NOT NULL CHECK (backed_up IN (0, 1)),
    name            TEXT    NOT NULL,
    created_at      INTEGER NOT NULL,
    last_used_at    INTEGER,
    rp_id           TEXT
) STRICT;
CREATE INDEX passkeys_by_user ON passkeys (user_id);

-- The name for which passkeys are that can be used now, written at each start: that of the public URL, empty if there can be
-- no passkeys at it, and null without a public URL, when it depends on how somebody reaches the server.
CREATE TABLE relying_party (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    id       TEXT
) STRICT;

-- `created_by` is null for invitations from the command line.
CREATE TABLE invites (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    token_hash BLOB    NOT NULL UNIQUE,
    created_by INTEGER REFERENCES users (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    uses       INTEGER NOT NULL,
    uses_left  INTEGER NOT NULL CHECK (uses_left >= 0)
) STRICT;

-- Links for choosing a new password, one for each user. `created_by` is null for links from the command line.
CREATE TABLE resets (
    user_id    INTEGER PRIMARY KEY REFERENCES users (id),
    token_hash BLOB    NOT NULL UNIQUE,
    expires_at INTEGER NOT NULL,
    created_by INTEGER REFERENCES users (id)
) STRICT;

-- One row: the key by which the server knows the marks that it has given to devices (src/http/door/device.rs).
CREATE TABLE device_key (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    key      BLOB NOT NULL
) STRICT;
INSERT INTO device_key (only_row, key) VALUES (1, randomblob(32));

-- One row, or none before it is first needed: the secrets for notifying browsers (src/push). `vapid` is a key pair on P-256
-- as PKCS #8 (RFC 8292). Browsers take notifications only from whoever has the key that they subscribed with, so it stays
-- the same for ever. `topics` is the key from which topics are made (RFC 8030 §5.4).
CREATE TABLE push_keys (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    vapid    BLOB NOT NULL,
    topics   BLOB NOT NULL
) STRICT;

-- Browsers that are notified when no page is open (RFC 8030). A session has one at most, and it ends with the session. An
-- endpoint belongs to one browser, so whoever subscribes it last has it. `p256dh` and `auth` are the browser’s keys
-- (RFC 8291). `failure` is why the last notification wasn’t delivered; null if it was.
CREATE TABLE subscriptions (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    session_id   INTEGER NOT NULL UNIQUE REFERENCES sessions (id) ON DELETE CASCADE,
    endpoint     TEXT    NOT NULL UNIQUE,
    p256dh       BLOB    NOT NULL CHECK (length(p256dh) = 65),
    auth         BLOB    NOT NULL CHECK (length(auth) = 16),
    created_at   INTEGER NOT NULL,
    delivered_at INTEGER,
    failure      TEXT,
    origin       TEXT    NOT NULL DEFAULT ''
) STRICT;

-- A direct conversation has its two users in ascending order, so that the same two can't have another. `changed_id` is
-- the place in the sequence where its name, its picture, its participants or its openness last changed. `avatar_url` is
-- where this server serves the picture in `room_pictures`. `open_id` is the place in the sequence where its openness last
-- changed, and 0 if it never did: whoever comes into an open room may read on from there.
CREATE TABLE conversations (
    id                INTEGER PRIMARY KEY,
    kind              TEXT    NOT NULL CHECK (kind IN ('direct', 'room')),
    name              TEXT,
    open              INTEGER NOT NULL DEFAULT 0 CHECK (open IN (0, 1)),
    low_user          INTEGER REFERENCES users (id),
    high_user         INTEGER REFERENCES users (id),
    created_at        INTEGER NOT NULL,
    participant_count INTEGER NOT NULL DEFAULT 2,
    changed_id        INTEGER NOT NULL DEFAULT 0,
    avatar_url        TEXT,
    open_id           INTEGER NOT NULL DEFAULT 0,
    UNIQUE (low_user, high_user),
    CHECK ((kind = 'direct') = (low_user IS NOT NULL AND high_user IS NOT NULL AND low_user < high_user)),
    CHECK ((kind = 'room') = (name IS NOT NULL))
) STRICT;
CREATE INDEX conversations_open ON conversations (id) WHERE open = 1;

-- Pictures that owners have chosen for their rooms.
CREATE TABLE room_pictures (
    conversation_id INTEGER PRIMARY KEY REFERENCES conversations (id),
    type            TEXT    NOT NULL,
    picture         BLOB    NOT NULL
) STRICT;

-- Participants. Their streams receive changes numbered after `since_id`, which is when they joined. They may read
-- messages after `history_id`; in an open room, that includes messages from before they joined, but none from before it
-- was opened. The read mark is a
-- message's number. `read_id` is the place in the sequence where it was last moved by reading.
--
-- The last columns are the participant's own settings of the conversation, and `settings_id` is the place in the
-- sequence where they last changed. It is archived, and hidden, as long as its newest message has no higher number than
-- it had at the time, so a message ends both without a write. In the same way it is marked unread as long as the read
-- mark isn't beyond `unread_number`.
CREATE TABLE participants (
    conversation_id  INTEGER NOT NULL REFERENCES conversations (id),
    user_id          INTEGER NOT NULL REFERENCES users (id),
    role             TEXT    NOT NULL CHECK (role IN ('member', 'owner')),
    since_id         INTEGER NOT NULL,
    last_read_number INTEGER NOT NULL,
    history_id       INTEGER NOT NULL DEFAULT 0,
    read_id          INTEGER,
    pinned_at        INTEGER,
    archived_number  INTEGER,
    hidden_number    INTEGER,
    unread_number    INTEGER,
    settings_id      INTEGER,
    -- Of which messages they want to be notified; null if they haven’t chosen.
    notification_level TEXT CHECK (notification_level IN ('all', 'mentions', 'none')),
    PRIMARY KEY (conversation_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX participants_by_user ON participants (user_id);
CREATE INDEX participants_by_read ON participants (conversation_id, read_id) WHERE read_id IS NOT NULL;
CREATE INDEX participants_by_settings ON participants (user_id, settings_id) WHERE settings_id IS NOT NULL;

-- The rooms that people join who come with an invitation, in order.
CREATE TABLE invite_rooms (
    invite_id       INTEGER NOT NULL REFERENCES invites (id) ON DELETE CASCADE,
    position        INTEGER NOT NULL,
    conversation_id INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    PRIMARY KEY (invite_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX invite_rooms_by_conversation ON invite_rooms (conversation_id);

-- What administrators have set for everybody: one row, or none as long as they have set nothing. The default room is
-- the one that new people join. Administrators may need two-step sign-in to administrate.
CREATE TABLE admin_settings (
    only_row           INTEGER PRIMARY KEY CHECK (only_row = 1),
    members_may_invite INTEGER NOT NULL CHECK (members_may_invite IN (0, 1)),
    default_room_id    INTEGER REFERENCES conversations (id) ON DELETE SET NULL,
    admins_need_second_factor INTEGER NOT NULL DEFAULT 0 CHECK (admins_need_second_factor IN (0, 1))
) STRICT;

-- Who has left which conversation, and where in the sequence. It is replayed to their streams, which no longer see the
-- conversation.
CREATE TABLE departures (
    user_id         INTEGER NOT NULL REFERENCES users (id),
    conversation_id INTEGER NOT NULL REFERENCES conversations (id),
    left_id         INTEGER NOT NULL,
    PRIMARY KEY (user_id, conversation_id)
) STRICT, WITHOUT ROWID;

-- `number` counts a conversation's messages 1, 2, 3 … without gaps. There is no index on it: each index contains the
-- rowid, so messages_by_conversation serves pages of history, a conversation's newest message (and so the next number),
-- and what a stream has missed. Each further index makes sends more expensive, so the others contain only messages with
-- a client id, a change or reactions.
--
-- `changed_id` is the place in the sequence where the message was last edited, deleted or reacted to. A system message
-- has no author, but a kind (`system`), a subject (the user it is about) and an actor (the user who did it; null if
-- unknown). Its text is composed when it is read. `content` stores only what else that needs: the new name if `system`
-- is `renamed`; `followed` if it is `removed` and a bot left because its maker, the actor, did; the actor's name if a
-- migration found no user of that name; otherwise nothing.
CREATE TABLE messages (
    id              INTEGER PRIMARY KEY,
    conversation_id INTEGER NOT NULL,
    number          INTEGER NOT NULL,
    author_id       INTEGER,
    client_id       TEXT,
    content         TEXT    NOT NULL,
    created_at      INTEGER NOT NULL,
    edited_at       INTEGER,
    deleted_at      INTEGER,
    system          TEXT,
    subject_id      INTEGER,
    changed_id      INTEGER,
    reaction_count  INTEGER NOT NULL DEFAULT 0,
    actor_id        INTEGER,
    -- Tells without a look at `attachments` that a message has none.
    attachment_count INTEGER NOT NULL DEFAULT 0,
    -- The message that it answers. What of that is shown is read when it is shown.
    reply_to        INTEGER
) STRICT;
CREATE INDEX messages_by_conversation ON messages (conversation_id);
CREATE UNIQUE INDEX messages_by_client_id ON messages (author_id, client_id) WHERE client_id IS NOT NULL;
CREATE INDEX messages_by_change ON messages (conversation_id, changed_id) WHERE changed_id IS NOT NULL;
CREATE INDEX messages_by_reactions ON messages (conversation_id, reaction_count) WHERE reaction_count > 0;

-- `reacted_id` orders a message's reactions.
CREATE TABLE reactions (
    message_id INTEGER NOT NULL,
    emoji      TEXT    NOT NULL,
    user_id    INTEGER NOT NULL,
    reacted_id INTEGER NOT NULL,
    PRIMARY KEY (message_id, emoji, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX reactions_by_time ON reactions (message_id, emoji, reacted_id);

-- How many reactions to a message there are of each emoji, so that nobody has to count thousands.
CREATE TABLE reaction_counts (
    message_id INTEGER NOT NULL,
    emoji      TEXT    NOT NULL,
    count      INTEGER NOT NULL,
    PRIMARY KEY (message_id, emoji)
) STRICT, WITHOUT ROWID;

-- Who is named in a message, and where, in UTF-16 code units of the content. `user_id` is null if it is everybody. Only a
-- message whose content has an `@` has any, so others cost no look at this table.
CREATE TABLE mentions (
    message_id INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    length     INTEGER NOT NULL,
    user_id    INTEGER,
    PRIMARY KEY (message_id, position)
) STRICT, WITHOUT ROWID;

-- Whom a message calls: by a mention when it was sent, or by answering a message of theirs. Those before the read mark
-- don’t count any more, and are deleted when the mark is moved by reading.
CREATE TABLE calls (
    conversation_id INTEGER NOT NULL,
    user_id         INTEGER NOT NULL,
    number          INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, user_id, number)
) STRICT, WITHOUT ROWID;

-- Messages that are pinned in their conversation: everybody in it sees them. A message that is pinned or unpinned has
-- changed, so its `changed_id` replays it.
CREATE TABLE pins (
    conversation_id INTEGER NOT NULL REFERENCES conversations (id),
    message_id      INTEGER NOT NULL,
    pinned_at       INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, message_id)
) STRICT, WITHOUT ROWID;

-- Messages that people have saved for themselves. `saved_at` is null once they aren't saved any more: the row stays, so
-- that other devices are told. `changed_id` is the place in the sequence of that, and orders a person's list.
CREATE TABLE saved_messages (
    user_id    INTEGER NOT NULL REFERENCES users (id),
    message_id INTEGER NOT NULL,
    saved_at   INTEGER,
    changed_id INTEGER NOT NULL,
    PRIMARY KEY (user_id, message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX saved_messages_by_change ON saved_messages (user_id, changed_id);

-- What people have begun to write, and on which device. `content` is empty once it was sent or deleted: the row stays, so
-- that other devices are told.
CREATE TABLE drafts (
    user_id         INTEGER NOT NULL REFERENCES users (id),
    conversation_id INTEGER NOT NULL REFERENCES conversations (id),
    content         TEXT    NOT NULL,
    device          TEXT    NOT NULL,
    updated_at      INTEGER NOT NULL,
    changed_id      INTEGER NOT NULL,
    PRIMARY KEY (user_id, conversation_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX drafts_by_change ON drafts (user_id, changed_id);

-- The files that people have sent, each stored once however often it was sent. `hash` is the SHA-256 of what `chunks`
-- holds. It is null as long as the file isn’t complete, and again once nobody refers to it: then its chunks are deleted
-- in small jobs, and the row last. Width and height are in pixels, as the picture is shown.
CREATE TABLE files (
    id     INTEGER PRIMARY KEY,
    hash   BLOB UNIQUE,
    size   INTEGER NOT NULL,
    type   TEXT,
    width  INTEGER,
    height INTEGER
) STRICT;
CREATE INDEX files_without_hash ON files (id) WHERE hash IS NULL;

-- A file in pieces of 256 KiB, the last one shorter: number `place` begins at `place` times that. One value for all of it
-- would cost more the further a byte is from its beginning (https://www.sqlite.org/fileformat2.html#ovflpgs).
CREATE TABLE chunks (
    file_id INTEGER NOT NULL REFERENCES files (id),
    place   INTEGER NOT NULL,
    bytes   BLOB    NOT NULL,
    UNIQUE (file_id, place)
) STRICT;

-- Files on their way to the server, and those that have arrived but aren’t part of a message yet. Nobody but the
-- uploader sees them. A day after the last byte they expire. An upload that becomes part of a message becomes an
-- attachment with the same id.
CREATE TABLE uploads (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id    INTEGER NOT NULL REFERENCES users (id),
    file_id    INTEGER NOT NULL REFERENCES files (id),
    name       TEXT    NOT NULL,
    alt        TEXT,
    duration   INTEGER,
    thumbhash  BLOB,
    waveform   BLOB,
    received   INTEGER NOT NULL,
    touched_at INTEGER NOT NULL
) STRICT;
CREATE INDEX uploads_by_user ON uploads (user_id);
CREATE INDEX uploads_by_file ON uploads (file_id);
CREATE INDEX uploads_by_touch ON uploads (touched_at);

-- The files of messages. All but the file itself is as the sender’s client told: the name, a text for those who don’t see
-- it, the duration in milliseconds, a picture of some 25 bytes to show while the file loads
-- (https://evanw.github.io/thumbhash/), and the loudness over time, one byte a bar. None is left of a deleted message.
CREATE TABLE attachments (
    id              INTEGER PRIMARY KEY,
    conversation_id INTEGER NOT NULL,
    message_id      INTEGER NOT NULL,
    position        INTEGER NOT NULL,
    user_id         INTEGER NOT NULL,
    file_id         INTEGER NOT NULL REFERENCES files (id),
    name            TEXT    NOT NULL,
    alt             TEXT,
    duration        INTEGER,
    thumbhash       BLOB,
    waveform        BLOB,
    UNIQUE (message_id, position)
) STRICT;
CREATE INDEX attachments_by_conversation ON attachments (conversation_id, id);
CREATE INDEX attachments_by_user ON attachments (user_id);
CREATE INDEX attachments_by_file ON attachments (file_id);

-- Small pictures of uploads and attachments, by their id. They are made by the sender, so they belong to what one person
-- has sent, and not to the file, which others may send as well.
CREATE TABLE thumbs (
    id      INTEGER PRIMARY KEY,
    type    TEXT NOT NULL,
    picture BLOB NOT NULL
) STRICT;

-- Incoming webhooks: programs post into a conversation as a bot that takes part in it. They are deleted with the place of
-- the bot or of its maker in the conversation, and when the maker's account is disabled.
CREATE TABLE hooks (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    secret_hash     BLOB    NOT NULL UNIQUE,
    conversation_id INTEGER NOT NULL REFERENCES conversations (id),
    bot_id          INTEGER NOT NULL REFERENCES users (id),
    created_by      INTEGER NOT NULL REFERENCES users (id),
    created_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX hooks_by_conversation ON hooks (conversation_id);

-- The audit log, for a year. `user_id` is whom it is about, `actor_id` who did it, with which session and from where;
-- `actor_id` and `address` are null on the command line. `unseen` is 1 as long as it is a notice that the user hasn't seen.
-- Attempts that were refused are many under an attack, so those on one account from one network within a minute are one
-- row with a `count`, and only the newest of these rows are kept.
CREATE TABLE security_events (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    kind       TEXT    NOT NULL,
    user_id    INTEGER REFERENCES users (id),
    actor_id   INTEGER REFERENCES users (id),
    session_id INTEGER,
    address    TEXT,
    device     TEXT    NOT NULL,
    subject_id INTEGER,
    detail     TEXT,
    count      INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    unseen     INTEGER NOT NULL CHECK (unseen IN (0, 1))
) STRICT;
CREATE INDEX security_events_unseen ON security_events (user_id, id) WHERE unseen = 1;
CREATE INDEX security_events_sign_ins ON security_events (user_id, id)
    WHERE kind IN ('signed_in', 'account_created', 'password_reset');
CREATE INDEX security_events_attempts ON security_events (id)
    WHERE kind IN ('wrong_password', 'wrong_code', 'throttled');

-- The positions of followers in the sequence (src/followers): the follower `name` has processed everything numbered up
-- to `through_id`.
CREATE TABLE followers (
    name       TEXT    PRIMARY KEY,
    through_id INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The index for searching messages (https://www.sqlite.org/fts5.html). It has the tokens of a message's text in `body`,
-- separated by spaces, and what else it is found by in `facts` (src/store/search/index.rs). The texts themselves are only
-- in `messages`. The follower `search.1` fills it; what it has not come to is in no row. Deleting a row takes the exact
-- same words that were inserted; with others, the index becomes wrong without an error. `secure-delete` removes words
-- from it at once, and not with some later write.
CREATE VIRTUAL TABLE search USING fts5 (body, facts, content = '', columnsize = 0, tokenize = 'ascii');
INSERT INTO search (search, rank) VALUES ('secure-delete', 1);

-- The words in the index, in order. It stores nothing.
CREATE VIRTUAL TABLE search_words USING fts5vocab (search, instance);
-- How many bytes of text everybody has in their messages, as far as the follower `text` has counted them.
CREATE TABLE text_usage (
    user_id INTEGER PRIMARY KEY REFERENCES users (id),
    bytes   INTEGER NOT NULL
) STRICT;

-- The users whose messages an administrator wants deleted: all with ids up to `last_id`. It is done up to `through_id`.
CREATE TABLE purges (
    user_id    INTEGER PRIMARY KEY REFERENCES users (id),
    through_id INTEGER NOT NULL,
    last_id    INTEGER NOT NULL
) STRICT;

-- How somebody wants to be told of messages on devices that aren’t open: with a preview of the text, or without; and not
-- at all in their quiet hours. These go from one time of day to another, each in minutes after midnight, by the clocks of
-- a time zone (https://www.iana.org/time-zones). Who has no row has never changed anything.
CREATE TABLE notification_settings (
    user_id    INTEGER PRIMARY KEY REFERENCES users (id),
    preview    INTEGER NOT NULL DEFAULT 1 CHECK (preview IN (0, 1)),
    quiet_from INTEGER,
    quiet_to   INTEGER,
    quiet_zone TEXT,
    CHECK ((quiet_from IS NULL) = (quiet_zone IS NULL) AND (quiet_to IS NULL) = (quiet_zone IS NULL))
) STRICT;

-- Who is told through a server that the administrator has set up (src/push/relay.rs), and where there: at ntfy, `address`
-- is a topic that nobody can guess; at Gotify, it is the token of an application. Whoever knows it can read, or send, what
-- is for this user, so it isn’t exported. A row of another kind than the server is now has no effect.
CREATE TABLE push_relays (
    user_id INTEGER PRIMARY KEY REFERENCES users (id),
    kind    TEXT    NOT NULL CHECK (kind IN ('ntfy', 'gotify')),
    address TEXT    NOT NULL
) STRICT;

-- What is still to be sent: a message to a subscription, or to the user’s relay if that is 0. The follower `push` writes
-- them, in the transaction that moves its position. A row is deleted before it is sent, so that nothing is sent twice if
-- the server is killed, and comes back, with one more in `tries`, if it is to be tried again at `due_at`. Of the rows
-- for one subscription and conversation only the newest that still counts is sent: it takes the place of the others on
-- the device anyway. The text is read when it is sent.
CREATE TABLE pushes (
    user_id         INTEGER NOT NULL REFERENCES users (id),
    subscription_id INTEGER NOT NULL,
    message_id      INTEGER NOT NULL,
    conversation_id INTEGER NOT NULL,
    tries           INTEGER NOT NULL,
    due_at          INTEGER NOT NULL,
    PRIMARY KEY (user_id, subscription_id, message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX pushes_by_time ON pushes (due_at);
