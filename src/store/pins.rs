//! Messages that are pinned in their conversation. Everybody in it may pin and unpin, and sees what is pinned as far as
//! they may see the messages. Pinning is a change of the message, by which streams are told.

use rusqlite::{Connection, OptionalExtension};

use super::{
    blocks,
    changes::publish_update,
    context::Transaction,
    handle::Store,
    messages::{self, present, visible},
    participants::member,
    visible::visible_after,
};
use crate::{
    error::{Error, Result},
    model::{ConversationId, EventId, Message, MessageId, Timestamp, UserId, limits},
};

impl Store {
    /// Pins a message. Doing it again has no effect.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the caller can't see it or it was deleted, [`Error::Invalid`] on `pin` if as many are
    /// pinned as may be, [`Error::Blocked`] and [`Error::Unreachable`] as for sending.
    pub async fn pin(&self, caller: UserId, id: MessageId) -> Result<Message> {
        self.write(move |tx| {
            let message = present(tx.connection, id, caller)?;
            let conversation = message.conversation_id;
            blocks::require_open(tx, conversation, caller)?;
            if message.pinned_at.is_some() {
                return Ok(message);
            }
            if count(tx.connection, conversation)? >= limits::PINNED_MESSAGES {
                let most = limits::PINNED_MESSAGES;
                let reason = format!(
                    "You can pin up to {most} messages in a conversation. Unpin one first."
                );
                return Err(Error::invalid("pin", reason));
            }
            tx.connection
                .prepare_cached(
                    "INSERT INTO pins (conversation_id, message_id, pinned_at) VALUES (?1, ?2, ?3)",
                )?
                .execute((conversation.0, id.0, tx.now.0))?;
            publish_update(tx, &message)
        })
        .await
    }

    /// Unpins a message, if it is pinned.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the caller can't see it.
    pub async fn unpin(&self, caller: UserId, id: MessageId) -> Result<()> {
        self.write(move |tx| {
            let (message, _) = visible(tx.connection, id, caller)?;
            if delete(tx, &message)? {
                publish_update(tx, &message)?;
            }
            Ok(())
        })
        .await
    }

    /// The pinned messages of a conversation that the caller may see, the last pinned first.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the caller isn't in it.
    pub async fn pinned(&self, caller: UserId, id: ConversationId) -> Result<Vec<Message>> {
        self.read(move |connection| {
            let member = member(connection, id, caller)?;
            let after = visible_after(&member, None);
            let mut statement = connection.prepare_cached(
                "SELECT message_id FROM pins WHERE conversation_id = ?1 AND message_id > ?2
                 ORDER BY pinned_at DESC, message_id DESC",
            )?;
            let ids = statement.query_map((id.0, after.0), |row| row.get(0))?;
            let messages = ids.map(|id| {
                Ok(messages::by_id(connection, EventId(id?), Some(caller))?.seen_by(&member))
            });
            Ok(messages.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }
}

/// When a message was pinned; none if it isn't.
pub(super) fn pinned_at(
    connection: &Connection,
    conversation: ConversationId,
    id: MessageId,
) -> rusqlite::Result<Option<Timestamp>> {
    connection
        .prepare_cached(
            "SELECT pinned_at FROM pins WHERE conversation_id = ?1 AND message_id = ?2",
        )?
        .query_row((conversation.0, id.0), |row| row.get(0).map(Timestamp))
        .optional()
}

/// Unpins a message without telling anybody. Returns whether it was pinned.
pub(super) fn delete(tx: &Transaction<'_>, message: &Message) -> rusqlite::Result<bool> {
    let rows = tx
        .connection
        .prepare_cached("DELETE FROM pins WHERE conversation_id = ?1 AND message_id = ?2")?
        .execute((message.conversation_id.0, message.id.0))?;
    Ok(rows > 0)
}

fn count(connection: &Connection, id: ConversationId) -> rusqlite::Result<u32> {
    connection
        .prepare_cached("SELECT count(*) FROM pins WHERE conversation_id = ?1")?
        .query_row([id.0], |row| row.get(0))
}
