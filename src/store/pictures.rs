//! Pictures of users: chosen by themselves, or taken from a sign-in provider.

use rusqlite::{Connection, OptionalExtension};
use sha2::{Digest, Sha256};

use super::{context::Transaction, handle::Store, profiles, users};
use crate::{
    error::{Error, Result},
    model::{Timestamp, User, UserId},
};

/// Bytes of a picture's hash in its URL.
const VERSION_BYTES: usize = 8;

/// A user's picture.
#[derive(Debug)]
pub struct Picture {
    /// The media type.
    pub kind: String,
    pub bytes: Vec<u8>,
}

impl Store {
    /// Sets the picture that a user has chosen, and publishes it to everybody who shares a conversation with them.
    pub async fn choose_picture(&self, user: UserId, picture: Picture) -> Result<User> {
        self.write(move |tx| {
            let now = tx.now;
            set(tx, user, &picture, Some(now))
        })
        .await
    }

    /// Sets the picture that a user has at a provider, unless they have chosen another here.
    pub async fn take_picture(&self, user: UserId, picture: Picture) -> Result<()> {
        self.write(move |tx| {
            let has_chosen = tx
                .connection
                .prepare_cached(
                    "SELECT 1 FROM avatars WHERE user_id = ?1 AND chosen_at IS NOT NULL",
                )?
                .exists([user.0])?;
            if has_chosen || users::is_disabled(tx.connection, user)? {
                return Ok(());
            }
            set(tx, user, &picture, None).map(drop)
        })
        .await
    }

    /// Deletes a user's picture. Deleting it again has no effect.
    pub async fn delete_picture(&self, user: UserId) -> Result<User> {
        self.write(move |tx| {
            delete(tx.connection, user)?;
            tx.scrub();
            publish(tx, user, None)
        })
        .await
    }

    /// A user's picture.
    ///
    /// # Errors
    /// [`Error::NotFound`] if they have none.
    pub async fn picture(&self, user: UserId) -> Result<Picture> {
        self.read(move |connection| {
            connection
                .prepare_cached("SELECT type, picture FROM avatars WHERE user_id = ?1")?
                .query_row([user.0], |row| {
                    Ok(Picture {
                        kind: row.get("type")?,
                        bytes: row.get("picture")?,
                    })
                })
                .optional()?
                .ok_or(Error::NotFound("Picture"))
        })
        .await
    }
}

fn set(
    tx: &mut Transaction<'_>,
    user: UserId,
    picture: &Picture,
    chosen_at: Option<Timestamp>,
) -> Result<User> {
    let Picture { kind, bytes } = picture;
    // Browsers cache a picture for a long time, so a new picture needs a new URL.
    let hash = hex::encode(&Sha256::digest(bytes)[..VERSION_BYTES]);
    let url = format!("/api/users/{user}/avatar?v={hash}");
    tx.connection
        .prepare_cached(
            "INSERT INTO avatars (user_id, type, picture, chosen_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (user_id) DO UPDATE
             SET type = excluded.type, picture = excluded.picture, chosen_at = excluded.chosen_at",
        )?
        .execute((user.0, kind, bytes, chosen_at.map(|at| at.0)))?;
    publish(tx, user, Some(&url))
}

/// Sets the URL of the picture, and publishes the user if it is another.
fn publish(tx: &mut Transaction<'_>, user: UserId, url: Option<&str>) -> Result<User> {
    if users::set_avatar_url(tx.connection, user, url)? {
        return profiles::publish_change(tx, user);
    }
    users::by_id(tx.connection, user)?.ok_or(users::NOT_FOUND)
}

pub(super) fn delete(connection: &Connection, user: UserId) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM avatars WHERE user_id = ?1")?
        .execute([user.0])
        .map(drop)
}
