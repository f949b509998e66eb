//! Messages: sending one, and reading what was sent. What happens to one later is `changes`.

use rusqlite::{Connection, OptionalExtension, Row};

use super::{
    Store, conversations,
    participants::{self, member},
    transaction::Transaction,
    users::user_at,
};
use crate::{
    error::{Error, Result},
    model::{
        Change, ConversationId, EventId, Member, Message, MessageId, Reaction, SystemKind,
        Timestamp, User, UserId,
    },
};

pub(super) const NOT_FOUND: Error = Error::NotFound("Message");

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
    /// where the client id names another message of theirs.
    pub async fn send(&self, message: NewMessage) -> Result<Sent> {
        self.write_checked(move |tx| send(tx, message)).await
    }

    /// A page of a conversation's messages, the newest first.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the conversation is none of the caller's.
    pub async fn history(
        &self,
        caller: UserId,
        conversation: ConversationId,
        page: Page,
    ) -> Result<Vec<Message>> {
        self.read(move |connection| {
            let history = member(connection, conversation, caller)?.history;
            let after = page.after.map_or(history, |after| after.max(history));
            let before = page.before.unwrap_or(EventId(i64::MAX));
            let mut statement = connection.prepare_cached(&select(
                "WHERE m.conversation_id = ?1 AND m.id > ?2 AND m.id < ?3 ORDER BY m.id DESC LIMIT ?4",
            ))?;
            let messages = statement.query_map((conversation.0, after.0, before.0, page.limit), message_at)?;
            whole(connection, messages)
        })
        .await
    }

    /// One message.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the caller can't see it or it was deleted.
    pub async fn message(&self, caller: UserId, id: MessageId) -> Result<Message> {
        self.read(move |connection| present(connection, id, caller))
            .await
    }

    /// The messages with the most reactions, then the newest ones.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the conversation is none of the caller's.
    pub async fn top(
        &self,
        caller: UserId,
        conversation: ConversationId,
        limit: u32,
    ) -> Result<Vec<Message>> {
        self.read(move |connection| {
            let history = member(connection, conversation, caller)?.history;
            let mut messages = Vec::new();
            // The first by their own index; and of the others no more are looked at than are wanted.
            for which in [
                "WHERE m.conversation_id = ?1 AND m.id > ?2 AND m.reaction_count > 0
                 ORDER BY m.reaction_count DESC, m.id DESC LIMIT ?3",
                "WHERE m.conversation_id = ?1 AND m.id > ?2 AND m.reaction_count = 0
                 ORDER BY m.id DESC LIMIT ?3",
            ] {
                let wanted = i64::from(limit) - i64::try_from(messages.len()).unwrap_or(i64::MAX);
                let mut statement = connection.prepare_cached(&select(which))?;
                let found = statement.query_map((conversation.0, history.0, wanted), message_at)?;
                messages.extend(whole(connection, found)?);
            }
            Ok(messages)
        })
        .await
    }
}

/// Refuses before it writes anything.
pub(super) fn send(tx: &mut Transaction<'_>, new: NewMessage) -> Result<Sent> {
    let NewMessage {
        conversation_id,
        author,
        content,
        client_id,
    } = new;
    let everybody = tx.roster(conversation_id)?;
    participants::find(&everybody, author.id).ok_or(conversations::NOT_FOUND)?;
    let message = Message {
        author: Some(author),
        client_id,
        ..next(tx, conversation_id, content)?
    };
    if !insert(tx, &message)? {
        return find_sent(tx.connection, &message);
    }
    tx.publish(message.id, everybody, Change::Message(message.clone()));
    Ok(Sent {
        message,
        is_new: true,
    })
}

/// Has the system say what `by` has done with `subject`. Whoever calls it sees to it that everybody
/// is told.
pub(super) fn announce(
    tx: &mut Transaction<'_>,
    conversation_id: ConversationId,
    kind: SystemKind,
    by: &User,
    subject: &User,
    content: String,
) -> Result<Message> {
    let message = Message {
        system: Some((kind, subject.clone())),
        ..next(tx, conversation_id, content)?
    };
    insert(tx, &message)?;
    // Nobody needs to be told what they did themselves.
    participants::set_read_mark(tx.connection, conversation_id, by.id, message.number)?;
    Ok(message)
}

/// What would come next in a conversation, of nobody yet. The number of the sequence isn't used up.
fn next(
    tx: &mut Transaction<'_>,
    conversation_id: ConversationId,
    content: String,
) -> Result<Message> {
    Ok(Message {
        id: tx.upcoming_id(),
        conversation_id,
        number: tx.newest_number(conversation_id)? + 1,
        author: None,
        client_id: None,
        content,
        created_at: tx.now,
        edited_at: None,
        deleted_at: None,
        changed_id: None,
        system: None,
        reactions: Vec::new(),
    })
}

