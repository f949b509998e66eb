//! Participants of conversations: the rows of the table.

use std::{collections::HashMap, sync::Arc};

use rusqlite::{Connection, OptionalExtension, Row};

use super::{calls, context::Transaction, roster_cache::Roster, source::Source};
use crate::{
    error::{Error, Result},
    model::{
        ConversationId, ConversationSettings, Event, EventId, Member, NotificationLevel, Role,
        Timestamp, UserId,
    },
};

/// The error for a conversation that doesn't exist or that the caller isn't in; it doesn't tell which.
pub(super) const NOT_FOUND: Error = Error::NotFound("Conversation");

/// Conversations that the caller has left, for a stream's replay.
pub(super) const LEFT: Source = Source {
    select: || {
        "SELECT left_id, {source}, conversation_id, 0 FROM departures WHERE user_id = ?1 AND left_id > ?2"
            .to_owned()
    },
    load: |_, row| Ok(Event::removed(row.conversation_id)),
};

/// Everybody in a conversation. Their read marks and settings may be out of date.
pub(super) fn roster(tx: &mut Transaction<'_>, id: ConversationId) -> Result<Roster> {
    if let Some(roster) = tx.cache.roster(id) {
        return Ok(roster);
    }
    fresh_roster(tx, id)
}

/// Reloads the roster of a conversation into the cache. Required after each change of its participants.
pub(super) fn fresh_roster(tx: &mut Transaction<'_>, id: ConversationId) -> Result<Roster> {
    let roster = load_roster(tx.connection, id)?;
    tx.cache.set_roster(id, Arc::clone(&roster));
    Ok(roster)
}

pub(super) fn load_roster(connection: &Connection, id: ConversationId) -> Result<Roster> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {} FROM participants p WHERE conversation_id = ?1 ORDER BY user_id",
        member_columns()
    ))?;
    let members = statement.query_map([id.0], member_from_row)?;
    Ok(members.collect::<rusqlite::Result<_>>()?)
}

/// The part of a roster with only this user.
pub(super) fn only(roster: &Roster, user: UserId) -> Roster {
    Member::find(roster, user).copied().into_iter().collect()
}

/// The caller's row in the conversation.
///
/// # Errors
/// [`Error::NotFound`] if they don't take part.
pub(super) fn member(
    connection: &Connection,
    id: ConversationId,
    caller: UserId,
) -> Result<Member> {
    connection
        .prepare_cached(&format!(
            "SELECT {} FROM participants p WHERE conversation_id = ?1 AND user_id = ?2",
            member_columns()
        ))?
        .query_row((id.0, caller.0), member_from_row)
        .optional()?
        .ok_or(NOT_FOUND)
}

/// The caller's rows in all of their conversations.
pub(super) fn memberships(
    connection: &Connection,
    caller: UserId,
) -> rusqlite::Result<HashMap<ConversationId, Member>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {}, conversation_id AS conversation FROM participants p WHERE user_id = ?1",
        member_columns()
    ))?;
    let members = statement.query_map([caller.0], |row| {
        Ok((
            ConversationId(row.get("conversation")?),
            member_from_row(row)?,
        ))
    })?;
    members.collect()
}

/// Whether a user takes part.
pub(super) fn is_member(
    connection: &Connection,
    id: ConversationId,
    user: UserId,
) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM participants WHERE conversation_id = ?1 AND user_id = ?2")?
        .exists((id.0, user.0))
}

/// Everybody who meets a user in a conversation, where the user is or has been, and the user. Their rows may be those of
/// any of these conversations.
pub(super) fn acquaintances(connection: &Connection, user: UserId) -> rusqlite::Result<Roster> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {} FROM participants p WHERE user_id <> ?1 AND conversation_id IN (
             SELECT conversation_id FROM participants WHERE user_id = ?1
             UNION SELECT conversation_id FROM departures WHERE user_id = ?1)
         GROUP BY user_id",
        member_columns()
    ))?;
    let members = statement.query_map([user.0], member_from_row)?;
    std::iter::once(Ok(Member::outside(user)))
        .chain(members)
        .collect()
}

/// The columns for [`member_from_row`] of `participants p`, read by position, because a large room has many of these rows.
fn member_columns() -> String {
    format!(
        "user_id, role, history_id, last_read_number, pinned_at, archived_number, hidden_number, unread_number,
         settings_id, notification_level, {}",
        calls::COUNT
    )
}

