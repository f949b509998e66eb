//! How much there is, and how much more there may be.

use super::handle::Store;
use crate::error::Result;

/// What is kept, and the room for more.
#[derive(Clone, Copy, Debug)]
pub struct StorageUsage {
    /// People and bots, disabled ones too.
    pub users: i64,
    /// Deleted ones and those of the system are still numbered, and counted.
    pub messages: i64,
    /// Bytes that the disk has left for the database, where the system tells.
    pub free_bytes: Option<u64>,
}

impl Store {
    /// Counts, which takes the longer the more there is.
    pub async fn usage(&self) -> Result<StorageUsage> {
        let path = self.path().to_owned();
        self.read(move |connection| {
            let count = |sql| connection.query_row(sql, [], |row| row.get(0));
            let disk = rustix::fs::statvfs(&path).ok();
            Ok(StorageUsage {
                users: count("SELECT count(*) FROM users")?,
                messages: count("SELECT count(*) FROM messages")?,
                free_bytes: disk.map(|disk| disk.f_bavail * disk.f_frsize),
            })
        })
        .await
    }
}
