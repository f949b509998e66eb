-- How far the work that comes after a commit has come (src/followers).
CREATE TABLE followers (
    name       TEXT    PRIMARY KEY,
    through_id INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
