-- Browsers that are notified when no page is open, and the keys with which they are.
CREATE TABLE push_keys (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    vapid    BLOB NOT NULL,
    topics   BLOB NOT NULL
) STRICT;
CREATE TABLE subscriptions (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    session_id   INTEGER NOT NULL UNIQUE REFERENCES sessions (id) ON DELETE CASCADE,
    endpoint     TEXT    NOT NULL UNIQUE,
    p256dh       BLOB    NOT NULL CHECK (length(p256dh) = 65),
    auth         BLOB    NOT NULL CHECK (length(auth) = 16),
    created_at   INTEGER NOT NULL,
    delivered_at INTEGER,
    failure      TEXT
) STRICT;
