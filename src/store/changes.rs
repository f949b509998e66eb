//! Changes of a message after it was sent: edits, deletion, reactions. Each gives the message a new place in the
//! sequence and publishes its new state to everybody who may see it.

use super::{
    attachments, blocks, calls,
    context::Transaction,
    handle::Store,
    mentions,
    messages::{self, NOT_FOUND, by_id, present, visible},
    participants,
};
use crate::{
    error::{Error, Result},
    model::{Change, Emoji, Member, Message, MessageId, UserId, no_content},
};

/// The most different emoji on one message.
const MAX_EMOJI: usize = 20;

impl Store {
    /// Replaces a message's content, and with it whom it mentions; it calls nobody anew. The new content has been checked,
    /// except that only a message with attachments may have none.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the caller can't see it or it was deleted, [`Error::Forbidden`] if the caller isn't its
    /// author, [`Error::Invalid`] on `content`, [`Error::Blocked`] and [`Error::Unreachable`] as for sending.
    pub async fn edit_message(
        &self,
        caller: UserId,
        id: MessageId,
        content: String,
    ) -> Result<Message> {
        self.write(move |tx| {
            let (message, member) = visible(tx.connection, id, caller)?;
            if !message.is_by(caller) {
                return Err(Error::Forbidden("the author"));
            }
            if message.deleted_at.is_some() {
                return Err(NOT_FOUND);
            }
            blocks::require_open(tx, message.conversation_id, caller)?;
            if content.is_empty() && message.attachments.is_empty() {
                return Err(no_content());
            }
            if message.content == content {
                return Ok(message);
            }
            messages::set_content(tx, id, &content)?;
            set_mentions(tx, &message, content, &member)?;
            tx.scrub();
            changed(tx, &message)
        })
        .await
    }

    /// Deletes a message's content, its attachments and its reactions. Its number and place remain. Deleting it again has
    /// no effect.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the caller can't see it, [`Error::Forbidden`] if the caller is neither its author nor the
    /// room's owner.
    pub async fn delete_message(&self, caller: UserId, id: MessageId) -> Result<()> {
        let had_files = self.write(move |tx| {
            let (message, member) = visible(tx.connection, id, caller)?;
            if !message.may_be_deleted_by(&member) {
                return Err(Error::Forbidden("the author"));
            }
            if message.deleted_at.is_some() {
                return Ok(false);
            }
            attachments::delete(tx, id)?;
            mentions::delete(tx, id)?;
            calls::delete_of(tx.connection, &message)?;
            messages::set_deleted(tx, id)?;
            tx.connection
                .prepare_cached("DELETE FROM reactions WHERE message_id = ?1")?
                .execute([id.0])?;
            tx.scrub();
            changed(tx, &message)?;
            Ok(!message.attachments.is_empty())
        });
        if had_files.await? {
            self.delete_unused_files().await?;
        }
        Ok(())
    }

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
            let is_known = message
                .reactions
                .iter()
                .any(|reaction| reaction.emoji == emoji.as_str());
            if !is_known && message.reactions.len() >= MAX_EMOJI {
                let reason = format!("Messages can have up to {MAX_EMOJI} different reactions.");
                return Err(Error::invalid("emoji", reason));
            }
            let added = tx
                .connection
                .prepare_cached(
                    "INSERT INTO reactions (message_id, emoji, user_id, reacted_id) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT DO NOTHING",
                )?
                .execute((id.0, emoji.as_str(), caller.0, tx.upcoming_id().0))?;
            recount(tx, message, added, 1)
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
            let removed = tx
                .connection
                .prepare_cached(
                    "DELETE FROM reactions WHERE message_id = ?1 AND emoji = ?2 AND user_id = ?3",
                )?
                .execute((id.0, emoji.as_str(), caller.0))?;
            recount(tx, message, removed, -1)
        })
        .await
    }
}

/// Sets whom the new content of a message mentions.
fn set_mentions(
    tx: &mut Transaction<'_>,
    before: &Message,
    content: String,
    author: &Member,
) -> Result<()> {
    if !mentions::may_mention(&content) && before.mentions.is_empty() {
        return Ok(());
    }
    let people = participants::roster(tx, before.conversation_id)?.len();
    let mut message = Message {
        content,
        ..before.clone()
    };
    mentions::find(tx, &mut message, author, people)?;
    mentions::set(tx, &message)?;
    Ok(())
}

fn recount(tx: &mut Transaction<'_>, message: Message, rows: usize, by: i64) -> Result<Message> {
    if rows == 0 {
        return Ok(message);
    }
    messages::count_reactions(tx, message.id, by)?;
    changed(tx, &message)
}

/// Gives the message a new place in the sequence, and publishes its new state.
fn changed(tx: &mut Transaction<'_>, before: &Message) -> Result<Message> {
    let event = tx.next_id();
    messages::set_changed(tx, before.id, event)?;
    let message = by_id(tx.connection, before.id)?;
    let everybody = participants::roster(tx, message.conversation_id)?;
    tx.publish(event, everybody, Change::Update(message.clone()));
    Ok(Message {
        history_id: before.history_id,
        ..message
    })
}
