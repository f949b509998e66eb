//! How much is stored, and how much space is left.

use super::handle::Store;
use crate::error::Result;

/// Stored rows and free space.
#[derive(Clone, Copy, Debug)]
pub struct StorageUsage {
    /// People and bots, including disabled ones.
    pub users: i64,
    /// All messages, including deleted and system messages.
    pub messages: i64,
    /// Free bytes on the database's file system, if the operating system tells.
    pub free_bytes: Option<u64>,
}

impl Store {
    /// Counts all rows, so its time grows with the database.
    pub async fn usage(&self) -> Result<StorageUsage> {
        let path = self.path().to_owned();
        self.read(move |connection| {
            let count = |sql| connection.query_row(sql, [], |row| row.get(0));
            let disk = rustix::fs::statvfs(&path).ok();
            Ok(StorageUsage {
                users: count("SELECT count(*) FROM users WHERE deleted_at IS NULL")?,
                messages: count("SELECT count(*) FROM messages")?,
                free_bytes: disk.map(|disk| disk.f_bavail * disk.f_frsize),
            })
        })
        .await
    }
}
