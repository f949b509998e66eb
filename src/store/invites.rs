//! Invitations: links with which a limited number of people may create accounts, until they expire. They name rooms that
//! these people join.

use std::{collections::HashSet, time::Duration};

use rusqlite::{Connection, OptionalExtension, Row};

use super::{
    admin_settings,
    audit::Entry,
    clock,
    context::Transaction,
    handle::Store,
    session_cache::TokenHash,
    sessions::{hash, new_token},
    users,
};
use crate::{
    error::{Error, Result},
    model::{
        Actor, ConversationId, Invite, InviteId, InviteRoom, SecurityEventKind, Timestamp, User,
        UserId,
    },
};

/// The rooms that an invitation leads to.
#[derive(Debug)]
pub enum InviteRooms {
    /// The default room, if there is one.
    Default,
    These(Vec<ConversationId>),
}

/// An invitation to create. Its numbers have been checked.
#[derive(Debug)]
pub struct NewInvite {
    /// None on the command line.
    pub by: Option<User>,
    pub uses: u32,
    pub lasts: Duration,
    pub rooms: InviteRooms,
}

impl Store {
    /// Creates an invitation. Its token can't be read again.
    ///
    /// # Errors
    /// [`Error::Invalid`] on `rooms` if its creator can't add people to one of them.
    pub async fn create_invite(&self, new: NewInvite, actor: Actor) -> Result<(Invite, String)> {
        self.write(move |tx| {
            let NewInvite {
                by,
                uses,
                lasts,
                rooms,
            } = new;
            let token = new_token()?;
            let (created_at, expires_at) = (tx.now, tx.now.after(lasts));
            let by_id = by.as_ref().map(|user| user.id);
            tx.connection
                .prepare_cached(
                    "INSERT INTO invites (token_hash, created_by, created_at, expires_at, uses, uses_left)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
                )?
                .execute((
                    hash(&token),
                    by_id.map(|id| id.0),
                    created_at.0,
                    expires_at.0,
                    uses,
                ))?;
            let id = InviteId(tx.connection.last_insert_rowid());
            insert_rooms(tx, id, rooms)?;
            Entry::new(SecurityEventKind::InviteCreated, None, &actor).about(id.0).record(tx)?;
            let invite = Invite {
                id,
                uses,
                uses_left: uses,
                created_by: by,
                created_at,
                expires_at,
                rooms: rooms_of(tx.connection, id)?,
            };
            Ok((invite, token))
        })
        .await
    }

    /// The valid invitations, newest first: those that `by` has created, or everybody's.
    pub async fn invites(&self, by: Option<UserId>) -> Result<Vec<Invite>> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&select(
                "AND (?2 IS NULL OR i.created_by = ?2) ORDER BY i.id DESC",
            ))?;
            let values = (Timestamp::now().0, by.map(|by| by.0));
            let invites = statement.query_map(values, |row| from_row(connection, row))?;
            Ok(invites.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    /// The valid invitation with this token.
    ///
    /// # Errors
    /// [`Error::BadInvite`] if there is none.
    pub async fn invite(&self, token: &str) -> Result<Invite> {
        self.follow_clock().await?;
        let token = hash(token);
        self.read(move |connection| valid(connection, Timestamp::now(), token))
            .await
    }

    /// Revokes an invitation, which `by` has created if that is given.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such invitation that is valid.
    pub async fn revoke_invite(
        &self,
        id: InviteId,
        by: Option<UserId>,
        actor: Actor,
    ) -> Result<()> {
        self.write(move |tx| {
            let revoked = tx
                .connection
                .prepare_cached(
                    "DELETE FROM invites WHERE id = ?1 AND uses_left > 0 AND expires_at > ?2
                     AND (?3 IS NULL OR created_by = ?3)",
                )?
                .execute((id.0, tx.now.0, by.map(|by| by.0)))?;
            if revoked == 0 {
                return Err(Error::NotFound("Invitation"));
            }
            Entry::new(SecurityEventKind::InviteRevoked, None, &actor)
                .about(id.0)
                .record(tx)
        })
        .await
    }
}

/// Deletes the invitations that a user has created.
pub(super) fn delete_all(connection: &Connection, user: UserId) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM invites WHERE created_by = ?1")?
        .execute([user.0])
        .map(drop)
}

/// Uses an invitation once. Returns it as it was before.
pub(super) fn redeem(tx: &Transaction<'_>, token: &str) -> Result<Invite> {
    let invite = valid(tx.connection, tx.now, hash(token))?;
    tx.connection
        .prepare_cached("UPDATE invites SET uses_left = uses_left - 1 WHERE id = ?1")?
        .execute([invite.id.0])?;
    Ok(invite)
}

