-- The schema of version 1, as it was: files that have it are still out there.
--
-- Times are milliseconds since 1970 in UTC; nothing is ever ordered by them. Everything that a stream may replay is
-- numbered from one sequence, the clock: messages.id and events.id never meet, and a replay merges both by id.

-- One row. `last_id` is the last number given out; `epoch` names this history, so that a cursor of another one is noticed.
-- `probed_at` is what a probe changes, to see whether a write still gets through.
CREATE TABLE clock (
    only_row  INTEGER PRIMARY KEY CHECK (only_row = 1),
    epoch     INTEGER NOT NULL,
    last_id   INTEGER NOT NULL,
    probed_at INTEGER NOT NULL
) STRICT;

-- `username_key` is the case-folded name: two names that differ in case alone are one name.
CREATE TABLE users (
    id           INTEGER PRIMARY KEY,
    username     TEXT    NOT NULL,
    username_key TEXT    NOT NULL UNIQUE,
    avatar_url   TEXT,
    created_at   INTEGER NOT NULL
) STRICT;

-- A token is never kept, only its SHA-256.
CREATE TABLE sessions (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id      INTEGER NOT NULL REFERENCES users (id),
    token_hash   BLOB    NOT NULL UNIQUE,
    device       TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user_id);

-- A direct conversation names its two people in ascending order, so that the two can have only one.
CREATE TABLE conversations (
    id         INTEGER PRIMARY KEY,
    kind       TEXT    NOT NULL CHECK (kind IN ('direct', 'room')),
    name       TEXT,
    open       INTEGER NOT NULL DEFAULT 0 CHECK (open IN (0, 1)),
    low_user   INTEGER REFERENCES users (id),
    high_user  INTEGER REFERENCES users (id),
    created_at INTEGER NOT NULL,
    UNIQUE (low_user, high_user),
    CHECK ((kind = 'direct') = (low_user IS NOT NULL AND high_user IS NOT NULL AND low_user < high_user)),
    CHECK ((kind = 'room') = (name IS NOT NULL))
) STRICT;

-- Who is in what. A participant sees what the clock numbered after `since_id`. The read mark is a message's number.
CREATE TABLE participants (
    conversation_id  INTEGER NOT NULL REFERENCES conversations (id),
    user_id          INTEGER NOT NULL REFERENCES users (id),
    role             TEXT    NOT NULL CHECK (role IN ('member', 'owner')),
    since_id         INTEGER NOT NULL,
    last_read_number INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX participants_by_user ON participants (user_id);

-- `number` counts a conversation's messages 1, 2, 3 … without a hole; the writer gives it out. There is no index on it:
-- an index holds the rowid behind its columns, so messages_by_conversation finds pages of history, a conversation's
-- newest message (and with it the next number), and what a stream has missed. Each index more costs every send.
CREATE TABLE messages (
    id              INTEGER PRIMARY KEY,
    conversation_id INTEGER NOT NULL,
    number          INTEGER NOT NULL,
    author_id       INTEGER,
    client_id       TEXT,
    content         TEXT    NOT NULL,
    created_at      INTEGER NOT NULL,
    edited_at       INTEGER,
    deleted_at      INTEGER
) STRICT;
CREATE INDEX messages_by_conversation ON messages (conversation_id);
CREATE UNIQUE INDEX messages_by_client_id ON messages (author_id, client_id) WHERE client_id IS NOT NULL;

-- What changed beside new messages, for replays. A row holds no text: a replay reads the present state.
--   read          user_id has read up to number
--   conversation  the conversation is new to its participants
CREATE TABLE events (
    id              INTEGER PRIMARY KEY,
    conversation_id INTEGER NOT NULL,
    kind            TEXT    NOT NULL CHECK (kind IN ('read', 'conversation')),
    user_id         INTEGER,
    number          INTEGER
) STRICT;
CREATE INDEX events_by_conversation ON events (conversation_id);
