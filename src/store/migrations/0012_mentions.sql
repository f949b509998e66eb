ALTER TABLE messages ADD COLUMN reply_to INTEGER;
ALTER TABLE participants ADD COLUMN notification_level TEXT CHECK (notification_level IN ('all', 'mentions', 'none'));
CREATE TABLE mentions (
    message_id INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    length     INTEGER NOT NULL,
    user_id    INTEGER,
    PRIMARY KEY (message_id, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE calls (
    conversation_id INTEGER NOT NULL,
    user_id         INTEGER NOT NULL,
    number          INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, user_id, number)
) STRICT, WITHOUT ROWID;
