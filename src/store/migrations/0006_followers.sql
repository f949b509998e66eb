-- The position of each follower in the sequence (src/followers).
CREATE TABLE followers (
    name       TEXT    PRIMARY KEY,
    through_id INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
