-- Who is told of new messages on which devices, and what is still to be sent.
CREATE TABLE notification_settings (
    user_id    INTEGER PRIMARY KEY REFERENCES users (id),
    preview    INTEGER NOT NULL DEFAULT 1 CHECK (preview IN (0, 1)),
    quiet_from INTEGER,
    quiet_to   INTEGER,
    quiet_zone TEXT,
    CHECK ((quiet_from IS NULL) = (quiet_zone IS NULL) AND (quiet_to IS NULL) = (quiet_zone IS NULL))
) STRICT;

CREATE TABLE push_relays (
    user_id INTEGER PRIMARY KEY REFERENCES users (id),
    kind    TEXT    NOT NULL CHECK (kind IN ('ntfy', 'gotify')),
    address TEXT    NOT NULL
) STRICT;

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

-- Nobody is told of what was sent before.
INSERT INTO followers (name, through_id) SELECT 'push', last_id FROM sequence;
