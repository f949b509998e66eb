//! Changes of a message after it was sent: edits and deletion. Reactions are in `reactions`, pinning it is in `pins`. Each
//! gives the message a new place in the sequence and publishes its new state to everybody who may see it.

use super::{
    attachments, blocks, calls,
    context::Transaction,
    handle::Store,
    mentions,
    messages::{self, NOT_FOUND, by_id, visible},
    participants, pins, reactions, search, text_usage,
};
use crate::{
    error::{Error, Result},
    model::{Change, Member, Message, MessageId, UserId, no_content},
};

impl Store {
    /// Replaces a message's content, and with it whom it mentions; it calls nobody anew. The new content has been checked,
    /// except that only a message with attachments may have none.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the caller can't see it or it was deleted, [`Error::Forbidden`] if the caller isn't its
    /// author, [`Error::Invalid`] on `content`; [`Error::Blocked`], [`Error::Unreachable`] and
    /// [`Error::TextQuotaUsedUp`] as for sending.
    pub async fn edit_message(
        &self,
        caller: UserId,
        id: MessageId,
        content: String,
    ) -> Result<Message> {
        let space = self.require_text_space(caller).await;
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
            if content.len() > message.content.len() {
                space?;
            }
            text_usage::changed(tx, &message, content.len())?;
            search::replace(tx, &message, &content)?;
            messages::set_content(tx, id, &content)?;
            set_mentions(tx, &message, content, &member)?;
            tx.scrub();
            publish_update(tx, &message)
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
            erase(tx, &message)?;
            Ok(!message.attachments.is_empty())
        });
        if had_files.await? {
            self.delete_unused_files().await?;
        }
        Ok(())
    }
}

/// Erases what a message says, its attachments and its reactions, and tells everybody who may see it.
pub(super) fn erase(tx: &mut Transaction<'_>, message: &Message) -> Result<()> {
    let id = message.id;
    // By its old text, and with its attachments.
    search::remove(tx, message)?;
    text_usage::changed(tx, message, 0)?;
    attachments::delete(tx, id)?;
    mentions::delete(tx, id)?;
    calls::delete_of(tx.connection, message)?;
    messages::set_deleted(tx, id)?;
    pins::delete(tx, message)?;
    reactions::delete_all(tx, id)?;
    tx.scrub();
    publish_update(tx, message).map(drop)
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

/// Gives a changed message a new place in the sequence, and publishes its new state.
pub(super) fn publish_update(tx: &mut Transaction<'_>, before: &Message) -> Result<Message> {
    let event = tx.next_id();
    messages::set_changed(tx, before.id, event)?;
    let mut message = by_id(tx.connection, before.id, None)?;
    reactions::load_reactors(tx, &mut message)?;
    let everybody = participants::roster(tx, message.conversation_id)?;
    tx.publish(event, everybody, Change::Update(message.clone()));
    Ok(Message {
        history_id: before.history_id,
        ..message
    })
}
