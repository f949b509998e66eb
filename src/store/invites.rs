//! Invitations: links with which a limited number of people may create accounts, until they expire.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Row};

use super::{
    context::Transaction,
    handle::Store,
    sessions::{hash, new_token},
    users,
};
use crate::{
    error::{Error, Result},
    model::{Invite, InviteId, Timestamp, User, UserId},
};

impl Store {
    /// Creates an invitation. Its token can't be read again.
    pub async fn create_invite(
        &self,
        by: Option<User>,
        uses: u32,
        lasts: Duration,
    ) -> Result<(Invite, String)> {
        self.write(move |tx| {
            let token = new_token()?;
            let (created_at, expires_at) = (tx.now, tx.now.after(lasts));
            tx.connection
                .prepare_cached(
                    "INSERT INTO invites (token_hash, created_by, created_at, expires_at, uses, uses_left)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
                )?
                .execute((
                    hash(&token),
                    by.as_ref().map(|user| user.id.0),
                    created_at.0,
                    expires_at.0,
                    uses,
                ))?;
            let invite = Invite {
                id: InviteId(tx.connection.last_insert_rowid()),
                uses,
                uses_left: uses,
                created_by: by,
                created_at,
                expires_at,
            };
            Ok((invite, token))
        })
        .await
    }

    /// The valid invitations, newest first.
    pub async fn invites(&self) -> Result<Vec<Invite>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&select("ORDER BY i.id DESC"))?;
            let invites = statement.query_map([Timestamp::now().0], from_row)?;
            Ok(invites.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    /// The valid invitation with this token.
    ///
    /// # Errors
    /// [`Error::BadInvite`] if there is none.
    pub async fn invite(&self, token: &str) -> Result<Invite> {
        let token = hash(token);
        self.read(move |connection| {
            connection
                .prepare_cached(&select("AND i.token_hash = ?2"))?
                .query_row((Timestamp::now().0, token), from_row)
                .optional()?
                .ok_or(Error::BadInvite)
        })
        .await
    }

    /// Revokes an invitation.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no valid invitation with this id.
    pub async fn revoke_invite(&self, id: InviteId) -> Result<()> {
        self.write(move |tx| {
            let revoked = tx
                .connection
                .prepare_cached(
                    "DELETE FROM invites WHERE id = ?1 AND uses_left > 0 AND expires_at > ?2",
                )?
                .execute((id.0, tx.now.0))?;
            if revoked == 0 {
                return Err(Error::NotFound("Invitation"));
            }
            Ok(())
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

/// Uses an invitation once.
pub(super) fn redeem(tx: &Transaction<'_>, token: &str) -> Result<()> {
    let used = tx
        .connection
        .prepare_cached(
            "UPDATE invites SET uses_left = uses_left - 1
             WHERE token_hash = ?1 AND uses_left > 0 AND expires_at > ?2
             AND (created_by IS NULL OR created_by IN (SELECT id FROM users WHERE admin = 1 AND disabled_at IS NULL))",
        )?
        .execute((hash(token), tx.now.0))?;
    if used == 0 {
        return Err(Error::BadInvite);
    }
    Ok(())
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

/// A query for the invitations that are valid at the time `?1`. Their creator must still be an administrator.
fn select(which: &str) -> String {
    format!(
        "SELECT i.id, i.uses, i.uses_left, i.created_at, i.expires_at, {}
         FROM invites i LEFT JOIN users u ON u.id = i.created_by
         WHERE i.uses_left > 0 AND i.expires_at > ?1
         AND (u.id IS NULL OR u.admin = 1 AND u.disabled_at IS NULL) {which}",
        users::columns("u"),
    )
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Invite> {
    let by: Option<i64> = row.get("u_id")?;
    Ok(Invite {
        id: InviteId(row.get("id")?),
        uses: row.get("uses")?,
        uses_left: row.get("uses_left")?,
        created_by: by.map(|_| users::from_row(row, "u")).transpose()?,
        created_at: Timestamp(row.get("created_at")?),
        expires_at: Timestamp(row.get("expires_at")?),
    })
}
