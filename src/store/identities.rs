//! Accounts with providers, by which people sign in, and the pictures that come with them.

use rusqlite::OptionalExtension;
use sha2::{Digest, Sha256};

use super::{
    Store,
    accounts::{add_identity, find_identity, has_way_in},
    sessions::hex,
    transaction::Transaction,
    users,
};
use crate::{
    error::{Error, Result},
    model::{Identity, UserId},
};

/// Bytes of a picture's hash that stand in its address.
const VERSION_BYTES: usize = 8;

/// Somebody's picture.
#[derive(Debug)]
pub struct Picture {
    /// Its media type.
    pub kind: String,
    pub bytes: Vec<u8>,
}

impl Store {
    /// What a user is linked to, the first linked first.
    pub async fn identities(&self, user: UserId) -> Result<Vec<Identity>> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT issuer, subject, username FROM identities WHERE user_id = ?1 ORDER BY linked_at, issuer",
            )?;
            let identities = statement.query_map([user.0], |row| {
                Ok(Identity {
                    issuer: row.get(0)?,
                    subject: row.get(1)?,
                    username: row.get(2)?,
                })
            })?;
            Ok(identities.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    /// Lets a user sign in by an identity, too. Twice is once.
    ///
    /// # Errors
    /// [`Error::IdentityTaken`] where it is somebody else's, or the user has another of the same issuer,
    /// [`Error::Disabled`].
    pub async fn link_identity(&self, user: UserId, identity: Identity) -> Result<()> {
        self.write(move |tx| {
            if users::is_disabled(tx.connection, user)? {
                return Err(Error::Disabled);
            }
            match find_identity(tx.connection, &identity)? {
                Some(owner) if owner.id == user => Ok(()),
                Some(_) => Err(Error::IdentityTaken),
                None => add_identity(tx, user, &identity),
            }
        })
        .await
    }

    /// Takes a user's identity with this issuer away from them.
    ///
    /// # Errors
    /// [`Error::NotFound`] where they have none, [`Error::LastWayIn`] where nothing else would sign them
    /// in.
    pub async fn unlink_identity(&self, user: UserId, issuer: String) -> Result<()> {
        self.write(move |tx| {
            let connection = tx.connection;
            let removed = connection
                .prepare_cached("DELETE FROM identities WHERE user_id = ?1 AND issuer = ?2")?
                .execute((user.0, issuer))?;
            if removed == 0 {
                return Err(Error::NotFound("Identity"));
            }
            if has_way_in(connection, user)? {
                Ok(())
            } else {
                Err(Error::LastWayIn)
            }
        })
        .await
    }

    /// Gives a user a picture, which everybody who shares a conversation with them is told of.
    pub async fn set_picture(&self, user: UserId, picture: Picture) -> Result<()> {
        self.write(move |tx| set_picture(tx, user, &picture)).await
    }

    /// A user's picture.
    ///
    /// # Errors
    /// [`Error::NotFound`] where they have none.
    pub async fn picture(&self, user: UserId) -> Result<Picture> {
        self.read(move |connection| {
            connection
                .prepare_cached("SELECT type, picture FROM avatars WHERE user_id = ?1")?
                .query_row([user.0], |row| {
                    Ok(Picture {
                        kind: row.get(0)?,
                        bytes: row.get(1)?,
                    })
                })
                .optional()?
                .ok_or(Error::NotFound("Picture"))
        })
        .await
    }
}

fn set_picture(tx: &mut Transaction<'_>, user: UserId, picture: &Picture) -> Result<()> {
    let Picture { kind, bytes } = picture;
    // Browsers keep a picture for long, so another one has another address.
    let hash = hex(&Sha256::digest(bytes)[..VERSION_BYTES]);
    let url = format!("/api/users/{user}/avatar?v={hash}");
    let connection = tx.connection;
    let changed = connection
        .prepare_cached("UPDATE users SET avatar_url = ?2 WHERE id = ?1 AND avatar_url IS NOT ?2")?
        .execute((user.0, url))?;
    if changed == 0 {
        return Ok(());
    }
    connection
        .prepare_cached(
            "INSERT INTO avatars (user_id, type, picture) VALUES (?1, ?2, ?3)
             ON CONFLICT (user_id) DO UPDATE SET type = excluded.type, picture = excluded.picture",
        )?
        .execute((user.0, kind, bytes))?;
    users::announce(tx, user)
}
