-- The key that marks devices on which somebody has signed in, and who has made whom what.
CREATE TABLE device_key (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    key      BLOB NOT NULL
) STRICT;
INSERT INTO device_key (only_row, key) VALUES (1, randomblob(32));
ALTER TABLE users ADD COLUMN made_admin_by INTEGER REFERENCES users (id);
ALTER TABLE resets ADD COLUMN created_by INTEGER REFERENCES users (id);
