-- Since when a room has been open. Where it was opened later than it was created, a system message says so.
ALTER TABLE conversations ADD COLUMN open_id INTEGER NOT NULL DEFAULT 0;
UPDATE conversations SET open_id = coalesce((
    SELECT max(m.id) - 1 FROM messages m WHERE m.conversation_id = conversations.id AND m.system = 'opened'), 0)
WHERE open = 1;

-- How many reactions there are of each emoji, and an index to find the first of them.
CREATE TABLE reaction_counts (
    message_id INTEGER NOT NULL,
    emoji      TEXT    NOT NULL,
    count      INTEGER NOT NULL,
    PRIMARY KEY (message_id, emoji)
) STRICT, WITHOUT ROWID;
INSERT INTO reaction_counts SELECT message_id, emoji, count(*) FROM reactions GROUP BY message_id, emoji;
CREATE INDEX reactions_by_time ON reactions (message_id, emoji, reacted_id);

-- Hooks end with the place of their maker and of their bot in the room, and with their maker’s account.
DELETE FROM hooks WHERE
    NOT EXISTS (SELECT 1 FROM participants WHERE conversation_id = hooks.conversation_id AND user_id = hooks.created_by)
    OR NOT EXISTS (SELECT 1 FROM participants WHERE conversation_id = hooks.conversation_id AND user_id = hooks.bot_id)
    OR created_by IN (SELECT id FROM users WHERE disabled_at IS NOT NULL);

-- Being asked before one is added to a room.
ALTER TABLE users ADD COLUMN asks_first INTEGER NOT NULL DEFAULT 0 CHECK (asks_first IN (0, 1));
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

-- Messages that were reported to the administrators.
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

-- How often people have done today what they may do so often a day.
CREATE TABLE daily_counts (
    user_id INTEGER NOT NULL REFERENCES users (id),
    what    TEXT    NOT NULL,
    day     INTEGER NOT NULL,
    count   INTEGER NOT NULL,
    PRIMARY KEY (user_id, what)
) STRICT, WITHOUT ROWID;
