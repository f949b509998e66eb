//! Reactions to messages: the rows, and how many there are of each emoji. However many people have reacted to a message,
//! reading it and reacting to it cost the same: the counts are stored, of the people only the first are read, and who has
//! reacted is cached for the events.

use std::sync::Arc;

use rusqlite::Connection;

use super::{
    blocks,
    changes::publish_update,
    context::Transaction,
    handle::Store,
    messages::{self, present, visible},
    users,
};
use crate::{
    error::{Error, Result},
    model::{
        Emoji, EventId, MAX_EMOJI, MAX_NAMED_REACTORS, Message, MessageId, Reaction, Reactors,
        UserId, UserReaction,
    },
};

/// Finds the first reactions with each emoji, as `r`: `?3` of them after `?2`.
const FIRST: &str = "reaction_counts c CROSS JOIN reactions r
     ON r.message_id = c.message_id AND r.emoji = c.emoji AND r.user_id IN (
         SELECT f.user_id FROM reactions f
         WHERE f.message_id = c.message_id AND f.emoji = c.emoji AND f.reacted_id > ?2
         ORDER BY f.reacted_id LIMIT ?3)";

impl Store {
    /// Adds the caller's reaction. Adding it again has no effect.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the caller can't see the message or it was deleted, [`Error::Invalid`] on `emoji` if it
    /// has too many different ones, [`Error::Blocked`] and [`Error::Unreachable`] as for sending.
    pub async fn add_reaction(
        &self,
        caller: UserId,
        id: MessageId,
        emoji: Emoji,
    ) -> Result<Message> {
        self.write(move |tx| {
            let message = present(tx.connection, id, caller)?;
            blocks::require_open(tx, message.conversation_id, caller)?;
            let mut reactions = message.reactions.iter();
            let is_known = reactions.any(|reaction| reaction.emoji == emoji.as_str());
            if !is_known && message.reactions.len() >= MAX_EMOJI {
                let reason = format!("Messages can have up to {MAX_EMOJI} different reactions.");
                return Err(Error::invalid("emoji", reason));
            }
            if !insert(tx, id, emoji.as_str(), caller)? {
                return Ok(message);
            }
            publish_update(tx, &message)
        })
        .await
    }

    /// Deletes the caller's reaction, if there is one.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the caller can't see the message.
    pub async fn delete_reaction(
        &self,
        caller: UserId,
        id: MessageId,
        emoji: Emoji,
    ) -> Result<Message> {
        self.write(move |tx| {
            let (message, _) = visible(tx.connection, id, caller)?;
            if !delete(tx, id, emoji.as_str(), caller)? {
                return Ok(message);
            }
            publish_update(tx, &message)
        })
        .await
    }

    /// One page of the reactions to a message, or of those with `emoji`, the oldest first: up to `limit` after `after`.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the caller can't see the message or it was deleted.
    pub async fn reactions(
        &self,
        caller: UserId,
        id: MessageId,
        emoji: Option<Emoji>,
        after: Option<EventId>,
        limit: u32,
    ) -> Result<Vec<UserReaction>> {
        self.read(move |connection| {
            present(connection, id, caller)?;
            let mut statement = connection.prepare_cached(&format!(
                "SELECT r.reacted_id, r.emoji, {} FROM {FIRST} JOIN users u ON u.id = r.user_id
                 WHERE c.message_id = ?1 AND (?4 IS NULL OR c.emoji = ?4) ORDER BY r.reacted_id LIMIT ?3",
                users::columns("u"),
            ))?;
            let emoji = emoji.map(Emoji::as_str);
            let after = after.map_or(0, |after| after.0);
            let found = statement.query_map((id.0, after, limit, emoji), |row| {
                Ok(UserReaction {
                    id: EventId(row.get("reacted_id")?),
                    emoji: row.get("emoji")?,
                    user: users::from_row(row, "u")?,
                })
            })?;
            Ok(found.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }
}

/// The reactions to a message in order of first use, and which of them are the caller's. Without a caller, those who see
/// the message need [`load_reactors`].
pub(super) fn of(
    connection: &Connection,
    id: MessageId,
    caller: Option<UserId>,
) -> rusqlite::Result<(Vec<Reaction>, Option<Arc<Reactors>>)> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT c.emoji, c.count, r.user_id, EXISTS (
             SELECT 1 FROM reactions m WHERE m.message_id = c.message_id AND m.emoji = c.emoji AND m.user_id = ?4) AS mine
         FROM {FIRST} WHERE c.message_id = ?1 ORDER BY r.reacted_id",
    ))?;
    let mut rows = statement.query((id.0, 0, MAX_NAMED_REACTORS, caller.map(|caller| caller.0)))?;
    let mut reactions: Vec<Reaction> = Vec::new();
    let mut reactors = Reactors::default();
    while let Some(row) = rows.next()? {
        let (emoji, user): (String, _) = (row.get("emoji")?, UserId(row.get("user_id")?));
        if let Some(known) = reactions.iter_mut().find(|known| known.emoji == emoji) {
            known.users.push(user);
            continue;
        }
        if let Some(caller) = caller.filter(|_| row.get("mine").unwrap_or(false)) {
            reactors.add(caller, &emoji);
        }
        reactions.push(Reaction {
            emoji,
            count: row.get("count")?,
            users: vec![user],
        });
    }
    let reactors = (!reactors.is_empty()).then(|| Arc::new(reactors));
    Ok((reactions, reactors))
}

