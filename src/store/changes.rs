//! What happens to a message after it was sent: its author edits it, it is deleted, people react to
//! it. Each of these gives it a newer place in the sequence, and everybody who may see it is told
//! how it is now.

use super::{
    Store,
    messages::{NOT_FOUND, by_id, present, visible},
    unit::Unit,
};
use crate::{
    error::{Error, Result},
    model::{Change, Emoji, Message, MessageId, UserId},
};

/// Different emoji that one message can have.
const MOST_EMOJI: usize = 20;

impl Store {
    /// Gives a message another content, which has been checked.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the asker can't see it or it was deleted, [`Error::NotYours`]
    /// where somebody else wrote it, and those of a write.
    pub async fn edit(&self, asker: UserId, id: MessageId, content: String) -> Result<Message> {
        self.write(move |unit| {
            let (message, _) = visible(unit.connection, id, asker)?;
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
            let (message, member) = visible(unit.connection, id, asker)?;
            if !message.may_be_deleted_by(&member) {
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
            let (message, _) = visible(unit.connection, id, asker)?;
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
