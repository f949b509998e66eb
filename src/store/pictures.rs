//! Pictures of users and rooms. A user's is chosen by themselves, or taken from a sign-in provider; a room's is chosen by
//! its owner.

use rusqlite::{Connection, OptionalExtension};
use sha2::{Digest, Sha256};

use super::{
    context::Transaction,
    conversations,
    handle::Store,
    profiles,
    rooms::{publish_system_message, require_own_room, require_seen, system_message},
    users,
};
use crate::{
    error::{Error, Result},
    model::{Conversation, ConversationId, Member, SystemKind, Timestamp, User, UserId},
};

/// Bytes of a picture's hash in its URL.
const VERSION_BYTES: usize = 8;

/// The picture of a user or a room.
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

    /// Sets or deletes a room's picture on behalf of its owner. Doing it again has no effect.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the caller isn't in it, [`Error::Forbidden`], [`Error::NotARoom`].
    pub async fn set_room_picture(
        &self,
        caller: User,
        id: ConversationId,
        picture: Option<Picture>,
    ) -> Result<(Conversation, Member)> {
        self.write(move |tx| {
            require_own_room(tx.connection, id, caller.id)?;
            let picture = picture.as_ref();
            replace_of_room(tx.connection, id, picture)?;
            let url = picture.map(|picture| picture.url(&format!("/api/conversations/{id}")));
            if conversations::set_avatar_url(tx.connection, id, url.as_deref())? {
                tx.scrub();
                let kind = if picture.is_some() {
                    SystemKind::PictureChanged
                } else {
                    SystemKind::PictureRemoved
                };
                publish_system_message(tx, id, &system_message(kind, &caller, &caller))?;
            }
            conversations::view(tx.connection, id, caller.id)
        })
        .await
    }

    /// A room's picture, for those who are in the room or may join it.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it has none, or the caller may not see the room.
    pub async fn room_picture(&self, caller: UserId, id: ConversationId) -> Result<Picture> {
        self.read(move |connection| {
            require_seen(connection, id, caller)?;
            let select = "SELECT type, picture FROM room_pictures WHERE conversation_id = ?1";
            find(connection, select, id.0)?.ok_or(NOT_FOUND)
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
        // The write-ahead log still has the picture that was there before.
        tx.scrub();
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

fn replace_of_room(
    connection: &Connection,
    id: ConversationId,
    picture: Option<&Picture>,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM room_pictures WHERE conversation_id = ?1")?
        .execute([id.0])?;
    if let Some(Picture { kind, bytes }) = picture {
        connection
            .prepare_cached(
                "INSERT INTO room_pictures (conversation_id, type, picture) VALUES (?1, ?2, ?3)",
            )?
            .execute((id.0, kind, bytes))?;
    }
    Ok(())
}
