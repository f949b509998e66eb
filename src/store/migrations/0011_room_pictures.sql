-- Pictures of rooms, and where each is served.
ALTER TABLE conversations ADD COLUMN avatar_url TEXT;
CREATE TABLE room_pictures (
    conversation_id INTEGER PRIMARY KEY REFERENCES conversations (id),
    type            TEXT    NOT NULL,
    picture         BLOB    NOT NULL
) STRICT;
