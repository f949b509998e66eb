-- Files of messages.
ALTER TABLE messages ADD COLUMN attachment_count INTEGER NOT NULL DEFAULT 0;
CREATE TABLE files (
    id     INTEGER PRIMARY KEY,
    hash   BLOB UNIQUE,
    size   INTEGER NOT NULL,
    type   TEXT,
    width  INTEGER,
    height INTEGER
) STRICT;
CREATE INDEX files_without_hash ON files (id) WHERE hash IS NULL;
CREATE TABLE chunks (
    file_id INTEGER NOT NULL REFERENCES files (id),
    place   INTEGER NOT NULL,
    bytes   BLOB    NOT NULL,
    UNIQUE (file_id, place)
) STRICT;
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
CREATE TABLE thumbs (
    id      INTEGER PRIMARY KEY,
    type    TEXT NOT NULL,
    picture BLOB NOT NULL
) STRICT;
