-- How much everybody has written, and whose messages are to be deleted. A follower counts what is there already.
CREATE TABLE text_usage (
    user_id INTEGER PRIMARY KEY REFERENCES users (id),
    bytes   INTEGER NOT NULL
) STRICT;
CREATE TABLE purges (
    user_id    INTEGER PRIMARY KEY REFERENCES users (id),
    through_id INTEGER NOT NULL,
    last_id    INTEGER NOT NULL
) STRICT;
