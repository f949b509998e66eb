-- What each participant sets for a conversation, the rooms of invitations, and the settings of the server.
ALTER TABLE participants ADD COLUMN pinned_at INTEGER;
ALTER TABLE participants ADD COLUMN archived_number INTEGER;
ALTER TABLE participants ADD COLUMN hidden_number INTEGER;
ALTER TABLE participants ADD COLUMN unread_number INTEGER;
ALTER TABLE participants ADD COLUMN settings_id INTEGER;
CREATE INDEX participants_by_settings ON participants (user_id, settings_id) WHERE settings_id IS NOT NULL;
CREATE TABLE invite_rooms (
    invite_id       INTEGER NOT NULL REFERENCES invites (id) ON DELETE CASCADE,
    position        INTEGER NOT NULL,
    conversation_id INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    PRIMARY KEY (invite_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX invite_rooms_by_conversation ON invite_rooms (conversation_id);
CREATE TABLE admin_settings (
    only_row           INTEGER PRIMARY KEY CHECK (only_row = 1),
    members_may_invite INTEGER NOT NULL CHECK (members_may_invite IN (0, 1)),
    default_room_id    INTEGER REFERENCES conversations (id) ON DELETE SET NULL
) STRICT;
