//! What the runner of followers needs, and the deletion of expired rows. Both read through the readers, and write in small jobs
//! while the writer is idle.

use rusqlite::Connection;

use super::{
    audit, context::Transaction, engine::sequence, handle::Store, invites, positions, reports,
    resets, sessions, uploads,
};
use crate::{
    error::Result,
    model::{EventId, Timestamp},
};

/// The most rows that one job deletes: less than a millisecond's work.
const ROWS_A_JOB: usize = 100;
/// A table from which expired rows are deleted.
struct Sweep {
    find: fn(&Connection, Timestamp, usize) -> rusqlite::Result<Vec<i64>>,
    /// Deletes the row if it is still expired. Returns whether it did.
    delete: fn(&mut Transaction<'_>, Timestamp, i64) -> Result<bool>,
}

const SWEEPS: [Sweep; 7] = [
    Sweep {
        find: sessions::find_expired,
        delete: sessions::delete_expired,
    },
    Sweep {
        find: invites::find_expired,
        delete: invites::delete_expired,
    },
    Sweep {
        find: resets::find_expired,
        delete: resets::delete_expired,
    },
    Sweep {
        find: uploads::find_expired,
        delete: uploads::delete_expired,
    },
    Sweep {
        find: reports::find_expired,
        delete: reports::delete_expired,
    },
    Sweep {
        find: audit::find_expired,
        delete: audit::delete_expired,
    },
    Sweep {
        find: audit::find_surplus,
        delete: audit::delete_surplus,
    },
];

impl Store {
    /// The position of a follower and the current end of the sequence. A new follower starts at the beginning.
    pub async fn follower_position(&self, name: &'static str) -> Result<(EventId, EventId)> {
        self.read(move |connection| {
            let through = positions::find(connection, name)?;
            let end = sequence::last_id(connection)?;
            Ok((through.unwrap_or(EventId(0)), end))
        })
        .await
    }

    /// Records that a follower has processed everything up to `through`.
    pub async fn advance_follower(&self, name: &'static str, through: EventId) -> Result<()> {
        self.write_when_idle(move |tx| Ok(positions::set(tx.connection, name, through)?))
            .await
    }

    /// Deletes expired sessions, API tokens, invitations, password links, uploads, reports and events, and the files
    /// that nobody refers to. Returns how many rows expired.
    pub async fn sweep(&self) -> Result<usize> {
        self.follow_clock().await?;
        let now = self
            .read(|connection| Ok(Timestamp::now().min(last_activity(connection)?)))
            .await?;
        let mut total = 0;
        for Sweep { find, delete } in SWEEPS {
            loop {
                let found = self
                    .read(move |connection| Ok(find(connection, now, ROWS_A_JOB)?))
                    .await?;
                if found.is_empty() {
                    break;
                }
                let deleted = self
                    .write_when_idle(move |tx| {
                        let mut deleted = 0;
                        for id in found {
                            deleted += usize::from(delete(tx, now, id)?);
                        }
                        Ok(deleted)
                    })
                    .await?;
                total += deleted;
                // None was still expired: all of them have been used again.
                if deleted == 0 {
                    break;
                }
            }
        }
        self.delete_unused_files().await?;
        Ok(total)
    }
}

/// The last recorded use of the server. A sweep takes no later time as the current one: if the server starts with a
/// clock that is far ahead, rows must not be deleted for good because of the clock alone.
fn last_activity(connection: &Connection) -> rusqlite::Result<Timestamp> {
    connection
        .prepare_cached(
            "SELECT max(coalesce((SELECT max(last_seen_at) FROM sessions), 0),
                        coalesce((SELECT created_at FROM messages ORDER BY id DESC LIMIT 1), 0)) AS at",
        )?
        .query_row([], |row| row.get("at").map(Timestamp))
}