/// Adds the row and uses up its numbers, unless its author has used its client id before; tells
/// whether it did. Whoever writes a message has read everything before it.
fn insert(tx: &mut Transaction<'_>, message: &Message) -> rusqlite::Result<bool> {
    let connection = tx.connection;
    let author = message.author.as_ref().map(|author| author.id);
    let added = connection
        .prepare_cached(
            "INSERT INTO messages
                 (id, conversation_id, number, author_id, client_id, content, created_at, system, subject_id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
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
            message.system.as_ref().map(|(kind, _)| kind.word()),
            message.system.as_ref().map(|(_, subject)| subject.id.0),
        ))?;
    if added == 0 {
        return Ok(false);
    }
    tx.take_id();
    tx.has_numbered(message.conversation_id, message.number);
    if let Some(author) = author {
        participants::set_read_mark(connection, message.conversation_id, author, message.number)?;
    }
    Ok(true)
}

/// The message that its author sent before with the client id of `again`, where it is the same. What
/// became of it since doesn't make it another.
fn find_sent(connection: &Connection, again: &Message) -> Result<Sent> {
    let author = again.author.as_ref().map(|author| author.id.0);
    let message = connection
        .prepare_cached(&select("WHERE m.author_id = ?1 AND m.client_id = ?2"))?
        .query_row((author, &again.client_id), message_at)?;
    let has_changed = message.edited_at.is_some() || message.deleted_at.is_some();
    if message.conversation_id == again.conversation_id
        && (has_changed || message.content == again.content)
    {
        Ok(Sent {
            message: with_reactions(connection, message)?,
            is_new: false,
        })
    } else {
        Err(Error::ClientIdReused)
    }
}

/// The message, where the caller may see it and it wasn't deleted.
pub(super) fn present(connection: &Connection, id: MessageId, caller: UserId) -> Result<Message> {
    let (message, _) = visible(connection, id, caller)?;
    if message.deleted_at.is_some() {
        return Err(NOT_FOUND);
    }
    Ok(message)
}

/// The message, where the caller may see it, and their own place in its conversation.
pub(super) fn visible(
    connection: &Connection,
    id: MessageId,
    caller: UserId,
) -> Result<(Message, Member)> {
    let message = by_id(connection, id).optional()?.ok_or(NOT_FOUND)?;
    match member(connection, message.conversation_id, caller) {
        Ok(member) if message.id > member.history => Ok((message, member)),
        Ok(_) | Err(Error::NotFound(_)) => Err(NOT_FOUND),
        Err(error) => Err(error),
    }
}

/// The message of that id, whoever may see it.
pub(super) fn by_id(connection: &Connection, id: MessageId) -> rusqlite::Result<Message> {
    let message = connection
        .prepare_cached(&select("WHERE m.id = ?1"))?
        .query_row([id.0], message_at)?;
    with_reactions(connection, message)
}

/// The conversation's newest message.
pub(super) fn newest(
    connection: &Connection,
    id: ConversationId,
) -> rusqlite::Result<Option<Message>> {
    let message = connection
        .prepare_cached(&select(
            "WHERE m.conversation_id = ?1 ORDER BY m.id DESC LIMIT 1",
        ))?
        .query_row([id.0], message_at)
        .optional()?;
    message
        .map(|message| with_reactions(connection, message))
        .transpose()
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

/// Messages as they stand in their table, with their reactions.
fn whole(
    connection: &Connection,
    messages: impl Iterator<Item = rusqlite::Result<Message>>,
) -> Result<Vec<Message>> {
    let messages = messages.map(|message| with_reactions(connection, message?));
    Ok(messages.collect::<rusqlite::Result<_>>()?)
}

/// The message with its reactions, which stand in a table of their own.
fn with_reactions(connection: &Connection, message: Message) -> rusqlite::Result<Message> {
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

fn select(which: &str) -> String {
    format!(
        "SELECT m.id, m.conversation_id, m.number, m.client_id, m.content, m.created_at, m.edited_at, m.deleted_at,
                m.changed_id, m.system, u.id, u.username, u.avatar_url, s.id, s.username, s.avatar_url
         FROM messages m
         LEFT JOIN users u ON u.id = m.author_id
         LEFT JOIN users s ON s.id = m.subject_id {which}"
    )
}

/// A message without its reactions.
fn message_at(row: &Row<'_>) -> rusqlite::Result<Message> {
    let has_author = row.get::<_, Option<i64>>(10)?.is_some();
    let kind = row.get_ref(9)?.as_str_or_null()?.and_then(SystemKind::of);
    Ok(Message {
        id: EventId(row.get(0)?),
        conversation_id: ConversationId(row.get(1)?),
        number: row.get(2)?,
        client_id: row.get(3)?,
        content: row.get(4)?,
        created_at: Timestamp(row.get(5)?),
        edited_at: row.get::<_, Option<i64>>(6)?.map(Timestamp),
        deleted_at: row.get::<_, Option<i64>>(7)?.map(Timestamp),
        changed_id: row.get::<_, Option<i64>>(8)?.map(EventId),
        author: has_author.then(|| user_at(row, 10)).transpose()?,
        system: kind
            .map(|kind| Ok::<_, rusqlite::Error>((kind, user_at(row, 13)?)))
            .transpose()?,
        reactions: Vec::new(),
    })
}
