//! Conversations: the rows of the table, and listing. Starting a direct one is in `starting`, participants are in
//! `participants`; what
//! only rooms have is in `rooms`.

use rusqlite::{Connection, OptionalExtension, Row};

use super::{
    context::Transaction,
    handle::Store,
    messages,
    participants::{self, NOT_FOUND, NewParticipant, member},
    reactions,
    source::Source,
    users,
    visible::is_missed,
};
use crate::{
    error::{Error, Result},
    model::{
        Change, Conversation, ConversationId, ConversationKind, ConversationSettings, EventId,
        Member, Role, User, UserId,
    },
};

/// Conversations in one page.
pub const PAGE: u32 = 25;

/// Conversations that are new or changed, for a stream's replay.
pub(super) const CHANGED: Source = Source {
    select: || {
        let is_missed = is_missed("c.changed_id");
        format!(
            "SELECT c.changed_id, {{source}}, p.conversation_id, 0
             FROM participants p CROSS JOIN conversations c
             ON c.id = p.conversation_id AND {is_missed} WHERE p.user_id = ?1"
        )
    },
    load: |loader, row| {
        let conversation = load(loader.connection, row.conversation_id, Some(loader.caller))?;
        loader.event(row, &Change::Conversation(Box::new(conversation)))
    },
};

/// Which conversations are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Listed {
    /// All except hidden ones.
    #[default]
    All,
    Pinned,
    Archived,
}

impl Store {
    /// One page of the caller's conversations, newest message first. With `before`, those after that conversation in
    /// this order. Direct conversations that are hidden or have no messages aren't listed.
    ///
    /// # Errors
    /// [`Error::WrongId`] if `before` isn't one of the caller's conversations.
    pub async fn conversations(
        &self,
        caller: UserId,
        before: Option<ConversationId>,
        listed: Listed,
    ) -> Result<Vec<(Conversation, Member)>> {
        self.read(move |connection| {
            let before = match before {
                Some(before) => {
                    member(connection, before, caller).map_err(|error| match error {
                        Error::NotFound(_) => Error::WrongId {
                            parameter: "before",
                            what: "conversation",
                        },
                        error => error,
                    })?;
                    messages::newest_id(connection, before)?.unwrap_or(EventId(0))
                }
                None => EventId(i64::MAX),
            };
            let lasts =
                |number| format!("{number} >= (SELECT number FROM messages WHERE id = newest)");
            let is_hidden = lasts("hidden_number");
            let is_listed = match listed {
                Listed::All => "1".to_owned(),
                Listed::Pinned => "pinned_at IS NOT NULL".to_owned(),
                Listed::Archived => lasts("archived_number"),
            };
            let mut statement = connection.prepare_cached(&format!(
                // MATERIALIZED keeps SQLite from looking up the newest message a second time for the comparison.
                "WITH mine AS MATERIALIZED (
                     SELECT conversation_id, pinned_at, archived_number, hidden_number,
                            (SELECT m.id FROM messages m WHERE m.conversation_id = p.conversation_id
                             ORDER BY m.id DESC LIMIT 1) AS newest
                     FROM participants p WHERE user_id = ?1)
                 SELECT conversation_id FROM mine
                 WHERE newest < ?2 AND (hidden_number IS NULL OR NOT {is_hidden}) AND {is_listed}
                 ORDER BY newest DESC LIMIT ?3",
            ))?;
            let ids = statement.query_map((caller.0, before.0, PAGE), |row| {
                row.get(0).map(ConversationId)
            })?;
            ids.map(|id| view(connection, id?, caller)).collect()
        })
        .await
    }

    /// One of the caller's conversations.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the caller isn't in it.
    pub async fn conversation(
        &self,
        caller: UserId,
        id: ConversationId,
    ) -> Result<(Conversation, Member)> {
        self.read(move |connection| view(connection, id, caller))
            .await
    }

    /// The other person of a direct conversation.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the caller isn't in it, or there is no single other person.
    pub async fn other_participant(&self, caller: UserId, id: ConversationId) -> Result<User> {
        let (conversation, _) = self.conversation(caller, id).await?;
        let mut people = conversation.pair.into_iter().flatten();
        people
            .find(|user| user.id != caller)
            .ok_or(Error::NotFound("Other participant"))
    }
}

