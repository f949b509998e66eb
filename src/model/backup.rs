//! The state of a server’s daily backups, as administrators see it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Timestamp;

/// The daily backups of a server.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Backups {
    /// Null if there is none.
    pub newest: Option<Backup>,
    /// How many there are.
    pub count: usize,
    /// The bytes of all of them.
    pub bytes: u64,
    /// How many are to be kept.
    pub keep: usize,
    /// The bytes that the next one needs.
    pub needed: u64,
    /// The bytes that there are for it. Null if the operating system doesn’t tell.
    pub available: Option<u64>,
    /// How far the backup is that is being made. Null if none is.
    pub running: Option<Copied>,
    /// What an administrator should look at. Null if all is well.
    pub problem: Option<BackupProblem>,
}

/// A backup that was made.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Backup {
    pub created_at: Timestamp,
    pub bytes: u64,
}

/// Copied bytes, of how many.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Copied {
    pub done: u64,
    pub of: u64,
}

/// What is wrong with the backups. The first that applies is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BackupProblem {
    /// The next backup doesn’t fit on its disk.
    NoRoom,
    /// There is no backup yet.
    Missing,
    /// The newest backup is more than 26 hours old.
    Overdue,
    /// The next backup fits on its disk, but not as many as are to be kept.
    NoRoomForAll,
}
