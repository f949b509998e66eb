//! Who is notified through the server that the administrator has set up, and where there.

use rusqlite::{Connection, OptionalExtension};

use super::{
    handle::Store,
    pushes::{self, PushTarget},
};
use crate::{
    error::Result,
    model::{RelayKind, UserId},
};

impl Store {
    /// Where the user is notified at a server of this kind: a topic, or the token of an application. None if they aren’t.
    pub async fn relay_address(&self, user: UserId, kind: RelayKind) -> Result<Option<String>> {
        self.read(move |connection| {
            Ok(connection
                .prepare_cached("SELECT address FROM push_relays WHERE user_id = ?1 AND kind = ?2")?
                .query_row((user.0, kind.as_str()), |row| row.get(0))
                .optional()?)
        })
        .await
    }

    /// Sets where the user is notified, in place of what was there.
    pub async fn set_relay(&self, user: UserId, kind: RelayKind, address: String) -> Result<()> {
        self.write(move |tx| {
            pushes::begin(tx.connection)?;
            tx.connection
                .prepare_cached(
                    "INSERT INTO push_relays (user_id, kind, address) VALUES (?1, ?2, ?3)
                     ON CONFLICT DO UPDATE SET kind = excluded.kind, address = excluded.address",
                )?
                .execute((user.0, kind.as_str(), &address))?;
            Ok(())
        })
        .await
    }

    /// The user isn’t notified there any more. Doing it again has no effect.
    pub async fn delete_relay(&self, user: UserId) -> Result<()> {
        self.write(move |tx| {
            pushes::delete_to(tx.connection, user, PushTarget::Relay)?;
            Ok(delete(tx.connection, user)?)
        })
        .await
    }
}

/// Deletes where a user is notified.
pub(super) fn delete(connection: &Connection, user: UserId) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM push_relays WHERE user_id = ?1")?
        .execute([user.0])
        .map(drop)
}
