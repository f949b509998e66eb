-- Renames the table of the sequence, and adds the user who caused a system message. Such a message is now stored as its
-- kind, subject and actor, and its text is composed when it is read.
ALTER TABLE clock RENAME TO sequence;
ALTER TABLE messages ADD COLUMN actor_id INTEGER;
