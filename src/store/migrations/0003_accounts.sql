-- Passwords, identities, API tokens, invitations and webhooks. Before this version people signed in with a name alone, in
-- development mode, so the sessions of that time prove nothing and are deleted.
DELETE FROM sessions;
ALTER TABLE users ADD COLUMN password_hash TEXT;
ALTER TABLE users ADD COLUMN admin INTEGER NOT NULL DEFAULT 0 CHECK (admin IN (0, 1));
ALTER TABLE users ADD COLUMN bot_of INTEGER REFERENCES users (id);
ALTER TABLE users ADD COLUMN disabled_at INTEGER;
ALTER TABLE sessions ADD COLUMN scope TEXT CHECK (scope IN ('read', 'send'));
ALTER TABLE sessions ADD COLUMN expires_at INTEGER;
CREATE TABLE identities (
    issuer    TEXT    NOT NULL,
    subject   TEXT    NOT NULL,
    user_id   INTEGER NOT NULL REFERENCES users (id),
    username  TEXT,
    linked_at INTEGER NOT NULL,
    PRIMARY KEY (issuer, subject)
) STRICT, WITHOUT ROWID;
CREATE TABLE avatars (
    user_id INTEGER PRIMARY KEY REFERENCES users (id),
    type    TEXT    NOT NULL,
    picture BLOB    NOT NULL
) STRICT;
CREATE TABLE invites (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    token_hash BLOB    NOT NULL UNIQUE,
    created_by INTEGER REFERENCES users (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    uses       INTEGER NOT NULL,
    uses_left  INTEGER NOT NULL CHECK (uses_left >= 0)
) STRICT;
CREATE TABLE resets (
    user_id    INTEGER PRIMARY KEY REFERENCES users (id),
    token_hash BLOB    NOT NULL UNIQUE,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE TABLE hooks (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    secret_hash     BLOB    NOT NULL UNIQUE,
    conversation_id INTEGER NOT NULL REFERENCES conversations (id),
    bot_id          INTEGER NOT NULL REFERENCES users (id),
    created_by      INTEGER NOT NULL REFERENCES users (id),
    created_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX users_by_maker ON users (bot_of) WHERE bot_of IS NOT NULL;
CREATE UNIQUE INDEX identities_by_user ON identities (user_id, issuer);
CREATE INDEX hooks_by_conversation ON hooks (conversation_id);
