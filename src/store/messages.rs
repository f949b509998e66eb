//! Messages: the rows of the table, and reading them. `sending` and `changes` write them through this file.

use rusqlite::{Connection, OptionalExtension, Row};

use super::{
    attachments,
    context::Transaction,
    handle::Store,
    mentions,
    participants::{self, member},
    pins, quotes, reactions,
    source::Source,
    users::Lookup,
    visible::{IS_VISIBLE, is_missed, visible_after},
};
use crate::{
    error::{Error, Result},
    model::{
        Change, ConversationId, EventId, Member, Message, MessageId, SystemDetails, SystemKind,
        Timestamp, User, UserId,
    },
};

pub(super) const NOT_FOUND: Error = Error::NotFound("Message");

/// New messages, for a stream's replay. All of them are visible, because `since_id` is never before `history_id`.
pub(super) const SENT: Source = Source {
    select: || {
        let is_missed = is_missed("m.id");
        format!(
            "SELECT m.id AS id, {{source}} AS source, p.conversation_id, m.id AS subject_id
             FROM participants p CROSS JOIN messages m
             ON m.conversation_id = p.conversation_id AND {is_missed} WHERE p.user_id = ?1"
        )
    },
    load: |loader, row| {
        let message = by_id(loader.connection, row.message_id(), Some(loader.caller))?;
        loader.event(row, &Change::Message(message))
    },
};

/// Changed messages, for a stream's replay.
pub(super) const CHANGED: Source = Source {
    select: || {
        let is_missed = is_missed("m.changed_id");
        format!(
            "SELECT m.changed_id, {{source}}, p.conversation_id, m.id
             FROM participants p CROSS JOIN messages m INDEXED BY messages_by_change
             ON m.conversation_id = p.conversation_id AND {is_missed} AND {IS_VISIBLE}
             WHERE p.user_id = ?1"
        )
    },
    load: |loader, row| {
        let message = by_id(loader.connection, row.message_id(), Some(loader.caller))?;
        loader.event(row, &Change::Update(message))
    },
};

/// A part of a conversation's history.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// Only messages older than this.
    pub before: Option<MessageId>,
    /// Only messages newer than this.
    pub after: Option<MessageId>,
    /// The most messages to return; the newest ones if there are more.
    pub limit: u32,
}

impl Store {
    /// A page of a conversation's messages, newest first, as `show` shows them. That is done where they are read: memory
    /// that another thread frees costs more, and a page has a hundred pieces of it.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the caller isn't in the conversation.
    pub async fn history<T: Send + 'static>(
        &self,
        caller: UserId,
        conversation: ConversationId,
        page: Page,
        show: impl FnOnce(Vec<Message>) -> T + Send + 'static,
    ) -> Result<T> {
        self.read(move |connection| {
            let member = member(connection, conversation, caller)?;
            let after = visible_after(&member, page.after);
            let before = page.before.unwrap_or(EventId(i64::MAX));
            let mut statement = connection.prepare_cached(&select(
                "WHERE m.conversation_id = ?1 AND m.id > ?2 AND m.id < ?3 ORDER BY m.id DESC LIMIT ?4",
            ))?;
            let messages = statement.query_map((conversation.0, after.0, before.0, page.limit), from_row)?;
            complete(connection, messages, &member).map(show)
        })
        .await
    }

    /// The messages around one of a conversation, newest first: half of them newer, and itself among the others.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the caller isn't in the conversation, or can't see the message in it.
    pub async fn history_around(
        &self,
        caller: UserId,
        conversation: ConversationId,
        around: MessageId,
        limit: u32,
    ) -> Result<Vec<Message>> {
        self.read(move |connection| {
            let member = member(connection, conversation, caller)?;
            let (message, _) = visible(connection, around, caller)?;
            if message.conversation_id != conversation {
                return Err(NOT_FOUND);
            }
            let mut newer = connection.prepare_cached(&select(
                "WHERE m.conversation_id = ?1 AND m.id > ?2 ORDER BY m.id LIMIT ?3",
            ))?;
            let newer = newer.query_map((conversation.0, around.0, limit / 2), from_row)?;
            let mut messages = complete(connection, newer, &member)?;
            messages.reverse();
            let mut others = connection.prepare_cached(&select(
                "WHERE m.conversation_id = ?1 AND m.id > ?2 AND m.id <= ?3 ORDER BY m.id DESC LIMIT ?4",
            ))?;
            let after = visible_after(&member, None);
            let others = others.query_map(
                (conversation.0, after.0, around.0, limit - limit / 2),
                from_row,
            )?;
            messages.extend(complete(connection, others, &member)?);
            Ok(messages)
        })
        .await
    }

    /// One message.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the caller can't see it or it was deleted.
    pub async fn message(&self, caller: UserId, id: MessageId) -> Result<Message> {
        self.read(move |connection| present(connection, id, caller))
            .await
    }

    /// The messages with the most reactions, followed by the newest without reactions.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the caller isn't in the conversation.
    pub async fn top_messages(
        &self,
        caller: UserId,
        conversation: ConversationId,
        limit: u32,
    ) -> Result<Vec<Message>> {
        self.read(move |connection| {
            let member = member(connection, conversation, caller)?;
            let after = visible_after(&member, None);
            let mut messages = Vec::new();
            // Messages with reactions have an index of their own. Of the others, only as many as needed are read.
            for which in [
                "WHERE m.conversation_id = ?1 AND m.id > ?2 AND m.reaction_count > 0
                 ORDER BY m.reaction_count DESC, m.id DESC LIMIT ?3",
                "WHERE m.conversation_id = ?1 AND m.id > ?2 AND m.reaction_count = 0
                 ORDER BY m.id DESC LIMIT ?3",
            ] {
                let wanted = i64::from(limit) - i64::try_from(messages.len()).unwrap_or(i64::MAX);
                let mut statement = connection.prepare_cached(&select(which))?;
                let found = statement.query_map((conversation.0, after.0, wanted), from_row)?;
                messages.extend(complete(connection, found, &member)?);
            }
            Ok(messages)
        })
        .await
    }
}

