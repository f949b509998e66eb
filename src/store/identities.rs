//! Accounts at sign-in providers.

use rusqlite::{Connection, OptionalExtension};

use super::{audit::Entry, context::Transaction, credentials::can_sign_in, handle::Store, users};
use crate::{
    error::{Error, Result},
    model::{Actor, Identity, SecurityEventKind, User, UserId},
};

impl Store {
    /// A user's identities, in the order in which they were linked.
    pub async fn identities(&self, user: UserId) -> Result<Vec<Identity>> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT issuer, subject, username FROM identities WHERE user_id = ?1 ORDER BY linked_at, issuer",
            )?;
            let identities = statement.query_map([user.0], |row| {
                Ok(Identity {
                    issuer: row.get("issuer")?,
                    subject: row.get("subject")?,
                    username: row.get("username")?,
                })
            })?;
            Ok(identities.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    /// Links an identity to a user. Linking it again has no effect.
    ///
    /// # Errors
    /// [`Error::IdentityTaken`] if another user has it or the user has another one from the same issuer,
    /// [`Error::Disabled`].
    pub async fn link_identity(&self, user: UserId, identity: Identity, by: Actor) -> Result<()> {
        self.write(move |tx| {
            if users::is_disabled(tx.connection, user)? {
                return Err(Error::Disabled);
            }
            match find(tx.connection, &identity)? {
                Some(owner) if owner.id == user => Ok(()),
                Some(_) => Err(Error::IdentityTaken),
                None => {
                    insert(tx, user, &identity)?;
                    Entry::new(SecurityEventKind::Linked, Some(user), &by)
                        .detail(&identity.issuer)
                        .record(tx)
                }
            }
        })
        .await
    }

    /// Unlinks a user's identity from this issuer.
    ///
    /// # Errors
    /// [`Error::NotFound`] if they have none, [`Error::LastWayIn`] if they couldn't sign in without it.
    pub async fn unlink_identity(&self, user: UserId, issuer: String, by: Actor) -> Result<()> {
        self.write(move |tx| {
            let connection = tx.connection;
            let removed = connection
                .prepare_cached("DELETE FROM identities WHERE user_id = ?1 AND issuer = ?2")?
                .execute((user.0, &issuer))?;
            if removed == 0 {
                return Err(Error::NotFound("Identity"));
            }
            if !can_sign_in(connection, user)? {
                return Err(Error::LastWayIn);
            }
            Entry::new(SecurityEventKind::Unlinked, Some(user), &by)
                .detail(&issuer)
                .record(tx)
        })
        .await
    }
}

/// The user with this identity.
pub(super) fn find(connection: &Connection, identity: &Identity) -> rusqlite::Result<Option<User>> {
    connection
        .prepare_cached(&format!(
            "SELECT {} FROM identities i JOIN users u ON u.id = i.user_id
             WHERE i.issuer = ?1 AND i.subject = ?2",
            users::columns("u"),
        ))?
        .query_row((&identity.issuer, &identity.subject), |row| {
            users::from_row(row, "u")
        })
        .optional()
}

/// Links an identity to a user.
///
/// # Errors
/// [`Error::IdentityTaken`] if a user has it or the user has another one from the same issuer.
pub(super) fn insert(tx: &Transaction<'_>, user: UserId, identity: &Identity) -> Result<()> {
    let Identity {
        issuer,
        subject,
        username,
    } = identity;
    let added = tx
        .connection
        .prepare_cached(
            "INSERT INTO identities (issuer, subject, user_id, username, linked_at) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO NOTHING",
        )?
        .execute((issuer, subject, user.0, username, tx.now.0))?;
    if added == 0 {
        return Err(Error::IdentityTaken);
    }
    Ok(())
}

/// Unlinks all identities of a user.
pub(super) fn delete_all(connection: &Connection, user: UserId) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM identities WHERE user_id = ?1")?
        .execute([user.0])
        .map(drop)
}
