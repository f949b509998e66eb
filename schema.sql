-- The whole schema of a Tincan database, as the program creates it. `PRAGMA user_version` and
-- `PRAGMA application_id` are set beside it, in the same transaction (src/store/engine/migrate.rs).
--
-- Times are milliseconds since 1970 in UTC; nothing is ever ordered by them. Everything that a stream may replay is
-- numbered from one sequence, and each number is used once. The number stands in the row that it is about, in
-- `id` or `*_id`: a row that changes again takes a newer number. So a replay is what was numbered after the cursor, as it
-- is now, in order, and it costs what has changed and not how often.

-- One row. `last_id` is the last number given out; `epoch` names this history, so that a cursor of another one is noticed.
-- `probed_at` is what a probe changes, to see whether a write still gets through.
CREATE TABLE sequence (
    only_row  INTEGER PRIMARY KEY CHECK (only_row = 1),
    epoch     INTEGER NOT NULL,
    last_id   INTEGER NOT NULL,
    probed_at INTEGER NOT NULL
) STRICT;

-- `username_key` is the case-folded name: two names that differ in case alone are one name. `password_hash` is a PHC string
-- (https://github.com/P-H-C/phc-string-format); who has none signs in by an identity, or not at all. A bot has neither, and
-- is its maker's. `avatar_url` is where this server serves the picture in `avatars`.
CREATE TABLE users (
    id           INTEGER PRIMARY KEY,
    username     TEXT    NOT NULL,
    username_key TEXT    NOT NULL UNIQUE,
    avatar_url   TEXT,
    created_at   INTEGER NOT NULL,
    -- Whether others see that one types, is online, and what one has read.
    shows_activity INTEGER NOT NULL DEFAULT 1 CHECK (shows_activity IN (0, 1)),
    password_hash  TEXT,
    admin          INTEGER NOT NULL DEFAULT 0 CHECK (admin IN (0, 1)),
    bot_of         INTEGER REFERENCES users (id),
    disabled_at    INTEGER
) STRICT;
CREATE INDEX users_by_maker ON users (bot_of) WHERE bot_of IS NOT NULL;

-- How else than by a password somebody signs in: an account with a provider, by what the provider calls it for good.
CREATE TABLE identities (
    issuer    TEXT    NOT NULL,
    subject   TEXT    NOT NULL,
    user_id   INTEGER NOT NULL REFERENCES users (id),
    username  TEXT,
    linked_at INTEGER NOT NULL,
    PRIMARY KEY (issuer, subject)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX identities_by_user ON identities (user_id, issuer);

CREATE TABLE avatars (
    user_id INTEGER PRIMARY KEY REFERENCES users (id),
    type    TEXT    NOT NULL,
    picture BLOB    NOT NULL
) STRICT;

-- Of tokens, invitations, links and secrets only the SHA-256 is kept, here and below. A session with a scope is an API
-- token: `device` is its name, and it ends at `expires_at`, however much it is used.
CREATE TABLE sessions (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id      INTEGER NOT NULL REFERENCES users (id),
    token_hash   BLOB    NOT NULL UNIQUE,
    device       TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    scope        TEXT CHECK (scope IN ('read', 'send')),
    expires_at   INTEGER
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user_id);

-- `created_by` is nobody where the command line made it.
CREATE TABLE invites (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    token_hash BLOB    NOT NULL UNIQUE,
    created_by INTEGER REFERENCES users (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    uses       INTEGER NOT NULL,
    uses_left  INTEGER NOT NULL CHECK (uses_left >= 0)
) STRICT;

-- Links by which somebody chooses a new password: one each.
CREATE TABLE resets (
    user_id    INTEGER PRIMARY KEY REFERENCES users (id),
    token_hash BLOB    NOT NULL UNIQUE,
    expires_at INTEGER NOT NULL
) STRICT;

-- A direct conversation names its two people in ascending order, so that the two can have only one. `changed_id` is when
-- its name, its people or its openness last changed.
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
    UNIQUE (low_user, high_user),
    CHECK ((kind = 'direct') = (low_user IS NOT NULL AND high_user IS NOT NULL AND low_user < high_user)),
    CHECK ((kind = 'room') = (name IS NOT NULL))
) STRICT;
CREATE INDEX conversations_open ON conversations (id) WHERE open = 1;

-- Who is in what. A participant is told what was numbered after `since_id`, when they came, and may read the messages
-- after `history_id`: in an open room those from before them, too. The read mark is a message's number; `read_id` is when
-- it was last moved by reading.
CREATE TABLE participants (
    conversation_id  INTEGER NOT NULL REFERENCES conversations (id),
    user_id          INTEGER NOT NULL REFERENCES users (id),
    role             TEXT    NOT NULL CHECK (role IN ('member', 'owner')),
    since_id         INTEGER NOT NULL,
    last_read_number INTEGER NOT NULL,
    history_id       INTEGER NOT NULL DEFAULT 0,
    read_id          INTEGER,
    PRIMARY KEY (conversation_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX participants_by_user ON participants (user_id);
CREATE INDEX participants_by_read ON participants (conversation_id, read_id) WHERE read_id IS NOT NULL;

-- Who has left what, and when: their streams, which see nothing of it any more, are told so.
CREATE TABLE departures (
    user_id         INTEGER NOT NULL REFERENCES users (id),
    conversation_id INTEGER NOT NULL REFERENCES conversations (id),
    left_id         INTEGER NOT NULL,
    PRIMARY KEY (user_id, conversation_id)
) STRICT, WITHOUT ROWID;

-- `number` counts a conversation's messages 1, 2, 3 … without a hole; the writer gives it out. There is no index on it:
-- an index holds the rowid behind its columns, so messages_by_conversation finds pages of history, a conversation's
-- newest message (and with it the next number), and what a stream has missed. Each index more costs every send, so the
-- others hold only what has a client id, was changed, or has reactions.
--
-- `changed_id` is when it was last edited, deleted or reacted to. A message of the system has no author, but a kind, a
-- subject (whom it is about) and an actor (who did it; null where nobody knows). Its text is composed when it is read;
-- `content` is only what that takes beside these: the new name where `system` is `renamed`, `followed` where it is
-- `removed` and a bot left because its maker, the actor, did, and nothing otherwise.
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
    actor_id        INTEGER
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

-- Addresses at which programs elsewhere post into one conversation, as a bot that takes part in it.
CREATE TABLE hooks (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    secret_hash     BLOB    NOT NULL UNIQUE,
    conversation_id INTEGER NOT NULL REFERENCES conversations (id),
    bot_id          INTEGER NOT NULL REFERENCES users (id),
    created_by      INTEGER NOT NULL REFERENCES users (id),
    created_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX hooks_by_conversation ON hooks (conversation_id);

-- How far the work that comes after a commit has come (src/followers): `name` has done its part for everything numbered
-- up to `through_id`.
CREATE TABLE followers (
    name       TEXT    PRIMARY KEY,
    through_id INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