/// Inserts a message and uses up its number in the sequence, unless its author has already used its client id. Returns
/// whether it was inserted. Writing a message also marks everything before it as read. For a system message, `system`
/// holds the actor and the stored content.
pub(super) fn insert(
    tx: &mut Transaction<'_>,
    message: &Message,
    system: Option<(Option<UserId>, &str)>,
) -> rusqlite::Result<bool> {
    let connection = tx.connection;
    let author = message.author.as_ref().map(|author| author.id);
    let added = connection
        .prepare_cached(
            "INSERT INTO messages
                 (id, conversation_id, number, author_id, client_id, content, created_at, system, subject_id, actor_id,
                  attachment_count, reply_to)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
             ON CONFLICT (author_id, client_id) WHERE client_id IS NOT NULL DO NOTHING",
        )?
        .execute((
            message.id.0,
            message.conversation_id.0,
            message.number,
            author.map(|author| author.0),
            &message.client_id,
            system.map_or(message.content.as_str(), |(_, data)| data),
            message.created_at.0,
            message.system.as_ref().map(|system| system.kind.as_str()),
            message.system.as_ref().map(|system| system.subject.id.0),
            system.and_then(|(actor, _)| actor).map(|actor| actor.0),
            message.attachments.len(),
            message.reply_to.as_ref().map(|original| original.id.0),
        ))?;
    if added == 0 {
        return Ok(false);
    }
    tx.next_id();
    tx.cache
        .set_newest_number(message.conversation_id, message.number);
    if let Some(author) = author {
        participants::set_read_mark(connection, message.conversation_id, author, message.number)?;
    }
    Ok(true)
}

/// The message, if the caller may see it and it wasn't deleted.
pub(super) fn present(connection: &Connection, id: MessageId, caller: UserId) -> Result<Message> {
    let (message, _) = visible(connection, id, caller)?;
    if message.deleted_at.is_some() {
        return Err(NOT_FOUND);
    }
    Ok(message)
}

/// The message, if the caller may see it, and the caller's row in its conversation.
pub(super) fn visible(
    connection: &Connection,
    id: MessageId,
    caller: UserId,
) -> Result<(Message, Member)> {
    let message = by_id(connection, id, Some(caller))
        .optional()?
        .ok_or(NOT_FOUND)?;
    match member(connection, message.conversation_id, caller) {
        Ok(member) if member.may_see(message.id) => Ok((message.seen_by(&member), member)),
        Ok(_) | Err(Error::NotFound(_)) => Err(NOT_FOUND),
        Err(error) => Err(error),
    }
}

