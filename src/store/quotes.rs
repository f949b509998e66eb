//! Quotes: what is shown of the message that another one answers. Nothing is copied; it is read as it is now.

use rusqlite::{Connection, OptionalExtension};

use super::{handle::Store, mentions, participants::member, users::Lookup};
use crate::{
    error::{Error, Result},
    model::{ConversationId, Member, MessageId, ReplyTo, Timestamp, UserId, excerpt, with_names},
};

impl Store {
    /// A message as `caller` would answer it.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the caller isn’t in the conversation, [`Error::Invalid`] on `replyTo` if there is no such
    /// message in it that they may see.
    pub async fn quote(
        &self,
        caller: UserId,
        conversation: ConversationId,
        id: MessageId,
    ) -> Result<ReplyTo> {
        self.read(move |connection| {
            let member = member(connection, conversation, caller)?;
            Ok(*answerable(connection, conversation, &member, id)?)
        })
        .await
    }
}

/// What a message of `author` answers, if that is a message of the same conversation that they may see. A deleted one
/// may be answered: it may have been there when the answer was written.
///
/// # Errors
/// [`Error::Invalid`] on `replyTo`.
pub(super) fn answerable(
    connection: &Connection,
    conversation: ConversationId,
    author: &Member,
    id: MessageId,
) -> Result<Box<ReplyTo>> {
    let is_there = connection
        .prepare_cached(
            "SELECT 1 FROM messages WHERE id = ?1 AND conversation_id = ?2 AND system IS NULL",
        )?
        .exists((id.0, conversation.0))?;
    let original = if is_there && author.may_see(id) {
        of(connection, &mut Lookup::new(connection), id)?
    } else {
        None
    };
    original.ok_or_else(|| Error::invalid("replyTo", "That message can’t be answered."))
}

/// The message with this id as a quote. None if there is no trace of it.
pub(super) fn of(
    connection: &Connection,
    users: &mut Lookup<'_>,
    id: MessageId,
) -> rusqlite::Result<Option<Box<ReplyTo>>> {
    let found = connection
        .prepare_cached(
            "SELECT number, content, deleted_at, attachment_count, author_id FROM messages WHERE id = ?1",
        )?
        .query_row([id.0], |row| {
            let quote = ReplyTo {
                id,
                number: row.get(0)?,
                author: None,
                excerpt: String::new(),
                has_attachment: row.get::<_, i64>(3)? > 0,
                deleted_at: row.get::<_, Option<i64>>(2)?.map(Timestamp),
            };
            let author = row.get::<_, Option<i64>>(4)?.map(UserId);
            Ok((quote, author, row.get::<_, String>(1)?))
        })
        .optional()?;
    let Some((mut quote, author, content)) = found else {
        return Ok(None);
    };
    quote.author = users.find(author)?;
    let mentions = mentions::of(connection, users, id, &content)?;
    quote.excerpt = excerpt(&with_names(&content, &mentions));
    Ok(Some(Box::new(quote)))
}
