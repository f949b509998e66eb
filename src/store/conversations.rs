//! Conversations and who takes part in them, as one participant sees them.

use rusqlite::{Connection, OptionalExtension};

use super::{Store, messages, users, writer::Unit};
use crate::{
    error::{Error, Result},
    model::{Change, Conversation, ConversationId, ConversationKind, EventId, User, UserId},
};

/// Conversations in one page of the list.
const PAGE: i64 = 25;
const NOT_FOUND: Error = Error::NotFound("Conversation");

/// What starting a conversation led to.
#[derive(Debug)]
pub enum Started {
    /// It is new.
    Created(Box<Conversation>),
    /// The two had one already.
    Existing(ConversationId),
}

impl Store {
    /// Starts the direct conversation between `asker` and the user of that name, or finds the one
    /// they have.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such user, [`Error::Yourself`], and those of a write.
    pub async fn start_direct(&self, asker: UserId, username: String) -> Result<Started> {
        self.write(move |unit| {
            let other = users::find(unit.connection, &username)?.ok_or(Error::NotFound("User"))?;
            if other.id == asker {
                return Err(Error::Yourself);
            }
            match find_direct(unit.connection, asker, other.id)? {
                Some(existing) => Ok(Started::Existing(existing)),
                None => create_direct(unit, asker, other.id)
                    .map(|conversation| Started::Created(Box::new(conversation))),
            }
        })
        .await
    }

    /// One page of the asker's conversations, those with the newest message first. With `before`,
    /// the ones behind that conversation in this order. A direct conversation without a message
    /// isn't listed.
    ///
    /// # Errors
    /// [`Error::NotFound`] where `before` is none of the asker's, and those of a read.
    pub async fn conversations(
        &self,
        asker: UserId,
        before: Option<ConversationId>,
    ) -> Result<Vec<Conversation>> {
        self.read(move |connection| {
            let before = match before {
                Some(before) => {
                    require_participant(connection, before, asker)?;
                    messages::newest_id(connection, before)?.unwrap_or(EventId(0))
                }
                None => EventId(i64::MAX),
            };
            let mut statement = connection.prepare_cached(
                // Materialized, or SQLite would look for the newest message once more to compare it.
                "WITH mine AS MATERIALIZED (
                     SELECT conversation_id,
                            (SELECT m.id FROM messages m WHERE m.conversation_id = p.conversation_id
                             ORDER BY m.id DESC LIMIT 1) AS newest
                     FROM participants p WHERE user_id = ?1)
                 SELECT conversation_id FROM mine WHERE newest < ?2
                 ORDER BY newest DESC LIMIT ?3",
            )?;
            let ids = statement.query_map((asker.0, before.0, PAGE), |row| {
                row.get(0).map(ConversationId)
            })?;
            ids.map(|id| view(connection, id?, asker)).collect()
        })
        .await
    }

    /// One of the asker's conversations.
    ///
    /// # Errors
    /// [`Error::NotFound`] where it is none of theirs, and those of a read.
    pub async fn conversation(&self, asker: UserId, id: ConversationId) -> Result<Conversation> {
        self.read(move |connection| view(connection, id, asker))
            .await
    }

    /// The other person of a direct conversation.
    ///
    /// # Errors
    /// [`Error::NotFound`] where it is none of the asker's or has no single other person, and those
    /// of a read.
    pub async fn other_participant(&self, asker: UserId, id: ConversationId) -> Result<User> {
        let conversation = self.conversation(asker, id).await?;
        conversation
            .other_participant
            .ok_or(Error::NotFound("Other participant"))
    }

    /// Moves the asker's read mark to message `up_to`, or to the newest; never back.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the conversation is none of theirs, and those of a write.
    pub async fn mark_read(
        &self,
        asker: UserId,
        id: ConversationId,
        up_to: Option<i64>,
    ) -> Result<()> {
        self.write(move |unit| {
            let receivers = receivers(unit.connection, id, asker)?;
            let newest = messages::newest_number(unit.connection, id)?;
            let up_to = up_to.map_or(newest, |up_to| up_to.min(newest));
            if !set_read_mark(unit.connection, id, asker, up_to)? {
                return Ok(());
            }
            let event = unit.next_id();
            unit.connection
                .prepare_cached(
                    "INSERT INTO events (id, conversation_id, kind, user_id, number) VALUES (?1, ?2, 'read', ?3, ?4)",
                )?
                .execute((event.0, id.0, asker.0, up_to))?;
            unit.publish(event, receivers, Change::Read { conversation_id: id, user_id: asker, up_to });
            Ok(())
        })
        .await
    }
}

