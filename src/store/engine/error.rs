//! Errors of opening and using a database, and the mapping of SQLite's errors.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use rusqlite::{ErrorCode, ffi};

use super::migrate::Purpose;
use crate::error::Error;

/// Why a database can't be opened. Each message names the file, and a remedy if there is one.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The path, its folder or the permissions don't allow it.
    #[error("can’t use {path} as the database: {reason}")]
    Unusable { path: PathBuf, reason: String },
    /// Another process has the lock.
    #[error("{path} is in use ({holder}); a database can only have one server at a time")]
    InUse { path: PathBuf, holder: String },
    /// The file is damaged or not an SQLite file.
    #[error(
        "{path} is damaged: {detail}\nIt wasn’t changed. Restore a backup with `tincan restore BACKUP`, or move it \
         away together with {path}-wal and {path}-shm to start with an empty one."
    )]
    Corrupt { path: PathBuf, detail: String },
    /// An SQLite file of another program.
    #[error("{path} is an SQLite database, but not Tincan’s; it wasn’t changed")]
    Foreign { path: PathBuf },
    /// It has this program’s tables, but is marked as no program’s. `pragmas` mark it again.
    #[error(
        "{path} has Tincan’s tables, but not its mark, which `.dump` of sqlite3 leaves out; it wasn’t changed\nIf that is \
         where it is from, mark it again:\n  sqlite3 '{path}' '{pragmas}'\nThen check it with `tincan check`."
    )]
    Unmarked { path: PathBuf, pragmas: String },
    /// Marked for something else. Anybody may sign in as anybody in development, so no file is used for both.
    #[error("{path} {}", other_purpose(*found))]
    Purpose { path: PathBuf, found: Purpose },
    /// Written by a newer version of this program.
    #[error(
        "{path} is from a newer version of Tincan (schema {found}, this program supports up to {known}); it wasn’t changed"
    )]
    Newer {
        path: PathBuf,
        found: i32,
        known: i32,
    },
}

fn other_purpose(found: Purpose) -> &'static str {
    match found {
        Purpose::Service => {
            "isn’t marked for development, so it may hold people’s own messages, and in development anyone can sign in as \
             anyone; it wasn’t changed. Choose another file with --db"
        }
        Purpose::Development => {
            "is for development, so anyone may have signed in as anyone; it wasn’t changed. Serve it with --dev or \
             `tincan lab`, or choose another file with --db"
        }
    }
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
            _ if is_without_shared_memory(error) => Self::unusable(path, &NO_SHARED_MEMORY),
            _ => Self::unusable(path, error),
        }
    }
}

const NO_SHARED_MEMORY: &str = "its file system can’t map shared memory, which the write-ahead log needs, as is so with some network and shared \
    folders; keep the database on a local disk (--db), and only its backups there";

/// Whether the index of the log can’t be mapped into memory (<https://www.sqlite.org/wal.html#noshm>).
fn is_without_shared_memory(error: &rusqlite::Error) -> bool {
    let error = error.sqlite_error();
    error.is_some_and(|error| error.extended_code == ffi::SQLITE_IOERR_SHMMAP)
}

/// Why a database has become unusable. The process exits; every answered write is there after a restart.
#[derive(Clone, Debug, thiserror::Error)]
pub enum FatalError {
    /// After a failed write or fsync, the state of the disk is unknown
    /// (<https://www.sqlite.org/atomiccommit.html#_incomplete_disk_flushes>).
    #[error("the disk failed while saving: {0}")]
    Disk(String),
    /// The check of a large file found damage after the start.
    #[error("{0}")]
    Corrupt(String),
    /// The writer panicked. The panic has been logged.
    #[error("the writer failed because of a bug")]
    Defect,
}

/// Whether the operating system refused a write, because of a quota or a limit on file sizes, which SQLite reports as
/// an I/O error. Earlier data is intact.
fn is_refused_write(error: &rusqlite::Error) -> bool {
    let refusals = [ffi::SQLITE_IOERR_WRITE, ffi::SQLITE_IOERR_SHMSIZE];
    error
        .sqlite_error()
        .is_some_and(|error| refusals.contains(&error.extended_code))
}

/// Whether the disk failed and its state is unknown.
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
