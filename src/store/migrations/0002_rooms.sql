-- Rooms, reactions and changes. What the table of events told is kept in the rows that it told of.
ALTER TABLE users ADD COLUMN shows_activity INTEGER NOT NULL DEFAULT 1 CHECK (shows_activity IN (0, 1));
ALTER TABLE conversations ADD COLUMN participant_count INTEGER NOT NULL DEFAULT 2;
ALTER TABLE conversations ADD COLUMN changed_id INTEGER NOT NULL DEFAULT 0;
ALTER TABLE participants ADD COLUMN history_id INTEGER NOT NULL DEFAULT 0;
ALTER TABLE participants ADD COLUMN read_id INTEGER;
UPDATE conversations SET changed_id = coalesce((
    SELECT max(id) FROM events WHERE conversation_id = conversations.id AND kind = 'conversation'), 0);
UPDATE participants SET read_id = (
    SELECT max(id) FROM events
    WHERE conversation_id = participants.conversation_id AND user_id = participants.user_id AND kind = 'read');
DROP TABLE events;
ALTER TABLE messages ADD COLUMN system TEXT;
ALTER TABLE messages ADD COLUMN subject_id INTEGER;
ALTER TABLE messages ADD COLUMN changed_id INTEGER;
ALTER TABLE messages ADD COLUMN reaction_count INTEGER NOT NULL DEFAULT 0;
CREATE TABLE departures (
    user_id         INTEGER NOT NULL REFERENCES users (id),
    conversation_id INTEGER NOT NULL REFERENCES conversations (id),
    left_id         INTEGER NOT NULL,
    PRIMARY KEY (user_id, conversation_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE reactions (
    message_id INTEGER NOT NULL,
    emoji      TEXT    NOT NULL,
    user_id    INTEGER NOT NULL,
    reacted_id INTEGER NOT NULL,
    PRIMARY KEY (message_id, emoji, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX conversations_open ON conversations (id) WHERE open = 1;
CREATE INDEX participants_by_read ON participants (conversation_id, read_id) WHERE read_id IS NOT NULL;
CREATE INDEX messages_by_change ON messages (conversation_id, changed_id) WHERE changed_id IS NOT NULL;
CREATE INDEX messages_by_reactions ON messages (conversation_id, reaction_count) WHERE reaction_count > 0;
