-- The table of the sequence is called that. What the system says in rooms is composed when it is read: a message of the
-- system has its kind, its subject and its actor, and no text.
ALTER TABLE clock RENAME TO sequence;
ALTER TABLE messages ADD COLUMN actor_id INTEGER;
