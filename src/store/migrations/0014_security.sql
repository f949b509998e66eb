ALTER TABLE sessions ADD COLUMN proven_at INTEGER;
ALTER TABLE admin_settings ADD COLUMN admins_need_second_factor INTEGER NOT NULL DEFAULT 0
    CHECK (admins_need_second_factor IN (0, 1));

CREATE TABLE second_factors (
    user_id      INTEGER PRIMARY KEY REFERENCES users (id),
    secret       BLOB    NOT NULL,
    confirmed_at INTEGER,
    last_step    INTEGER NOT NULL
) STRICT;

CREATE TABLE recovery_codes (
    user_id   INTEGER NOT NULL REFERENCES users (id),
    code_hash BLOB    NOT NULL,
    PRIMARY KEY (user_id, code_hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE security_events (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    kind       TEXT    NOT NULL,
    user_id    INTEGER REFERENCES users (id),
    actor_id   INTEGER REFERENCES users (id),
    session_id INTEGER,
    address    TEXT,
    device     TEXT    NOT NULL,
    subject_id INTEGER,
    detail     TEXT,
    count      INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    unseen     INTEGER NOT NULL CHECK (unseen IN (0, 1))
) STRICT;
CREATE INDEX security_events_unseen ON security_events (user_id, id) WHERE unseen = 1;
CREATE INDEX security_events_sign_ins ON security_events (user_id, id)
    WHERE kind IN ('signed_in', 'account_created', 'password_reset');
CREATE INDEX security_events_attempts ON security_events (id)
    WHERE kind IN ('wrong_password', 'wrong_code', 'throttled');
