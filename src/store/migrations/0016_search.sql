-- The index for searching messages. A follower fills it.
CREATE VIRTUAL TABLE search USING fts5 (body, facts, content = '', columnsize = 0, tokenize = 'ascii');
INSERT INTO search (search, rank) VALUES ('secure-delete', 1);
CREATE VIRTUAL TABLE search_words USING fts5vocab (search, instance);
