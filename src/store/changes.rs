//! What happens to a message after it was sent: its author edits it, it is deleted, people react to
//! it. Each of these gives it a newer place in the sequence, and everybody who may see it is told
//! how it is now.

use rusqlite::{Connection, OptionalExtension};

use super::{Store, messages::by_id, participants::member, writer::Unit};
use crate::{
    error::{Error, Result},
    model::{Change, Emoji, Message, MessageId, Reaction, Role, UserId},
};

/// Different emoji that one message can have.
const MOST_EMOJI: usize = 20;
const NOT_FOUND: Error = Error::NotFound("Message");

impl Store {
    /// Gives a message another content, which has been checked.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the asker can't see it or it was deleted, [`Error::NotYours`]
    /// where somebody else wrote it, and those of a write.
    pub async fn edit(&self, asker: UserId, id: MessageId, content: String) -> Result<Message> {
        self.write(move |unit| {
            let message = visible(unit.connection, id, asker)?;
            if !message.is_by(asker) {
                return Err(Error::NotYours("the author"));
            }
            if message.deleted_at.is_some() {
                return Err(NOT_FOUND);
            }
            if message.content == content {
                return Ok(message);
            }
            unit.connection
                .prepare_cached("UPDATE messages SET content = ?2, edited_at = ?3 WHERE id = ?1")?
                .execute((id.0, content, unit.now.0))?;
            unit.scrub();
            changed(unit, &message)
        })
        .await
    }

    /// Deletes a message: its place stays, its text and its reactions are gone. What is deleted
    /// already stays so.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the asker can't see it, [`Error::NotYours`] where they are neither
    /// its author nor the room's owner, and those of a write.
    pub async fn delete(&self, asker: UserId, id: MessageId) -> Result<()> {
        self.write(move |unit| {
            let message = visible(unit.connection, id, asker)?;
            let role = member(unit.connection, message.conversation_id, asker)?.role;
            let is_owner = role == Role::Owner && message.system.is_none();
            if !message.is_by(asker) && !is_owner {
                return Err(Error::NotYours("the author"));
            }
            if message.deleted_at.is_some() {
                return Ok(());
            }
            unit.connection
                .prepare_cached(
                    "UPDATE messages SET content = '', deleted_at = ?2, reaction_count = 0 WHERE id = ?1",
                )?
                .execute((id.0, unit.now.0))?;
            unit.connection
                .prepare_cached("DELETE FROM reactions WHERE message_id = ?1")?
                .execute([id.0])?;
            unit.scrub();
            changed(unit, &message).map(drop)
        })
        .await
    }

    /// Adds the asker's reaction; twice is once.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the asker can't see the message or it was deleted,
    /// [`Error::Invalid`] on `emoji` where it has too many others, and those of a write.
    pub async fn react(&self, asker: UserId, id: MessageId, emoji: Emoji) -> Result<Message> {
        self.write(move |unit| {
            let message = present(unit.connection, id, asker)?;
            let is_known = message
                .reactions
                .iter()
                .any(|reaction| reaction.emoji == emoji.as_str());
            if !is_known && message.reactions.len() >= MOST_EMOJI {
                let reason = format!("A message has {MOST_EMOJI} different reactions at most");
                return Err(Error::invalid("emoji", reason));
            }
            let added = unit
                .connection
                .prepare_cached(
                    "INSERT INTO reactions (message_id, emoji, user_id, reacted_id) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT DO NOTHING",
                )?
                .execute((id.0, emoji.as_str(), asker.0, unit.upcoming_id().0))?;
            recount(unit, message, added, 1)
        })
        .await
    }

    /// Takes the asker's reaction back, if it is there.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the asker can't see the message, and those of a write.
    pub async fn unreact(&self, asker: UserId, id: MessageId, emoji: Emoji) -> Result<Message> {
        self.write(move |unit| {
            let message = visible(unit.connection, id, asker)?;
            let removed = unit
                .connection
                .prepare_cached(
                    "DELETE FROM reactions WHERE message_id = ?1 AND emoji = ?2 AND user_id = ?3",
                )?
                .execute((id.0, emoji.as_str(), asker.0))?;
            recount(unit, message, removed, -1)
        })
        .await
    }
}

/// The message, where the asker may see it and it wasn't deleted.
pub(super) fn present(connection: &Connection, id: MessageId, asker: UserId) -> Result<Message> {
    let message = visible(connection, id, asker)?;
    if message.deleted_at.is_some() {
        return Err(NOT_FOUND);
    }
    Ok(message)
}

/// The message, where the asker may see it.
fn visible(connection: &Connection, id: MessageId, asker: UserId) -> Result<Message> {
    let message = by_id(connection, id).optional()?.ok_or(NOT_FOUND)?;
    match member(connection, message.conversation_id, asker) {
        Ok(member) if message.id > member.history => Ok(message),
        Ok(_) | Err(Error::NotFound(_)) => Err(NOT_FOUND),
        Err(error) => Err(error),
    }
}

/// The count is what ranks messages; it is kept beside them, so that ranking scans nothing.
fn recount(unit: &mut Unit<'_>, message: Message, rows: usize, by: i64) -> Result<Message> {
    if rows == 0 {
        return Ok(message);
    }
    unit.connection
        .prepare_cached("UPDATE messages SET reaction_count = reaction_count + ?2 WHERE id = ?1")?
        .execute((message.id.0, by))?;
    changed(unit, &message)
}

/// Gives the message its newer place, and tells everybody how it is now.
fn changed(unit: &mut Unit<'_>, before: &Message) -> Result<Message> {
    let event = unit.next_id();
    unit.connection
        .prepare_cached("UPDATE messages SET changed_id = ?2 WHERE id = ?1")?
        .execute((before.id.0, event.0))?;
    let message = by_id(unit.connection, before.id)?;
    let everybody = unit.roster(message.conversation_id)?;
    unit.publish(event, everybody, Change::Update(message.clone()));
    Ok(message)
}

/// The message with its reactions, which stand in a table of their own.
pub(super) fn with_reactions(
    connection: &Connection,
    message: Message,
) -> rusqlite::Result<Message> {
    // What was never changed has none.
    if message.changed_id.is_none() {
        return Ok(message);
    }
    let mut statement = connection.prepare_cached(
        "SELECT emoji, user_id FROM reactions WHERE message_id = ?1 ORDER BY reacted_id",
    )?;
    let mut rows = statement.query([message.id.0])?;
    let mut reactions: Vec<Reaction> = Vec::new();
    while let Some(row) = rows.next()? {
        let (emoji, user): (String, _) = (row.get(0)?, UserId(row.get(1)?));
        match reactions.iter_mut().find(|known| known.emoji == emoji) {
            Some(known) => known.users.push(user),
            None => reactions.push(Reaction {
                emoji,
                users: vec![user],
            }),
        }
    }
    Ok(Message {
        reactions,
        ..message
    })
}
