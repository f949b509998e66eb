-- Messages that are pinned in their conversation, messages that people have saved, and what they have begun to write.
CREATE TABLE pins (
    conversation_id INTEGER NOT NULL REFERENCES conversations (id),
    message_id      INTEGER NOT NULL,
    pinned_at       INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, message_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE saved_messages (
    user_id    INTEGER NOT NULL REFERENCES users (id),
    message_id INTEGER NOT NULL,
    saved_at   INTEGER,
    changed_id INTEGER NOT NULL,
    PRIMARY KEY (user_id, message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX saved_messages_by_change ON saved_messages (user_id, changed_id);

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