/// The message with this id, for `viewer` or for nobody in particular, without checking who may see it.
pub(super) fn by_id(
    connection: &Connection,
    id: MessageId,
    viewer: Option<UserId>,
) -> rusqlite::Result<Message> {
    let message = connection
        .prepare_cached(&select("WHERE m.id = ?1"))?
        .query_row([id.0], from_row)?;
    message.complete(connection, viewer)
}

/// The message that `author` sent with this client id.
pub(super) fn by_client_id(
    connection: &Connection,
    author: Option<UserId>,
    client_id: Option<&str>,
) -> rusqlite::Result<Message> {
    let message = connection
        .prepare_cached(&select("WHERE m.author_id = ?1 AND m.client_id = ?2"))?
        .query_row((author.map(|author| author.0), client_id), from_row)?;
    message.complete(connection, author)
}

/// The conversation's newest message, for `viewer` or for nobody in particular.
pub(super) fn newest(
    connection: &Connection,
    id: ConversationId,
    viewer: Option<UserId>,
) -> rusqlite::Result<Option<Message>> {
    let message = connection
        .prepare_cached(&select(
            "WHERE m.conversation_id = ?1 ORDER BY m.id DESC LIMIT 1",
        ))?
        .query_row([id.0], from_row)
        .optional()?;
    message
        .map(|message| message.complete(connection, viewer))
        .transpose()
}

