-- Replaces the English text of system messages with the fields it was composed from. Imports run this file too, because
-- archives contain that text. A username has no spaces, so the first word of a text is the actor’s name at the time. If the
-- actor has since been renamed, no user is found, and the name is kept as the content.
UPDATE messages SET actor_id = subject_id
WHERE actor_id IS NULL AND system IN ('created', 'joined', 'left', 'renamed', 'opened', 'closed');
UPDATE messages SET actor_id = users.id FROM users
WHERE username = substr(content, 1, instr(content, ' ') - 1) AND users.created_at <= messages.created_at
AND actor_id IS NULL AND (
    system = 'added' AND content LIKE '% added %'
    OR system = 'removed' AND content LIKE '% removed %'
    OR system = 'owner' AND content LIKE '% made % the owner');
UPDATE messages SET actor_id = coalesce(actor_id, (SELECT bot_of FROM users WHERE id = subject_id)), content = 'followed'
WHERE system = 'removed' AND content LIKE '% went with %';
UPDATE messages SET content = substr(content, instr(content, ' renamed the room to ') + length(' renamed the room to '))
WHERE system = 'renamed' AND instr(content, ' renamed the room to ') > 0;
UPDATE messages SET content = CASE
    WHEN actor_id IS NULL AND (
        system = 'added' AND content LIKE '% added %'
        OR system = 'removed' AND content LIKE '% removed %'
        OR system = 'owner' AND content LIKE '% made % the owner')
    THEN substr(content, 1, instr(content, ' ') - 1)
    ELSE '' END
WHERE system IN ('created', 'joined', 'left', 'added', 'opened', 'closed', 'owner')
OR system = 'removed' AND content <> 'followed';