/// Adds to a message that was loaded for nobody in particular who has reacted to it, before it is published.
pub(super) fn load_reactors(tx: &mut Transaction<'_>, message: &mut Message) -> Result<()> {
    if message.reactions.is_empty() {
        return Ok(());
    }
    let reactors = if let Some(known) = tx.cache.reactors.get(message.id) {
        known
    } else {
        let all = Arc::new(all(tx.connection, message.id)?);
        tx.cache.reactors.set(message.id, Arc::clone(&all));
        all
    };
    message.reactors = Some(reactors);
    Ok(())
}

fn all(connection: &Connection, id: MessageId) -> rusqlite::Result<Reactors> {
    // In the order of users, so that none has to be put between others.
    let mut statement = connection.prepare_cached(
        "SELECT emoji, user_id FROM reactions WHERE message_id = ?1 ORDER BY user_id",
    )?;
    let mut rows = statement.query([id.0])?;
    let mut reactors = Reactors::default();
    while let Some(row) = rows.next()? {
        reactors.add(UserId(row.get("user_id")?), row.get_ref("emoji")?.as_str()?);
    }
    Ok(reactors)
}

/// Returns whether it was new.
fn insert(
    tx: &mut Transaction<'_>,
    id: MessageId,
    emoji: &str,
    user: UserId,
) -> rusqlite::Result<bool> {
    let added = tx
        .connection
        .prepare_cached(
            "INSERT INTO reactions (message_id, emoji, user_id, reacted_id) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO NOTHING",
        )?
        .execute((id.0, emoji, user.0, tx.upcoming_id().0))?;
    if added == 0 {
        return Ok(false);
    }
    tx.connection
        .prepare_cached(
            "INSERT INTO reaction_counts (message_id, emoji, count) VALUES (?1, ?2, 1)
             ON CONFLICT DO UPDATE SET count = count + 1",
        )?
        .execute((id.0, emoji))?;
    messages::count_reactions(tx, id, 1)?;
    tx.cache
        .reactors
        .change(id, |reactors| reactors.add(user, emoji));
    Ok(true)
}

/// Returns whether there was one.
fn delete(
    tx: &mut Transaction<'_>,
    id: MessageId,
    emoji: &str,
    user: UserId,
) -> rusqlite::Result<bool> {
    let removed = tx
        .connection
        .prepare_cached(
            "DELETE FROM reactions WHERE message_id = ?1 AND emoji = ?2 AND user_id = ?3",
        )?
        .execute((id.0, emoji, user.0))?;
    if removed == 0 {
        return Ok(false);
    }
    tx.connection
        .prepare_cached(
            "UPDATE reaction_counts SET count = count - 1 WHERE message_id = ?1 AND emoji = ?2",
        )?
        .execute((id.0, emoji))?;
    tx.connection
        .prepare_cached(
            "DELETE FROM reaction_counts WHERE message_id = ?1 AND emoji = ?2 AND count = 0",
        )?
        .execute((id.0, emoji))?;
    messages::count_reactions(tx, id, -1)?;
    tx.cache
        .reactors
        .change(id, |reactors| reactors.remove(user, emoji));
    Ok(true)
}

/// Deletes all reactions of a user to a message, and tells everybody who may see it.
pub(super) fn delete_of(tx: &mut Transaction<'_>, message: &Message, user: UserId) -> Result<()> {
    let theirs: Vec<String> = tx
        .connection
        .prepare_cached("SELECT emoji FROM reactions WHERE message_id = ?1 AND user_id = ?2")?
        .query_map((message.id.0, user.0), |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for emoji in &theirs {
        delete(tx, message.id, emoji, user)?;
    }
    if !theirs.is_empty() {
        publish_update(tx, message)?;
    }
    Ok(())
}

/// Deletes all reactions to a message, which the calling function counts.
pub(super) fn delete_all(tx: &mut Transaction<'_>, id: MessageId) -> rusqlite::Result<()> {
    for table in ["reactions", "reaction_counts"] {
        tx.connection
            .prepare_cached(&format!("DELETE FROM {table} WHERE message_id = ?1"))?
            .execute([id.0])?;
    }
    tx.cache.reactors.forget(id);
    Ok(())
}

/// Counts the reactions of an import.
pub(super) const COUNT_ALL: &str =
    "INSERT INTO reaction_counts SELECT message_id, emoji, count(*) FROM reactions GROUP BY message_id, emoji;
     UPDATE messages SET reaction_count = (SELECT count(*) FROM reactions WHERE message_id = messages.id)
     WHERE id IN (SELECT message_id FROM reactions)";
