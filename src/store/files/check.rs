//! Checking a database: SQLite's own checks, and invariants of this program.

use std::path::Path;

use rusqlite::Connection;

use super::{open::open_source, schema};
use crate::store::{
    engine::{OpenError, migrate, open},
    schema::SCHEMA,
};

/// Violations of invariants: a sentence about each, and a query for one example.
const EXPECTATIONS: &[(&str, &str)] = &[
    (
        "the sequence is behind the numbers in use: number",
        "SELECT id FROM (
             SELECT max(changed_id) AS id FROM messages
             UNION ALL SELECT max(changed_id) FROM conversations
             UNION ALL SELECT max(max(since_id, history_id, coalesce(read_id, 0), coalesce(settings_id, 0))) FROM participants
             UNION ALL SELECT max(left_id) FROM departures
             UNION ALL SELECT max(reacted_id) FROM reactions
             UNION ALL SELECT max(changed_id) FROM users
             UNION ALL SELECT max(changed_id) FROM blocks
             UNION ALL SELECT max(open_id) FROM conversations
             UNION ALL SELECT max(changed_id) FROM room_requests
             UNION ALL SELECT max(changed_id) FROM saved_messages
             UNION ALL SELECT max(changed_id) FROM drafts
             UNION ALL SELECT max(last_id) FROM purges
         ) WHERE id > (SELECT last_id FROM sequence_end)",
    ),
    (
        "the sequence is missing or invalid: found",
        "SELECT n FROM (SELECT count(*) AS n, min(epoch) AS epoch FROM sequence) WHERE n <> 1 OR epoch <= 0",
    ),
    (
        "messages aren’t numbered 1, 2, 3 …: conversation",
        "SELECT conversation_id FROM messages GROUP BY conversation_id
         HAVING min(number) <> 1 OR max(number) <> count(*) OR count(DISTINCT number) <> count(*)",
    ),
    (
        "messages are numbered out of order: conversation",
        "SELECT DISTINCT conversation_id FROM (
             SELECT conversation_id, number,
                    lag(number) OVER (PARTITION BY conversation_id ORDER BY id) AS before FROM messages
         ) WHERE number <= before",
    ),
    (
        "a message belongs to no conversation: message",
        "SELECT id FROM messages WHERE conversation_id NOT IN (SELECT id FROM conversations)",
    ),
    (
        "a message refers to a missing user: message",
        "SELECT id FROM messages WHERE coalesce(author_id, subject_id) NOT IN (SELECT id FROM users)
         OR actor_id NOT IN (SELECT id FROM users)",
    ),
    (
        "a reaction has no message or no user: message",
        "SELECT message_id FROM reactions
         WHERE message_id NOT IN (SELECT id FROM messages) OR user_id NOT IN (SELECT id FROM users)",
    ),
    (
        "a pinned message was deleted, or is of another conversation: message",
        "SELECT message_id FROM pins p WHERE NOT EXISTS (
             SELECT 1 FROM messages m
             WHERE m.id = p.message_id AND m.conversation_id = p.conversation_id AND m.deleted_at IS NULL)",
    ),
    (
        "reactions are miscounted: message",
        "SELECT id FROM messages m
         WHERE reaction_count <> (SELECT count(*) FROM reactions WHERE message_id = m.id)",
    ),
    (
        "reactions of an emoji are miscounted: message",
        "SELECT message_id FROM (
             SELECT message_id, emoji, count FROM reaction_counts
             UNION ALL SELECT message_id, emoji, -count(*) FROM reactions GROUP BY message_id, emoji
         ) GROUP BY message_id, emoji HAVING sum(count) <> 0 OR count(*) <> 2",
    ),
    (
        "the text that somebody has written is miscounted: user",
        "SELECT u.user_id FROM text_usage u LEFT JOIN (
             SELECT author_id, sum(octet_length(content)) AS bytes FROM messages
             WHERE id <= (SELECT through_id FROM followers WHERE name = 'text') GROUP BY author_id
         ) m ON m.author_id = u.user_id WHERE u.bytes <> coalesce(m.bytes, 0)",
    ),
    (
        "attachments are miscounted: message",
        "SELECT id FROM messages m
         WHERE attachment_count <> (SELECT count(*) FROM attachments WHERE message_id = m.id)",
    ),
    (
        "an attachment has no message, or no file: attachment",
        "SELECT id FROM attachments a WHERE message_id NOT IN (SELECT id FROM messages)
         OR NOT EXISTS (SELECT 1 FROM files WHERE id = a.file_id AND hash IS NOT NULL)",
    ),
    (
        "a file isn’t whole: file",
        "SELECT id FROM files f WHERE hash IS NOT NULL
         AND size <> (SELECT coalesce(sum(length(bytes)), 0) FROM chunks WHERE file_id = f.id)",
    ),
    (
        "nobody has sent a file that is kept: file",
        "SELECT id FROM files f WHERE hash IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM uploads WHERE file_id = f.id)
         AND NOT EXISTS (SELECT 1 FROM attachments WHERE file_id = f.id)",
    ),
    (
        "an upload has received more or less than it says: upload",
        "SELECT id FROM uploads u
         WHERE received <> (SELECT coalesce(sum(length(bytes)), 0) FROM chunks WHERE file_id = u.file_id)",
    ),
    (
        "a small picture belongs to no file: picture",
        "SELECT id FROM thumbs
         WHERE id NOT IN (SELECT id FROM uploads) AND id NOT IN (SELECT id FROM attachments)",
    ),
    (
        "a message answers what isn’t in its conversation: message",
        "SELECT m.id FROM messages m WHERE m.reply_to IS NOT NULL AND NOT EXISTS (
             SELECT 1 FROM messages o WHERE o.id = m.reply_to AND o.conversation_id = m.conversation_id AND o.id < m.id)",
    ),
    (
        "a mention isn’t part of a message, or names nobody: message",
        "SELECT message_id FROM mentions n LEFT JOIN messages m ON m.id = n.message_id
         WHERE m.id IS NULL OR position < 0 OR length < 2 OR user_id NOT IN (SELECT id FROM users)",
    ),
    (
        "somebody is called who isn’t there, or by no message: conversation",
        "SELECT c.conversation_id FROM calls c
         LEFT JOIN participants p ON p.conversation_id = c.conversation_id AND p.user_id = c.user_id
         WHERE p.user_id IS NULL OR c.number > (
             SELECT coalesce(max(number), 0) FROM messages WHERE conversation_id = c.conversation_id)",
    ),
    (
        "participants are miscounted: conversation",
        "SELECT id FROM conversations c
         WHERE participant_count <> (SELECT count(*) FROM participants WHERE conversation_id = c.id)",
    ),
    (
        "a room’s picture is missing, or isn’t a room’s: conversation",
        "SELECT id FROM conversations c
         WHERE (avatar_url IS NOT NULL) <> EXISTS (SELECT 1 FROM room_pictures WHERE conversation_id = c.id)
         OR (avatar_url IS NOT NULL AND kind <> 'room')",
    ),
    (
        "the index of display names is wrong: user",
        "SELECT u.id FROM users u WHERE (display_name IS NOT NULL) <>
             EXISTS (SELECT 1 FROM name_parts WHERE user_id = u.id)",
    ),
    (
        "a deleted account isn’t empty: user",
        "SELECT id FROM users u WHERE deleted_at IS NOT NULL AND (
             disabled_at IS NULL OR admin = 1 OR coalesce(display_name, avatar_url, password_hash) IS NOT NULL
             OR EXISTS (SELECT 1 FROM sessions WHERE user_id = u.id)
             OR EXISTS (SELECT 1 FROM identities WHERE user_id = u.id)
             OR EXISTS (SELECT 1 FROM passkeys WHERE user_id = u.id)
             OR EXISTS (SELECT 1 FROM push_relays WHERE user_id = u.id)
             OR EXISTS (SELECT 1 FROM pushes WHERE user_id = u.id))",
    ),
    (
        "a program is notified like a browser: subscription",
        "SELECT id FROM subscriptions WHERE session_id IN (SELECT id FROM sessions WHERE scope IS NOT NULL)",
    ),
    (
        "a read mark is past the last message: conversation",
        "SELECT conversation_id FROM participants p
         WHERE last_read_number > (
             SELECT coalesce(max(number), 0) FROM messages WHERE conversation_id = p.conversation_id)",
    ),
    (
        "people are let into a conversation that isn’t a room: conversation",
        "SELECT id FROM conversations WHERE kind <> 'room' AND (
             id IN (SELECT default_room_id FROM admin_settings) OR id IN (SELECT conversation_id FROM invite_rooms))",
    ),
    (
        "somebody has set something about messages that nobody wrote: conversation",
        "SELECT conversation_id FROM participants p
         WHERE max(coalesce(archived_number, 0), coalesce(hidden_number, 0), coalesce(unread_number, 0)) > (
             SELECT coalesce(max(number), 0) FROM messages WHERE conversation_id = p.conversation_id)",
    ),
];

