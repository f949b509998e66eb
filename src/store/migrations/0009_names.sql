-- What each username looks like (src/model/username.rs), by which new names that look like another are refused. Names
-- that were given before may look alike, and stay.
ALTER TABLE users ADD COLUMN skeleton TEXT NOT NULL DEFAULT '';
UPDATE users SET skeleton = username_skeleton(username);
CREATE INDEX users_by_skeleton ON users (skeleton);
