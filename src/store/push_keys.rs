//! The secrets with which this server notifies browsers. They are kept with the database, so that a backup that is restored
//! elsewhere can notify the browsers in it.

use rusqlite::{Connection, OptionalExtension};

use super::handle::Store;
use crate::{error::Result, model::PushKeys};

impl Store {
    /// The keys of this database. If it has none yet, `new` become its keys.
    pub async fn push_keys(&self, new: PushKeys) -> Result<PushKeys> {
        if let Some(keys) = self.read(|connection| Ok(find(connection)?)).await? {
            return Ok(keys);
        }
        self.write(move |tx| {
            // Another request may have been first.
            if let Some(keys) = find(tx.connection)? {
                return Ok(keys);
            }
            tx.connection.execute(
                "INSERT INTO push_keys (only_row, vapid, topics) VALUES (1, ?1, ?2)",
                (&new.vapid, &new.topics),
            )?;
            Ok(new)
        })
        .await
    }
}

fn find(connection: &Connection) -> rusqlite::Result<Option<PushKeys>> {
    connection
        .query_row("SELECT vapid, topics FROM push_keys", [], |row| {
            Ok(PushKeys {
                vapid: row.get("vapid")?,
                topics: row.get("topics")?,
            })
        })
        .optional()
}