/// Publishes a changed conversation to everybody in it.
pub(super) fn publish_change(tx: &mut Transaction<'_>, id: ConversationId) -> Result<()> {
    let event = set_changed(tx, id)?;
    // The event contains each member's read mark, so the roster must be fresh.
    let everybody = participants::fresh_roster(tx, id)?;
    let mut conversation = load(tx.connection, id, None)?;
    if let Some(newest) = &mut conversation.last_message {
        reactions::load_reactors(tx, newest)?;
    }
    tx.publish(
        event,
        everybody,
        Change::Conversation(Box::new(conversation)),
    );
    Ok(())
}

/// Gives a changed conversation a new place in the sequence.
pub(super) fn set_changed(
    tx: &mut Transaction<'_>,
    id: ConversationId,
) -> rusqlite::Result<EventId> {
    let event = tx.next_id();
    tx.connection
        .prepare_cached("UPDATE conversations SET changed_id = ?2 WHERE id = ?1")?
        .execute((id.0, event.0))?;
    Ok(event)
}

/// Inserts a room with a count of `people`. The caller inserts its participants.
pub(super) fn insert_room(
    tx: &Transaction<'_>,
    name: &str,
    open: bool,
    people: usize,
) -> rusqlite::Result<ConversationId> {
    tx.connection
        .prepare_cached(
            "INSERT INTO conversations (kind, name, open, created_at, participant_count)
             VALUES ('room', ?1, ?2, ?3, ?4)",
        )?
        .execute((
            name,
            open,
            tx.now.0,
            i64::try_from(people).unwrap_or(i64::MAX),
        ))?;
    Ok(ConversationId(tx.connection.last_insert_rowid()))
}

pub(super) fn set_name(
    connection: &Connection,
    id: ConversationId,
    name: &str,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE conversations SET name = ?2 WHERE id = ?1")?
        .execute((id.0, name))
        .map(drop)
}

/// Opens a room to everybody from now on, or closes it.
pub(super) fn set_open(
    tx: &Transaction<'_>,
    id: ConversationId,
    open: bool,
) -> rusqlite::Result<()> {
    tx.connection
        .prepare_cached("UPDATE conversations SET open = ?2, open_id = ?3 WHERE id = ?1")?
        .execute((id.0, open, tx.upcoming_id().0 - 1))
        .map(drop)
}

/// Sets the URL of a room's picture, or none. Returns whether it changed.
pub(super) fn set_avatar_url(
    connection: &Connection,
    id: ConversationId,
    url: Option<&str>,
) -> rusqlite::Result<bool> {
    let changed = connection
        .prepare_cached(
            "UPDATE conversations SET avatar_url = ?2 WHERE id = ?1 AND avatar_url IS NOT ?2",
        )?
        .execute((id.0, url))?;
    Ok(changed > 0)
}

pub(super) fn count_participants(
    connection: &Connection,
    id: ConversationId,
    by: i64,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE conversations SET participant_count = participant_count + ?2 WHERE id = ?1",
        )?
        .execute((id.0, by))
        .map(drop)
}

/// The conversation and the caller's row in it.
pub(super) fn view(
    connection: &Connection,
    id: ConversationId,
    caller: UserId,
) -> Result<(Conversation, Member)> {
    let member = member(connection, id, caller)?;
    Ok((load(connection, id, Some(caller))?, member))
}

/// The conversation, for `viewer` or for nobody in particular, without checking who may see it.
///
/// # Errors
/// [`Error::NotFound`] if there is none.
pub(super) fn load(
    connection: &Connection,
    id: ConversationId,
    viewer: Option<UserId>,
) -> Result<Conversation> {
    let conversation = connection
        .prepare_cached(&format!(
            "SELECT c.kind, c.name, c.open, c.avatar_url, c.participant_count, c.changed_id, {}, {}
             FROM conversations c
             LEFT JOIN users low ON low.id = c.low_user
             LEFT JOIN users high ON high.id = c.high_user
             WHERE c.id = ?1",
            users::columns("low"),
            users::columns("high"),
        ))?
        .query_row([id.0], |row| {
            let kind = kind_of(row)?;
            let pair = (kind == ConversationKind::Direct)
                .then(|| {
                    Ok::<_, rusqlite::Error>([
                        users::from_row(row, "low")?,
                        users::from_row(row, "high")?,
                    ])
                })
                .transpose()?;
            Ok(Conversation {
                id,
                kind,
                name: row.get("name")?,
                open: row.get("open")?,
                avatar_url: row.get("avatar_url")?,
                pair,
                participant_count: row.get("participant_count")?,
                changed_id: EventId(row.get("changed_id")?),
                last_message: None,
            })
        })
        .optional()?
        .ok_or(NOT_FOUND)?;
    Ok(Conversation {
        last_message: messages::newest(connection, id, viewer)?,
        ..conversation
    })
}

