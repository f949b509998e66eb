-- Turns the English texts of system messages into what they were made of. Part of version 4, and run again by an import,
-- because an archive has these texts. A username has no spaces, so a text’s first word is the actor’s name at the time. An
-- actor who has another name since isn’t found.
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
-- Of an actor who isn’t found, the name stays.
UPDATE messages SET content = CASE
    WHEN actor_id IS NULL AND (
        system = 'added' AND content LIKE '% added %'
        OR system = 'removed' AND content LIKE '% removed %'
        OR system = 'owner' AND content LIKE '% made % the owner')
    THEN substr(content, 1, instr(content, ' ') - 1)
    ELSE '' END
WHERE system IN ('created', 'joined', 'left', 'added', 'opened', 'closed', 'owner')
OR system = 'removed' AND content <> 'followed';
