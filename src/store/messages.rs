//! Messages: sending one, and reading what was sent.

use rusqlite::{Connection, OptionalExtension, Row};

use super::{Store, conversations, users::user_at, writer::Unit};
use crate::{
    error::{Error, Result},
    model::{Change, ConversationId, EventId, Message, MessageId, Timestamp, User, UserId},
};

/// A message to be sent. Its content and client id have been checked.
#[derive(Debug)]
pub struct NewMessage {
    pub conversation_id: ConversationId,
    pub author: User,
    pub content: String,
    /// The client's own name for it. The same name again finds the same message instead of sending
    /// another.
    pub client_id: Option<String>,
}

/// What sending led to.
#[derive(Debug)]
pub struct Sent {
    pub message: Message,
    /// False where the same message had been sent before.
    pub is_new: bool,
}

/// Which part of a conversation's history to read.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// Only what is older than this.
    pub before: Option<MessageId>,
    /// Only what is newer than this.
    pub after: Option<MessageId>,
    /// How many messages at most; where there are more, the newest.
    pub limit: u32,
}

impl Store {
    /// Sends a message: once it is given back it is durable, and the streams of everybody in the
    /// conversation have it.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the author isn't in the conversation, [`Error::ClientIdReused`]
    /// where the client id names another message of theirs, and those of a write.
    pub async fn send(&self, message: NewMessage) -> Result<Sent> {
        self.write(move |unit| send(unit, message)).await
    }

    /// A page of a conversation's messages, the newest first.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the conversation is none of the asker's, and those of a read.
    pub async fn history(
        &self,
        asker: UserId,
        conversation: ConversationId,
        page: Page,
    ) -> Result<Vec<Message>> {
        self.read(move |connection| {
            let since = conversations::require_participant(connection, conversation, asker)?;
            let after = page.after.map_or(since, |after| after.max(since));
            let before = page.before.unwrap_or(EventId(i64::MAX));
            let mut statement = connection.prepare_cached(&select(
                "WHERE m.conversation_id = ?1 AND m.id > ?2 AND m.id < ?3 ORDER BY m.id DESC LIMIT ?4",
            ))?;
            let messages = statement.query_map((conversation.0, after.0, before.0, page.limit), message_at)?;
            Ok(messages.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }
}

fn send(unit: &mut Unit<'_>, new: NewMessage) -> Result<Sent> {
    let NewMessage {
        conversation_id,
        author,
        content,
        client_id,
    } = new;
    let connection = unit.connection;
    let receivers = conversations::receivers(connection, conversation_id, author.id)?;
    let message = Message {
        id: unit.upcoming_id(),
        conversation_id,
        number: newest_number(connection, conversation_id)? + 1,
        author: Some(author),
        client_id,
        content,
        created_at: unit.now,
        edited_at: None,
        deleted_at: None,
    };
    if !insert(connection, &message)? {
        return find_sent(connection, &message);
    }
    unit.take_id();
    unit.publish(message.id, receivers, Change::Message(message.clone()));
    Ok(Sent {
        message,
        is_new: true,
    })
}

/// Adds the row, unless its author has used its client id before; tells whether it did. Whoever
/// writes a message has read everything before it.
fn insert(connection: &Connection, message: &Message) -> rusqlite::Result<bool> {
    let author = message.author.as_ref().map(|author| author.id);
    let added = connection
        .prepare_cached(
            "INSERT INTO messages (id, conversation_id, number, author_id, client_id, content, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (author_id, client_id) WHERE client_id IS NOT NULL DO NOTHING",
        )?
        .execute((
            message.id.0,
            message.conversation_id.0,
            message.number,
            author.map(|author| author.0),
            &message.client_id,
            &message.content,
            message.created_at.0,
        ))?;
    if added > 0
        && let Some(author) = author
    {
        conversations::set_read_mark(connection, message.conversation_id, author, message.number)?;
    }
    Ok(added > 0)
}

/// The message that its author sent before with the client id of `again`, where it is the same.
fn find_sent(connection: &Connection, again: &Message) -> Result<Sent> {
    let author = again.author.as_ref().map(|author| author.id.0);
    let message = connection
        .prepare_cached(&select("WHERE m.author_id = ?1 AND m.client_id = ?2"))?
        .query_row((author, &again.client_id), message_at)?;
    if message.conversation_id == again.conversation_id && message.content == again.content {
        Ok(Sent {
            message,
            is_new: false,
        })
    } else {
        Err(Error::ClientIdReused)
    }
}

/// The message of that id, whoever may see it.
pub(super) fn by_id(connection: &Connection, id: MessageId) -> rusqlite::Result<Message> {
    connection
        .prepare_cached(&select("WHERE m.id = ?1"))?
        .query_row([id.0], message_at)
}

/// The conversation's newest message.
pub(super) fn newest(
    connection: &Connection,
    id: ConversationId,
) -> rusqlite::Result<Option<Message>> {
    connection
        .prepare_cached(&select(
            "WHERE m.conversation_id = ?1 ORDER BY m.id DESC LIMIT 1",
        ))?
        .query_row([id.0], message_at)
        .optional()
}

/// The id of the conversation's newest message.
pub(super) fn newest_id(
    connection: &Connection,
    id: ConversationId,
) -> rusqlite::Result<Option<MessageId>> {
    connection
        .prepare_cached(
            "SELECT id FROM messages WHERE conversation_id = ?1 ORDER BY id DESC LIMIT 1",
        )?
        .query_row([id.0], |row| row.get(0).map(EventId))
        .optional()
}

/// The number of the conversation's newest message; 0 where it has none.
pub(super) fn newest_number(connection: &Connection, id: ConversationId) -> rusqlite::Result<i64> {
    let number = connection
        .prepare_cached(
            "SELECT number FROM messages WHERE conversation_id = ?1 ORDER BY id DESC LIMIT 1",
        )?
        .query_row([id.0], |row| row.get(0))
        .optional()?;
    Ok(number.unwrap_or(0))
}

fn select(which: &str) -> String {
    format!(
        "SELECT m.id, m.conversation_id, m.number, m.client_id, m.content, m.created_at, m.edited_at, m.deleted_at,
                u.id, u.username, u.avatar_url
         FROM messages m LEFT JOIN users u ON u.id = m.author_id {which}"
    )
}

fn message_at(row: &Row<'_>) -> rusqlite::Result<Message> {
    let has_author = row.get::<_, Option<i64>>(8)?.is_some();
    Ok(Message {
        id: EventId(row.get(0)?),
        conversation_id: ConversationId(row.get(1)?),
        number: row.get(2)?,
        client_id: row.get(3)?,
        content: row.get(4)?,
        created_at: Timestamp(row.get(5)?),
        edited_at: row.get::<_, Option<i64>>(6)?.map(Timestamp),
        deleted_at: row.get::<_, Option<i64>>(7)?.map(Timestamp),
        author: has_author.then(|| user_at(row, 8)).transpose()?,
    })
}
