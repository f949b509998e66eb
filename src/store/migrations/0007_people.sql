-- Accounts that people own: display names, pictures of their own, blocks, deleted accounts.
ALTER TABLE users ADD COLUMN display_name TEXT;
ALTER TABLE users ADD COLUMN deleted_at INTEGER;
ALTER TABLE users ADD COLUMN changed_id INTEGER;
CREATE INDEX users_by_change ON users (changed_id) WHERE changed_id IS NOT NULL;
ALTER TABLE avatars ADD COLUMN chosen_at INTEGER;

CREATE TABLE name_parts (
    part    TEXT    NOT NULL,
    user_id INTEGER NOT NULL REFERENCES users (id),
    PRIMARY KEY (part, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX name_parts_by_user ON name_parts (user_id);

CREATE TABLE blocks (
    user_id    INTEGER NOT NULL REFERENCES users (id),
    blocked_id INTEGER NOT NULL REFERENCES users (id),
    blocked    INTEGER NOT NULL CHECK (blocked IN (0, 1)),
    changed_id INTEGER NOT NULL,
    PRIMARY KEY (user_id, blocked_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX blocks_by_change ON blocks (user_id, changed_id);
