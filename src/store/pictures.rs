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

impl Picture {
    /// Its URL as the picture of `owner`, a path of the API. Browsers cache a picture for a long time, so a new picture
    /// needs a new URL.
    fn url(&self, owner: &str) -> String {
        let hash = hex::encode(&Sha256::digest(&self.bytes)[..VERSION_BYTES]);
        format!("{owner}/avatar?v={hash}")
    }
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
            let select = "SELECT type, picture FROM avatars WHERE user_id = ?1";
            find(connection, select, user.0)?.ok_or(NOT_FOUND)
        })
        .await
    }
}

const NOT_FOUND: Error = Error::NotFound("Picture");

/// The picture that a query finds by an id: its type and its bytes.
pub(super) fn find(
    connection: &Connection,
    select: &str,
    id: i64,
) -> rusqlite::Result<Option<Picture>> {
    connection
        .prepare_cached(select)?
        .query_row([id], |row| {
            Ok(Picture {
                kind: row.get(0)?,
                bytes: row.get(1)?,
            })
        })
        .optional()
}

fn set(
    tx: &mut Transaction<'_>,
    user: UserId,
    picture: &Picture,
    chosen_at: Option<Timestamp>,
) -> Result<User> {
    tx.connection
        .prepare_cached(
            "INSERT INTO avatars (user_id, type, picture, chosen_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (user_id) DO UPDATE
             SET type = excluded.type, picture = excluded.picture, chosen_at = excluded.chosen_at",
        )?
        .execute((
            user.0,
            &picture.kind,
            &picture.bytes,
            chosen_at.map(|at| at.0),
        ))?;
    publish(tx, user, Some(&picture.url(&format!("/api/users/{user}"))))
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