/// Everybody who takes part, where `asker` is one of them.
pub(super) fn receivers(
    connection: &Connection,
    id: ConversationId,
    asker: UserId,
) -> Result<Vec<UserId>> {
    let mut statement =
        connection.prepare_cached("SELECT user_id FROM participants WHERE conversation_id = ?1")?;
    let users = statement.query_map([id.0], |row| row.get(0).map(UserId))?;
    let users: Vec<_> = users.collect::<rusqlite::Result<_>>()?;
    if users.contains(&asker) {
        Ok(users)
    } else {
        Err(NOT_FOUND)
    }
}

/// From which place in the sequence on the asker sees the conversation.
///
/// # Errors
/// [`Error::NotFound`] where they don't take part.
pub(super) fn require_participant(
    connection: &Connection,
    id: ConversationId,
    asker: UserId,
) -> Result<EventId> {
    connection
        .prepare_cached(
            "SELECT since_id FROM participants WHERE conversation_id = ?1 AND user_id = ?2",
        )?
        .query_row((id.0, asker.0), |row| row.get(0).map(EventId))
        .optional()?
        .ok_or(NOT_FOUND)
}

/// Moves a read mark forward; tells whether it moved.
pub(super) fn set_read_mark(
    connection: &Connection,
    id: ConversationId,
    user: UserId,
    number: i64,
) -> rusqlite::Result<bool> {
    let moved = connection
        .prepare_cached(
            "UPDATE participants SET last_read_number = ?3
             WHERE conversation_id = ?1 AND user_id = ?2 AND last_read_number < ?3",
        )?
        .execute((id.0, user.0, number))?;
    Ok(moved > 0)
}

/// The conversation as `asker` sees it.
pub(super) fn view(
    connection: &Connection,
    id: ConversationId,
    asker: UserId,
) -> Result<Conversation> {
    let conversation = connection
        .prepare_cached(
            "SELECT c.kind, c.name, c.open, p.last_read_number,
                    (SELECT count(*) FROM participants WHERE conversation_id = c.id),
                    other.id, other.username, other.avatar_url
             FROM participants p
             JOIN conversations c ON c.id = p.conversation_id
             LEFT JOIN users other ON other.id = iif(c.low_user = p.user_id, c.high_user, c.low_user)
             WHERE p.conversation_id = ?1 AND p.user_id = ?2",
        )?
        .query_row((id.0, asker.0), |row| {
            let kind = match row.get_ref(0)?.as_str()? {
                "direct" => ConversationKind::Direct,
                _ => ConversationKind::Room,
            };
            let is_direct = kind == ConversationKind::Direct;
            Ok(Conversation {
                id,
                kind,
                name: row.get(1)?,
                open: row.get(2)?,
                last_read_number: row.get(3)?,
                participant_count: row.get(4)?,
                other_participant: is_direct.then(|| users::user_at(row, 5)).transpose()?,
                last_message: None,
                asker,
            })
        })
        .optional()?
        .ok_or(NOT_FOUND)?;
    Ok(Conversation {
        last_message: messages::newest(connection, id)?,
        ..conversation
    })
}

fn find_direct(
    connection: &Connection,
    one: UserId,
    other: UserId,
) -> rusqlite::Result<Option<ConversationId>> {
    let (low, high) = in_order(one, other);
    connection
        .prepare_cached("SELECT id FROM conversations WHERE low_user = ?1 AND high_user = ?2")?
        .query_row((low.0, high.0), |row| row.get(0).map(ConversationId))
        .optional()
}

fn create_direct(unit: &mut Unit<'_>, asker: UserId, other: UserId) -> Result<Conversation> {
    let (low, high) = in_order(asker, other);
    let connection = unit.connection;
    connection
        .prepare_cached(
            "INSERT INTO conversations (kind, low_user, high_user, created_at) VALUES ('direct', ?1, ?2, ?3)",
        )?
        .execute((low.0, high.0, unit.now.0))?;
    let id = ConversationId(connection.last_insert_rowid());
    for user in [asker, other] {
        connection
            .prepare_cached("INSERT INTO participants VALUES (?1, ?2, 'member', 0, 0)")?
            .execute((id.0, user.0))?;
    }
    let event = unit.next_id();
    connection
        .prepare_cached(
            "INSERT INTO events (id, conversation_id, kind) VALUES (?1, ?2, 'conversation')",
        )?
        .execute((event.0, id.0))?;
    for user in [asker, other] {
        unit.publish(
            event,
            vec![user],
            Change::Conversation(view(connection, id, user)?),
        );
    }
    view(connection, id, asker)
}

fn in_order(one: UserId, other: UserId) -> (UserId, UserId) {
    (one.min(other), one.max(other))
}