/// The kind in the column `kind`.
pub(super) fn kind_of(row: &Row<'_>) -> rusqlite::Result<ConversationKind> {
    Ok(match row.get_ref("kind")?.as_str()? {
        "room" => ConversationKind::Room,
        _ => ConversationKind::Direct,
    })
}

/// Shows a conversation again that its participant has hidden.
pub(super) fn show(tx: &mut Transaction<'_>, id: ConversationId, user: UserId) -> Result<()> {
    let member = member(tx.connection, id, user)?;
    let settings = ConversationSettings {
        hidden_number: None,
        ..member.settings
    };
    set_settings(tx, id, member, settings)
}

/// Stores a participant's own settings if they have changed, and tells their streams.
pub(super) fn set_settings(
    tx: &mut Transaction<'_>,
    id: ConversationId,
    member: Member,
    settings: ConversationSettings,
) -> Result<()> {
    if settings == member.settings {
        return Ok(());
    }
    let event = tx.next_id();
    let member = Member {
        settings: ConversationSettings {
            changed_id: Some(event),
            ..settings
        },
        ..member
    };
    participants::set_settings(tx.connection, id, &member)?;
    let conversation = load(tx.connection, id, Some(member.user))?;
    tx.publish(
        event,
        [member].into(),
        Change::Conversation(Box::new(conversation)),
    );
    Ok(())
}

/// The direct conversation of two users.
pub(super) fn find_direct(
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

/// The direct conversations of a user.
pub(super) fn direct_of(
    connection: &Connection,
    user: UserId,
) -> rusqlite::Result<Vec<ConversationId>> {
    of_kind(connection, user, ConversationKind::Direct)
}

/// The rooms of a user.
pub(super) fn rooms_of(
    connection: &Connection,
    user: UserId,
) -> rusqlite::Result<Vec<ConversationId>> {
    of_kind(connection, user, ConversationKind::Room)
}

fn of_kind(
    connection: &Connection,
    user: UserId,
    kind: ConversationKind,
) -> rusqlite::Result<Vec<ConversationId>> {
    let mut statement = connection.prepare_cached(
        "SELECT c.id FROM participants p JOIN conversations c ON c.id = p.conversation_id
         WHERE p.user_id = ?1 AND (c.kind = 'room') = ?2",
    )?;
    let is_room = kind == ConversationKind::Room;
    let ids = statement.query_map((user.0, is_room), |row| row.get(0).map(ConversationId))?;
    ids.collect()
}

pub(super) fn create_direct(
    tx: &mut Transaction<'_>,
    caller: UserId,
    other: UserId,
) -> Result<(Conversation, Member)> {
    let (low, high) = in_order(caller, other);
    let connection = tx.connection;
    let event = tx.next_id();
    connection
        .prepare_cached(
            "INSERT INTO conversations (kind, low_user, high_user, created_at, participant_count, changed_id)
             VALUES ('direct', ?1, ?2, ?3, 2, ?4)",
        )?
        .execute((low.0, high.0, tx.now.0, event.0))?;
    let id = ConversationId(connection.last_insert_rowid());
    for user in [caller, other] {
        participants::insert(
            connection,
            id,
            &NewParticipant {
                user,
                role: Role::Member,
                since_id: EventId(0),
                history_id: EventId(0),
                last_read_number: 0,
            },
        )?;
    }
    let members = participants::fresh_roster(tx, id)?;
    tx.publish(
        event,
        members,
        Change::Conversation(Box::new(load(connection, id, None)?)),
    );
    view(connection, id, caller)
}

fn in_order(one: UserId, other: UserId) -> (UserId, UserId) {
    (one.min(other), one.max(other))
}
