//! Why a database can't be opened, why it can't be used any more, and what SQLite's errors are to callers.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use rusqlite::{ErrorCode, ffi};

use crate::error::Error;

/// Why a database can't be opened. Each names the file and says what to do where something can be
/// done.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The path, its folder or the file's rights are in the way.
    #[error("can’t use {path} as the database: {reason}")]
    Unusable { path: PathBuf, reason: String },
    /// Another server has the file.
    #[error("{path} is in use ({holder}); one server at a time can serve a database")]
    InUse { path: PathBuf, holder: String },
    /// Damage, or not an SQLite file at all.
    #[error(
        "{path} is damaged: {detail}\nIt was left as it is. Put a good copy in its place with `tincan restore BACKUP`, or move it \
         away together with {path}-wal and {path}-shm to start with an empty one."
    )]
    Corrupt { path: PathBuf, detail: String },
    /// An SQLite file of some other program.
    #[error("{path} is an SQLite database, but not one of tincan’s; it was left as it is")]
    Foreign { path: PathBuf },
    /// Written by a later version of this program.
    #[error(
        "{path} was written by a newer tincan (its schema is {found}, this program knows up to {known}); it was left as it is"
    )]
    Newer {
        path: PathBuf,
        found: i32,
        known: i32,
    },
}

impl OpenError {
    #[must_use]
    pub fn unusable(path: &Path, reason: &impl fmt::Display) -> Self {
        Self::Unusable {
            path: path.to_owned(),
            reason: reason.to_string(),
        }
    }

    #[must_use]
    pub fn from_sqlite(path: &Path, error: &rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Self::Corrupt {
                path: path.to_owned(),
                detail: error.to_string(),
            },
            _ => Self::unusable(path, error),
        }
    }
}

/// Why a database can't be used any more. The process ends with it; a restart finds every answered write.
#[derive(Clone, Debug, thiserror::Error)]
pub enum FatalError {
    /// After a failed write or fsync nobody knows what the disk holds: <https://www.sqlite.org/atomiccommit.html#_incomplete_disk_flushes>.
    #[error("the disk failed while a write was made durable: {0}")]
    Disk(String),
    /// The check of a large file, which runs after start, has found damage.
    #[error("{0}")]
    Corrupt(String),
    /// The writer panicked; what it panicked with has been logged.
    #[error("the writer ended by a defect of this program")]
    Defect,
}

/// Whether the system wouldn't take a write: a quota or a limit on a file's size, which SQLite knows
/// only as a failed write. What was there before is still there.
fn is_refused_write(error: &rusqlite::Error) -> bool {
    let refusals = [ffi::SQLITE_IOERR_WRITE, ffi::SQLITE_IOERR_SHMSIZE];
    error
        .sqlite_error()
        .is_some_and(|error| refusals.contains(&error.extended_code))
}

/// Whether the disk failed in a way after which nobody knows what it holds.
pub fn is_fatal(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure) && !is_refused_write(error)
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::StorageFull,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::SystemIoFailure) if is_refused_write(&error) => {
                tracing::warn!(%error, "the system refused a write");
                Self::StorageFull
            }
            _ => {
                tracing::error!(%error, "the database refused a statement");
                Self::Internal
            }
        }
    }
}