/// The first messages after `after` that say something: no system messages, and none that were deleted.
pub(super) fn following(
    connection: &Connection,
    after: MessageId,
    limit: u32,
) -> Result<Vec<Message>> {
    let mut statement = connection.prepare_cached(&select(
        "WHERE m.id > ?1 AND m.system IS NULL AND m.deleted_at IS NULL ORDER BY m.id LIMIT ?2",
    ))?;
    let messages = statement.query_map((after.0, limit), from_row)?;
    let messages = messages.map(|row| row?.complete(connection, None));
    Ok(messages.collect::<rusqlite::Result<_>>()?)
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

/// The number of the conversation's newest message; 0 if there is none.
pub(super) fn newest_number(tx: &mut Transaction<'_>, id: ConversationId) -> rusqlite::Result<i64> {
    if let Some(number) = tx.cache.newest_number(id) {
        return Ok(number);
    }
    let number = tx
        .connection
        .prepare_cached(
            "SELECT number FROM messages WHERE conversation_id = ?1 ORDER BY id DESC LIMIT 1",
        )?
        .query_row([id.0], |row| row.get("number"))
        .optional()?
        .unwrap_or(0);
    tx.cache.set_newest_number(id, number);
    Ok(number)
}

/// Replaces a message's content.
pub(super) fn set_content(
    tx: &Transaction<'_>,
    id: MessageId,
    content: &str,
) -> rusqlite::Result<()> {
    tx.connection
        .prepare_cached("UPDATE messages SET content = ?2, edited_at = ?3 WHERE id = ?1")?
        .execute((id.0, content, tx.now.0))
        .map(drop)
}

/// Erases a message's content; its number and its place remain.
pub(super) fn set_deleted(tx: &Transaction<'_>, id: MessageId) -> rusqlite::Result<()> {
    tx.connection
        .prepare_cached(
            "UPDATE messages SET content = '', deleted_at = ?2, reaction_count = 0, attachment_count = 0,
                 reply_to = NULL
             WHERE id = ?1",
        )?
        .execute((id.0, tx.now.0))
        .map(drop)
}

/// Adds `by` to a message's count of reactions. Messages are ranked by this count; it is stored so that an index can
/// serve the ranking.
pub(super) fn count_reactions(
    tx: &Transaction<'_>,
    id: MessageId,
    by: i64,
) -> rusqlite::Result<()> {
    tx.connection
        .prepare_cached("UPDATE messages SET reaction_count = reaction_count + ?2 WHERE id = ?1")?
        .execute((id.0, by))
        .map(drop)
}

/// Gives a changed message a new place in the sequence.
pub(super) fn set_changed(
    tx: &Transaction<'_>,
    id: MessageId,
    at: EventId,
) -> rusqlite::Result<()> {
    tx.connection
        .prepare_cached("UPDATE messages SET changed_id = ?2 WHERE id = ?1")?
        .execute((id.0, at.0))
        .map(drop)
}

/// Adds to messages what is stored in other tables, for the eyes of a member.
fn complete(
    connection: &Connection,
    rows: impl Iterator<Item = rusqlite::Result<Stored>>,
    member: &Member,
) -> Result<Vec<Message>> {
    let mut users = Lookup::new(connection);
    let messages = rows.map(|row| {
        let message = row?.complete_with(connection, &mut users, Some(member.user))?;
        Ok(message.seen_by(member))
    });
    Ok(messages.collect::<rusqlite::Result<_>>()?)
}

/// A row of the table, before [`complete`](Self::complete).
struct Stored {
    message: Message,
    author: Option<UserId>,
    system: Option<StoredSystem>,
    has_attachments: bool,
    reply_to: Option<MessageId>,
}

struct StoredSystem {
    kind: SystemKind,
    subject: UserId,
    actor: Option<UserId>,
}

impl Stored {
    fn complete(
        self,
        connection: &Connection,
        viewer: Option<UserId>,
    ) -> rusqlite::Result<Message> {
        self.complete_with(connection, &mut Lookup::new(connection), viewer)
    }

    fn complete_with(
        self,
        connection: &Connection,
        users: &mut Lookup<'_>,
        viewer: Option<UserId>,
    ) -> rusqlite::Result<Message> {
        let mut message = self.message;
        message.author = users.find(self.author)?;
        // A message that was never changed has no reactions, and isn’t pinned.
        if message.changed_id.is_some() {
            (message.reactions, message.reactors) = reactions::of(connection, message.id, viewer)?;
            message.pinned_at = pins::pinned_at(connection, message.conversation_id, message.id)?;
        }
        if self.has_attachments {
            message.attachments = attachments::of(connection, message.id)?;
        }
        if let Some(original) = self.reply_to {
            message.reply_to = quotes::of(connection, users, original)?;
        }
        if let Some(system) = self.system {
            let subject = users
                .find(Some(system.subject))?
                .ok_or(rusqlite::Error::QueryReturnedNoRows)?;
            let actor = users.find(system.actor)?;
            let kind = system.kind;
            let data = std::mem::take(&mut message.content);
            message.content = kind.text(actor.as_ref().map(User::name), subject.name(), &data);
            message.system = Some(SystemDetails {
                kind,
                subject,
                actor,
                data,
            });
        } else {
            message.mentions = mentions::of(connection, users, message.id, &message.content)?;
        }
        Ok(message)
    }
}

fn select(which: &str) -> String {
    format!("SELECT {COLUMNS} FROM messages m {which}")
}

/// The columns for [`from_row`], in its order. They are read by position, because looking up names would slow down
/// history, which reads the most rows.
const COLUMNS: &str =
    "m.id, m.conversation_id, m.number, m.client_id, m.content, m.created_at, m.edited_at, m.deleted_at,
    m.changed_id, m.system, m.subject_id, m.actor_id, m.author_id, m.attachment_count, m.reply_to";

fn from_row(row: &Row<'_>) -> rusqlite::Result<Stored> {
    let system = match row
        .get_ref(9)?
        .as_str_or_null()?
        .and_then(SystemKind::parse)
    {
        Some(kind) => Some(StoredSystem {
            kind,
            subject: UserId(row.get(10)?),
            actor: row.get::<_, Option<i64>>(11)?.map(UserId),
        }),
        None => None,
    };
    let message = Message {
        id: EventId(row.get(0)?),
        conversation_id: ConversationId(row.get(1)?),
        number: row.get(2)?,
        client_id: row.get(3)?,
        content: row.get(4)?,
        created_at: Timestamp(row.get(5)?),
        edited_at: row.get::<_, Option<i64>>(6)?.map(Timestamp),
        deleted_at: row.get::<_, Option<i64>>(7)?.map(Timestamp),
        changed_id: row.get::<_, Option<i64>>(8)?.map(EventId),
        author: None,
        system: None,
        reactions: Vec::new(),
        reactors: None,
        attachments: Vec::new(),
        mentions: Vec::new(),
        reply_to: None,
        history_id: EventId(i64::MAX),
        pinned_at: None,
    };
    Ok(Stored {
        message,
        author: row.get::<_, Option<i64>>(12)?.map(UserId),
        system,
        has_attachments: row.get::<_, i64>(13)? > 0,
        reply_to: row.get::<_, Option<i64>>(14)?.map(EventId),
    })
}
