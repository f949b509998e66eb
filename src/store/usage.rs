//! How much is stored, and how much space is left.

use std::path::Path;

use rusqlite::Connection;

use super::handle::Store;
use crate::error::Result;

/// Stored rows and free space.
#[derive(Clone, Copy, Debug)]
pub struct StorageUsage {
    /// People and bots, including disabled ones.
    pub users: i64,
    /// All messages, including deleted and system messages.
    pub messages: i64,
    /// Bytes of the files that people have sent.
    pub file_bytes: u64,
    /// Free bytes on the database's file system, if the operating system tells.
    pub free_bytes: Option<u64>,
}

impl Store {
    /// Counts all rows, so its time grows with the database.
    pub async fn usage(&self) -> Result<StorageUsage> {
        let path = self.path().to_owned();
        self.read(move |connection| {
            let count = |sql| connection.query_row(sql, [], |row| row.get(0));
            Ok(StorageUsage {
                users: count("SELECT count(*) FROM users WHERE deleted_at IS NULL")?,
                messages: count("SELECT count(*) FROM messages")?,
                file_bytes: file_bytes(connection)?,
                free_bytes: free_bytes(&path),
            })
        })
        .await
    }
}

/// Free bytes on the file system of the database at `path`, if the operating system tells.
pub(super) fn free_bytes(path: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(path).ok()?;
    Some(disk.f_bavail * disk.f_frsize)
}

/// Bytes of all files, including those that aren’t complete yet.
pub(super) fn file_bytes(connection: &Connection) -> rusqlite::Result<u64> {
    connection
        .prepare_cached("SELECT coalesce(sum(size), 0) FROM files")?
        .query_row([], |row| row.get(0))
}
