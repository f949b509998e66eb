//! Calls: whom a message is for in particular. That is whoever it mentions, and the author of what it answers, except those
//! who have blocked its author. Together with the [level](crate::model::NotificationLevel) that each of them has chosen,
//! this says who is to be notified.

use rusqlite::{Connection, params_from_iter, types::Value};

use super::context::Transaction;
use crate::model::{ConversationId, Message, UserId};

/// Whom it calls, as SQL: those of `?1` who see what `?2` writes. A bot is blocked with its maker.
const CALLED: &str = "INSERT OR IGNORE INTO calls (conversation_id, user_id, number)
    SELECT conversation_id, user_id, ?3 FROM participants p
    WHERE conversation_id = ?1 AND user_id <> ?2 AND NOT EXISTS (
        SELECT 1 FROM blocks WHERE user_id = p.user_id AND blocked = 1
        AND blocked_id IN (?2, (SELECT bot_of FROM users WHERE id = ?2)))";

/// Records whom a new message of `author` calls. Most messages call nobody, and cost nothing here.
pub(super) fn insert(
    tx: &Transaction<'_>,
    message: &Message,
    author: UserId,
) -> rusqlite::Result<()> {
    let base = [message.conversation_id.0, author.0, message.number];
    if message.mentions.iter().any(|mention| mention.all) {
        tx.connection.prepare_cached(CALLED)?.execute(base)?;
        return Ok(());
    }
    let mentioned = message.mentions.iter();
    let mentioned = mentioned.filter_map(|mention| mention.user.as_ref());
    let answered = message.reply_to.iter();
    let answered = answered.filter_map(|original| original.author.as_ref());
    for user in mentioned.chain(answered) {
        tx.connection
            .prepare_cached(&format!("{CALLED} AND user_id = ?4"))?
            .execute(params_from_iter(
                base.into_iter().chain([user.id.0]).map(Value::Integer),
            ))?;
    }
    Ok(())
}

/// How many unread messages call a participant, as SQL; `p` is their row.
pub(super) const COUNT: &str =
    "(SELECT count(*) FROM calls WHERE conversation_id = p.conversation_id
    AND user_id = p.user_id AND number > p.last_read_number)";

/// Deletes what no longer counts, because the user has read up to message number `up_to`.
pub(super) fn delete_read(
    connection: &Connection,
    id: ConversationId,
    user: UserId,
    up_to: i64,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "DELETE FROM calls WHERE conversation_id = ?1 AND user_id = ?2 AND number <= ?3",
        )?
        .execute((id.0, user.0, up_to))
        .map(drop)
}

/// Deletes the calls of a message that was deleted.
pub(super) fn delete_of(connection: &Connection, message: &Message) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM calls WHERE conversation_id = ?1 AND number = ?2")?
        .execute((message.conversation_id.0, message.number))
        .map(drop)
}
