//! Blocking people. Two users of whom one has blocked the other can't write to each other in their direct conversation,
//! and whoever is blocked can't start one or add the other to a room. They aren't told why: it looks the same as when
//! the other's account is disabled or deleted.

use rusqlite::Connection;

use super::{
    context::Transaction,
    conversations,
    handle::Store,
    participants, room_requests,
    source::Source,
    users::{self, NOT_FOUND},
};
use crate::{
    error::{Error, Result},
    model::{Block, Change, ConversationId, Event, Member, User, UserId},
};

/// Whom the caller has blocked or unblocked, for a stream's replay.
pub(super) const CHANGED: Source = Source {
    select: || {
        "SELECT changed_id, {source}, 0, blocked_id FROM blocks WHERE user_id = ?1 AND changed_id > ?2"
            .to_owned()
    },
    load: |loader, row| {
        let user = users::by_id(loader.connection, row.user_id())?.ok_or(NOT_FOUND)?;
        let blocked = is_blocked(loader.connection, loader.caller, user.id)?;
        Ok(Event::block(&Block { user, blocked }))
    },
};

/// Whether `blocker` has blocked `user`, as SQL. A bot is blocked with its maker, who could write through it.
pub(super) fn has_blocked(blocker: &str, user: &str) -> String {
    format!(
        "EXISTS (SELECT 1 FROM blocks b WHERE b.user_id = {blocker} AND b.blocked = 1
         AND b.blocked_id IN ({user}, (SELECT bot_of FROM users WHERE id = {user})))"
    )
}

/// Whether one of two users has blocked the other, as SQL.
pub(super) fn has_block(one: &str, other: &str) -> String {
    format!(
        "({} OR {})",
        has_blocked(one, other),
        has_blocked(other, one)
    )
}

impl Store {
    /// Blocks a user for `caller`, or unblocks them. Doing it again has no effect.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such user, [`Error::SelfConversation`].
    pub async fn set_blocked(&self, caller: UserId, id: UserId, blocked: bool) -> Result<()> {
        self.write(move |tx| {
            let user = users::by_id(tx.connection, id)?.ok_or(NOT_FOUND)?;
            if id == caller {
                return Err(Error::SelfConversation);
            }
            if is_blocked(tx.connection, caller, id)? == blocked {
                return Ok(());
            }
            let event = tx.next_id();
            tx.connection
                .prepare_cached(
                    "INSERT INTO blocks (user_id, blocked_id, blocked, changed_id) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT DO UPDATE SET blocked = excluded.blocked, changed_id = excluded.changed_id",
                )?
                .execute((caller.0, id.0, blocked, event.0))?;
            for other in [vec![id], users::bots_of(tx.connection, id)?].concat() {
                if let Some(direct) = conversations::find_direct(tx.connection, caller, other)? {
                    tx.cache.forget(direct);
                }
            }
            let change = Change::Block(Block { user, blocked });
            tx.publish(event, [Member::outside(caller)].into(), change);
            if blocked {
                room_requests::withdraw_to(tx, caller, id)?;
            }
            Ok(())
        })
        .await
    }

    /// The users whom `caller` has blocked, ordered by name.
    pub async fn blocks(&self, caller: UserId) -> Result<Vec<User>> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {} FROM blocks b JOIN users u ON u.id = b.blocked_id
                 WHERE b.user_id = ?1 AND b.blocked = 1 ORDER BY u.username_key",
                users::columns("u"),
            ))?;
            let users = statement.query_map([caller.0], |row| users::from_row(row, "u"))?;
            Ok(users.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }
}

/// Whether `user` has blocked `other`.
pub(super) fn is_blocked(
    connection: &Connection,
    user: UserId,
    other: UserId,
) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "SELECT 1 FROM blocks WHERE user_id = ?1 AND blocked_id = ?2 AND blocked = 1",
        )?
        .exists((user.0, other.0))
}

/// Whether a direct conversation is closed to at least one of the two.
pub(super) fn is_closed(connection: &Connection, id: ConversationId) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(&format!(
            "SELECT 1 FROM conversations c
             JOIN users low ON low.id = c.low_user JOIN users high ON high.id = c.high_user
             WHERE c.id = ?1
             AND (low.disabled_at IS NOT NULL OR high.disabled_at IS NOT NULL OR {})",
            has_block("low.id", "high.id"),
        ))?
        .exists([id.0])
}

/// Refuses to write in a direct conversation that is closed to the caller. The cache has the answer for all others, so
/// this costs a send nothing.
pub(super) fn require_open(
    tx: &mut Transaction<'_>,
    id: ConversationId,
    caller: UserId,
) -> Result<()> {
    let is_closed = if let Some(known) = tx.cache.is_closed(id) {
        known
    } else {
        let is_closed = is_closed(tx.connection, id)?;
        tx.cache.set_closed(id, is_closed);
        is_closed
    };
    if !is_closed {
        return Ok(());
    }
    for member in participants::roster(tx, id)?.iter() {
        if member.user != caller {
            let other = users::by_id(tx.connection, member.user)?.ok_or(NOT_FOUND)?;
            require_writable(tx.connection, caller, &other)?;
        }
    }
    Ok(())
}

/// Refuses to write to somebody whom the caller has blocked or can't reach.
pub(super) fn require_writable(
    connection: &Connection,
    caller: UserId,
    other: &User,
) -> Result<()> {
    if is_blocked(connection, caller, other.id)? && !users::is_disabled(connection, other.id)? {
        return Err(Error::Blocked(other.name().to_owned()));
    }
    require_reachable(connection, caller, other)
}

/// Refuses if the other user is disabled or deleted, or has blocked the caller or the maker of the caller.
pub(super) fn require_reachable(
    connection: &Connection,
    caller: UserId,
    other: &User,
) -> Result<()> {
    let mut is_blocked_by = is_blocked(connection, other.id, caller)?;
    if let Some(maker) = users::bot_maker(connection, caller)? {
        is_blocked_by |= is_blocked(connection, other.id, maker)?;
    }
    if is_blocked_by || users::is_disabled(connection, other.id)? {
        return Err(Error::Unreachable(other.name().to_owned()));
    }
    Ok(())
}

/// Forgets whether the direct conversations of a user are closed, after their account was disabled or enabled.
pub(super) fn forget_closed(tx: &mut Transaction<'_>, user: UserId) -> Result<()> {
    for id in conversations::direct_of(tx.connection, user)? {
        tx.cache.forget(id);
    }
    Ok(())
}

/// Deletes the blocks of a user and by a user.
pub(super) fn delete_all(connection: &Connection, user: UserId) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM blocks WHERE user_id = ?1 OR blocked_id = ?1")?
        .execute([user.0])
        .map(drop)
}
