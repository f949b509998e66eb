-- Where the sequence ends: at the last message, or behind it. A send doesn't write `sequence` any more.
CREATE VIEW sequence_end AS
    SELECT max(last_id, coalesce((SELECT max(id) FROM messages), 0)) AS last_id FROM sequence;