fn member_from_row(row: &Row<'_>) -> rusqlite::Result<Member> {
    Ok(Member {
        user: UserId(row.get(0)?),
        role: role_of(row.get_ref(1)?.as_str()?),
        history_id: EventId(row.get(2)?),
        last_read_number: row.get(3)?,
        settings: ConversationSettings {
            pinned_at: row.get::<_, Option<_>>(4)?.map(Timestamp),
            archived_number: row.get(5)?,
            hidden_number: row.get(6)?,
            unread_number: row.get(7)?,
            changed_id: row.get::<_, Option<_>>(8)?.map(EventId),
            notification_level: row
                .get_ref(9)?
                .as_str_or_null()?
                .and_then(NotificationLevel::parse),
        },
        mention_count: row.get(10)?,
    })
}

pub(super) fn role_of(word: &str) -> Role {
    match word {
        "owner" => Role::Owner,
        _ => Role::Member,
    }
}

/// Moves a read mark forward. Returns whether it moved.
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

/// Sets the place in the sequence at which a read mark was last moved by reading.
pub(super) fn set_read_id(
    connection: &Connection,
    id: ConversationId,
    user: UserId,
    event: EventId,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE participants SET read_id = ?3 WHERE conversation_id = ?1 AND user_id = ?2",
        )?
        .execute((id.0, user.0, event.0))
        .map(drop)
}

/// Stores a participant's own settings of a conversation.
pub(super) fn set_settings(
    connection: &Connection,
    id: ConversationId,
    member: &Member,
) -> rusqlite::Result<()> {
    let settings = &member.settings;
    connection
        .prepare_cached(
            "UPDATE participants SET pinned_at = ?3, archived_number = ?4, hidden_number = ?5,
                 unread_number = ?6, settings_id = ?7, notification_level = ?8
             WHERE conversation_id = ?1 AND user_id = ?2",
        )?
        .execute((
            id.0,
            member.user.0,
            settings.pinned_at.map(|at| at.0),
            settings.archived_number,
            settings.hidden_number,
            settings.unread_number,
            settings.changed_id.map(|id| id.0),
            settings.notification_level.map(NotificationLevel::as_str),
        ))
        .map(drop)
}

/// How many conversations a user has pinned.
pub(super) fn count_pinned(connection: &Connection, user: UserId) -> rusqlite::Result<u32> {
    connection
        .prepare_cached(
            "SELECT count(*) FROM participants WHERE user_id = ?1 AND pinned_at IS NOT NULL",
        )?
        .query_row([user.0], |row| row.get(0))
}

/// A participant to insert.
pub(super) struct NewParticipant {
    pub user: UserId,
    pub role: Role,
    /// They receive changes numbered after this.
    pub since_id: EventId,
    /// They may read messages after this.
    pub history_id: EventId,
    pub last_read_number: i64,
}

/// Inserts a participant. The calling function updates the count.
pub(super) fn insert(
    connection: &Connection,
    id: ConversationId,
    new: &NewParticipant,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO participants (conversation_id, user_id, role, since_id, history_id, last_read_number)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute((
            id.0,
            new.user.0,
            role_word(new.role),
            new.since_id.0,
            new.history_id.0,
            new.last_read_number,
        ))?;
    Ok(())
}

/// Deletes a participant and records their departure as number `event`. The calling function updates the count.
pub(super) fn delete(
    connection: &Connection,
    id: ConversationId,
    user: UserId,
    event: EventId,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM participants WHERE conversation_id = ?1 AND user_id = ?2")?
        .execute((id.0, user.0))?;
    calls::delete_read(connection, id, user, i64::MAX)?;
    connection
        .prepare_cached(
            "INSERT INTO departures (user_id, conversation_id, left_id) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET left_id = ?3",
        )?
        .execute((user.0, id.0, event.0))?;
    Ok(())
}

pub(super) fn set_role(
    connection: &Connection,
    id: ConversationId,
    user: UserId,
    role: Role,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE participants SET role = ?3 WHERE conversation_id = ?1 AND user_id = ?2",
        )?
        .execute((id.0, user.0, role_word(role)))?;
    Ok(())
}

/// The word stored for a role.
fn role_word(role: Role) -> &'static str {
    match role {
        Role::Member => "member",
        Role::Owner => "owner",
    }
}