/// Reads and checks a whole database, which may be in use. Changes nothing.
///
/// # Errors
/// [`OpenError::Corrupt`] if anything is wrong with it, and other errors if it can't be read.
pub fn check(database: &Path) -> Result<(), OpenError> {
    let connection = open_source(database)?;
    let problems = all_problems(&connection, database)?;
    if problems.is_empty() {
        return Ok(());
    }
    Err(OpenError::Corrupt {
        path: database.to_owned(),
        detail: problems.join("; "),
    })
}

/// All problems of a database at `path`.
pub fn all_problems(connection: &Connection, path: &Path) -> Result<Vec<String>, OpenError> {
    let in_context = |error: rusqlite::Error| OpenError::from_sqlite(path, &error);
    // One snapshot, so that counts agree with the rows they count.
    let snapshot = connection.unchecked_transaction().map_err(in_context)?;
    // A damaged index is no problem: the next server builds it anew.
    let damage = open::find_damage("integrity_check", SCHEMA.index.tables, &snapshot);
    let mut problems = damage.map_err(in_context)?.other;
    // For a damaged file, the other checks would only report the same damage again.
    if problems.is_empty() {
        problems = schema::differences(&snapshot).map_err(in_context)?;
        problems.extend(foreign_keys(&snapshot).map_err(in_context)?);
        // The invariants hold for the current schema. An older file is migrated before it is used.
        if migrate::is_present(&snapshot, &SCHEMA).map_err(in_context)? {
            problems.extend(unmet(&snapshot).map_err(in_context)?);
        }
    }
    Ok(problems)
}

/// Violated foreign keys, up to ten.
pub fn foreign_keys(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare("PRAGMA foreign_key_check")?;
    let rows = statement.query_map([], |row| {
        let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
        Ok(format!("a row of {table} refers to none of {parent}"))
    })?;
    rows.take(10).collect()
}

fn unmet(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut problems = Vec::new();
    for (sentence, query) in EXPECTATIONS {
        let mut statement = connection.prepare(query)?;
        let mut rows = statement.query([])?;
        if let Some(row) = rows.next()? {
            problems.push(format!("{sentence} {}", row.get::<_, i64>(0)?));
        }
    }
    Ok(problems)
}
