-- Where notifications lead if the server has no public URL, and for which name each passkey is.

ALTER TABLE subscriptions ADD COLUMN origin TEXT NOT NULL DEFAULT '';

ALTER TABLE passkeys ADD COLUMN rp_id TEXT;

CREATE TABLE relying_party (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    id       TEXT
) STRICT;
