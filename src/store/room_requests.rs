//! Requests to join a room. Who wants to be asked isn’t added to rooms by others: they are asked, and join when they
//! accept. Who asked isn’t told of an answer other than by the room itself.

use rusqlite::{Connection, OptionalExtension, Row};

use super::{
    context::Transaction, conversations::view, handle::Store, rooms::add, source::Source, users,
};
use crate::{
    error::{Error, Result},
    model::{
        Change, Conversation, ConversationId, Event, EventId, Member, RoomRequest,
        RoomRequestChange, Timestamp, User, UserId,
    },
};

const NOT_FOUND: Error = Error::NotFound("Request");

/// Requests that are new, answered or withdrawn, for a stream’s replay.
pub(super) const CHANGED: Source = Source {
    select: || {
        "SELECT changed_id, {source}, conversation_id, 0 FROM room_requests WHERE user_id = ?1 AND changed_id > ?2"
            .to_owned()
    },
    load: |loader, row| {
        let change = state(loader.connection, loader.caller, row.conversation_id)?;
        Ok(Event::room_request(&change))
    },
};

impl Store {
    /// The requests to a user that are open, newest first.
    pub async fn room_requests(&self, user: UserId) -> Result<Vec<RoomRequest>> {
        self.read(move |connection| {
            let mut statement =
                connection.prepare_cached(&format!("{} ORDER BY r.changed_id DESC", select("")))?;
            let open = statement.query_map([user.0], from_row)?;
            Ok(open.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    /// Accepts a request: `caller` joins the room, added by who asked.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none.
    pub async fn accept_room_request(
        &self,
        caller: User,
        id: ConversationId,
    ) -> Result<(Conversation, Member)> {
        self.write(move |tx| {
            let request = find(tx.connection, caller.id, id)?.ok_or(NOT_FOUND)?;
            add(tx, id, &request.asked_by, &caller)?;
            view(tx.connection, id, caller.id)
        })
        .await
    }

    /// Declines a request. Who asked can’t ask again for the same room.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none.
    pub async fn decline_room_request(&self, caller: UserId, id: ConversationId) -> Result<()> {
        self.write(move |tx| {
            find(tx.connection, caller, id)?.ok_or(NOT_FOUND)?;
            end(tx, caller, id, "declined")
        })
        .await
    }

    /// Whether a user is asked before others add them to a room.
    pub async fn asks_first(&self, user: UserId) -> Result<bool> {
        self.read(move |connection| Ok(asks_first(connection, user)?))
            .await
    }

    /// Sets whether a user is asked before others add them to a room.
    pub async fn set_asks_first(&self, user: UserId, asks: bool) -> Result<()> {
        self.write(move |tx| {
            tx.connection
                .prepare_cached("UPDATE users SET asks_first = ?2 WHERE id = ?1")?
                .execute((user.0, asks))?;
            Ok(())
        })
        .await
    }
}

pub(super) fn asks_first(connection: &Connection, user: UserId) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM users WHERE id = ?1 AND asks_first = 1")?
        .exists([user.0])
}

/// Whether asking somebody would have no effect: they have been asked already, or have declined the same person.
pub(super) fn is_answered(
    connection: &Connection,
    id: ConversationId,
    by: UserId,
    user: UserId,
) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "SELECT 1 FROM room_requests WHERE user_id = ?1 AND conversation_id = ?2
             AND (state = 'open' OR state = 'declined' AND asked_by = ?3)",
        )?
        .exists((user.0, id.0, by.0))
}

/// Asks a user to join a room.
pub(super) fn ask(
    tx: &mut Transaction<'_>,
    id: ConversationId,
    by: UserId,
    user: UserId,
) -> Result<()> {
    let event = tx.next_id();
    tx.connection
        .prepare_cached(
            "INSERT INTO room_requests (user_id, conversation_id, asked_by, asked_at, state, changed_id)
             VALUES (?1, ?2, ?3, ?4, 'open', ?5)
             ON CONFLICT DO UPDATE SET asked_by = ?3, asked_at = ?4, state = 'open', changed_id = ?5",
        )?
        .execute((user.0, id.0, by.0, tx.now.0, event.0))?;
    publish(tx, event, user, id)
}

/// Closes the request to a user who has come into the room, if there is one.
pub(super) fn close(tx: &mut Transaction<'_>, id: ConversationId, user: UserId) -> Result<()> {
    if find(tx.connection, user, id)?.is_some() {
        end(tx, user, id, "closed")?;
    }
    Ok(())
}

/// Withdraws what a user has asked who leaves the room.
pub(super) fn withdraw_from(
    tx: &mut Transaction<'_>,
    id: ConversationId,
    by: UserId,
) -> Result<()> {
    withdraw(tx, by, "conversation_id", id.0)
}

/// Withdraws what a user has asked somebody who blocks them.
pub(super) fn withdraw_to(tx: &mut Transaction<'_>, user: UserId, by: UserId) -> Result<()> {
    withdraw(tx, by, "user_id", user.0)
}

fn withdraw(tx: &mut Transaction<'_>, by: UserId, column: &str, value: i64) -> Result<()> {
    let open: Vec<(i64, i64)> = {
        let mut statement = tx.connection.prepare_cached(&format!(
            "SELECT user_id, conversation_id FROM room_requests
             WHERE asked_by = ?1 AND {column} = ?2 AND state = 'open'",
        ))?;
        let open = statement.query_map((by.0, value), |row| {
            Ok((row.get("user_id")?, row.get("conversation_id")?))
        })?;
        open.collect::<rusqlite::Result<_>>()?
    };
    for (user, id) in open {
        end(tx, UserId(user), ConversationId(id), "closed")?;
    }
    Ok(())
}

fn end(tx: &mut Transaction<'_>, user: UserId, id: ConversationId, state: &str) -> Result<()> {
    let event = tx.next_id();
    tx.connection
        .prepare_cached(
            "UPDATE room_requests SET state = ?3, changed_id = ?4 WHERE user_id = ?1 AND conversation_id = ?2",
        )?
        .execute((user.0, id.0, state, event.0))?;
    publish(tx, event, user, id)
}

fn publish(
    tx: &mut Transaction<'_>,
    event: EventId,
    user: UserId,
    id: ConversationId,
) -> Result<()> {
    let change = Box::new(state(tx.connection, user, id)?);
    let told = [Member::outside(user)].into();
    tx.publish(event, told, Change::RoomRequest(change));
    Ok(())
}

fn state(connection: &Connection, user: UserId, id: ConversationId) -> Result<RoomRequestChange> {
    Ok(RoomRequestChange {
        conversation_id: id,
        request: find(connection, user, id)?,
    })
}

/// The open request to a user.
fn find(
    connection: &Connection,
    user: UserId,
    id: ConversationId,
) -> rusqlite::Result<Option<RoomRequest>> {
    connection
        .prepare_cached(&select("AND r.conversation_id = ?2"))?
        .query_row((user.0, id.0), from_row)
        .optional()
}

fn select(which: &str) -> String {
    format!(
        "SELECT r.conversation_id, r.asked_at, c.name, c.participant_count, {}
         FROM room_requests r JOIN conversations c ON c.id = r.conversation_id JOIN users u ON u.id = r.asked_by
         WHERE r.user_id = ?1 AND r.state = 'open' {which}",
        users::columns("u"),
    )
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<RoomRequest> {
    Ok(RoomRequest {
        conversation_id: ConversationId(row.get("conversation_id")?),
        name: row.get("name")?,
        participant_count: row.get("participant_count")?,
        asked_by: users::from_row(row, "u")?,
        asked_at: Timestamp(row.get("asked_at")?),
    })
}

/// Deletes the requests to a user, and those that the user has asked.
pub(super) fn delete_all(connection: &Connection, user: UserId) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM room_requests WHERE user_id = ?1 OR asked_by = ?1")?
        .execute([user.0])
        .map(drop)
}