fn valid(connection: &Connection, now: Timestamp, token: TokenHash) -> Result<Invite> {
    connection
        .prepare_cached(&select("AND i.token_hash = ?2"))?
        .query_row((now.0, token), |row| from_row(connection, row))
        .optional()?
        .ok_or(Error::BadInvite)
}

/// Names the rooms of a new invitation.
fn insert_rooms(tx: &Transaction<'_>, id: InviteId, rooms: InviteRooms) -> Result<()> {
    let (rooms, are_chosen) = match rooms {
        InviteRooms::Default => {
            let default = admin_settings::load(tx.connection)?.default_room_id;
            (default.into_iter().collect(), false)
        }
        InviteRooms::These(mut rooms) => {
            let mut known = HashSet::new();
            rooms.retain(|room| known.insert(*room));
            (rooms, true)
        }
    };
    for (position, room) in (0_i64..).zip(&rooms) {
        tx.connection
            .prepare_cached(
                "INSERT INTO invite_rooms (invite_id, position, conversation_id)
                 SELECT ?1, ?2, id FROM conversations WHERE id = ?3 AND kind = 'room'",
            )?
            .execute((id.0, position, room.0))?;
    }
    if are_chosen && rooms_of(tx.connection, id)?.len() != rooms.len() {
        let reason = "You can’t invite people to one of these rooms.";
        return Err(Error::invalid("rooms", reason));
    }
    Ok(())
}

/// The rooms of an invitation, as far as they can be joined with it: those that its creator is in, that anybody may
/// join, or that all new people join. With an invitation from the command line, all of them.
fn rooms_of(connection: &Connection, id: InviteId) -> rusqlite::Result<Vec<InviteRoom>> {
    let mut statement = connection.prepare_cached(
        "SELECT c.id, c.name FROM invites i
         JOIN invite_rooms r ON r.invite_id = i.id
         JOIN conversations c ON c.id = r.conversation_id
         WHERE i.id = ?1 AND (
             i.created_by IS NULL OR c.open = 1
             OR c.id IN (SELECT default_room_id FROM admin_settings)
             OR EXISTS (SELECT 1 FROM participants WHERE conversation_id = c.id AND user_id = i.created_by))
         ORDER BY r.position",
    )?;
    let rooms = statement.query_map([id.0], |row| {
        Ok(InviteRoom {
            id: ConversationId(row.get("id")?),
            name: row.get("name")?,
        })
    })?;
    rooms.collect()
}

/// Up to `limit` invitations that are used up or have expired.
pub(super) fn find_expired(
    connection: &Connection,
    now: Timestamp,
    limit: usize,
) -> rusqlite::Result<Vec<i64>> {
    let sql =
        format!("SELECT id FROM invites WHERE uses_left = 0 OR expires_at <= ?1 LIMIT {limit}");
    let mut statement = connection.prepare_cached(&sql)?;
    let ids = statement.query_map([now.0], |row| row.get(0))?;
    ids.collect()
}

/// Deletes an invitation if it is used up or has expired.
pub(super) fn delete_expired(tx: &mut Transaction<'_>, now: Timestamp, id: i64) -> Result<bool> {
    let deleted = tx
        .connection
        .prepare_cached(
            "DELETE FROM invites WHERE id = ?1 AND (uses_left = 0 OR expires_at <= ?2)",
        )?
        .execute((id, now.0))?;
    Ok(deleted > 0)
}

/// A query for the invitations that are valid at the time `?1`. Their creator must still be allowed to invite.
fn select(which: &str) -> String {
    format!(
        "SELECT i.id, i.uses, i.uses_left, i.created_at, i.expires_at, {}
         FROM invites i LEFT JOIN users u ON u.id = i.created_by
         WHERE i.uses_left > 0 AND i.expires_at > ?1 AND {} AND (
             u.id IS NULL
             OR u.disabled_at IS NULL
                AND (u.admin = 1 OR EXISTS (SELECT 1 FROM admin_settings WHERE members_may_invite = 1)))
         {which}",
        users::columns("u"),
        clock::was_made("i.created_at", "?1"),
    )
}

fn from_row(connection: &Connection, row: &Row<'_>) -> rusqlite::Result<Invite> {
    let id = InviteId(row.get("id")?);
    let by: Option<i64> = row.get("u_id")?;
    Ok(Invite {
        id,
        uses: row.get("uses")?,
        uses_left: row.get("uses_left")?,
        created_by: by.map(|_| users::from_row(row, "u")).transpose()?,
        created_at: Timestamp(row.get("created_at")?),
        expires_at: Timestamp(row.get("expires_at")?),
        rooms: rooms_of(connection, id)?,
    })
}
