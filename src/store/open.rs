//! From a path to a connection that may be written to: the lock, the checks of a file that somebody
//! else may have touched, the pragmas.

use std::{
    fmt,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
    process, thread,
    time::Duration,
};

use rusqlite::{Connection, ErrorCode, OpenFlags, ffi};
use tokio::sync::watch;

use super::{FatalError, migrate};

/// How long a connection waits for another program's lock, before a write is refused as busy.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Up to this size, in bytes, a file is checked before the server listens; a larger one while it
/// serves.
const CHECK_FIRST: u64 = 64 * 1024 * 1024;
/// To this many bytes the write-ahead log is cut after a checkpoint has emptied it.
const WAL_KEPT: i64 = 64 * 1024 * 1024;

/// How readers open the file. A connection is used by one thread at a time, so SQLite's own mutex
/// isn't needed.
pub(super) const READ_ONLY: OpenFlags =
    OpenFlags::SQLITE_OPEN_READ_ONLY.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);
const READ_WRITE: OpenFlags =
    OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

/// Why a database can't be opened. Each names the file and says what to do where something can be
/// done.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The path, its folder or the file's rights are in the way.
    #[error("can't use {path} as the database: {reason}")]
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
    #[error("{path} is an SQLite database, but not one of tincan's; it was left as it is")]
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
    pub(super) fn unusable(path: &Path, reason: &impl fmt::Display) -> Self {
        Self::Unusable {
            path: path.to_owned(),
            reason: reason.to_string(),
        }
    }

    pub(super) fn from_sqlite(path: &Path, error: &rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Self::Corrupt {
                path: path.to_owned(),
                detail: error.to_string(),
            },
            _ => Self::unusable(path, error),
        }
    }
}

/// A database that is ready to be written to.
pub(super) struct Opened {
    pub connection: Connection,
    pub lock: Lock,
    /// Absolute, so that it stays right whatever the working directory becomes.
    pub path: PathBuf,
    pub epoch: i64,
    pub last_id: i64,
}

/// Held for as long as this process may write to the database.
pub(super) struct Lock {
    _file: File,
}

pub(super) fn open(path: &Path) -> Result<Opened, OpenError> {
    let path = resolve(path)?;
    let lock = lock(&path)?;
    if fs::metadata(&path).is_ok_and(|file| file.len() > 0) {
        inspect(&path)?;
    }
    let in_context = |error: rusqlite::Error| OpenError::from_sqlite(&path, &error);
    let mut connection = connect(&path)?;
    if connection.is_readonly("main").map_err(in_context)? {
        return Err(OpenError::unusable(&path, &"it is read-only"));
    }
    prepare_writing(&connection).map_err(in_context)?;
    migrate::migrate(&mut connection, &path)?;
    let (epoch, last_id) = connection
        .query_row("SELECT epoch, last_id FROM clock", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .map_err(in_context)?;
    Ok(Opened {
        connection,
        lock,
        path,
        epoch,
        last_id,
    })
}

/// The file's own path, behind links: two names of one file must meet at one lock. A missing file is
/// made, empty, as a link to nowhere has no path of its own yet.
pub(super) fn resolve(path: &Path) -> Result<PathBuf, OpenError> {
    let in_context = |error: io::Error| OpenError::unusable(path, &error);
    if !path.exists() {
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .map_err(in_context)?;
    }
    path.canonicalize().map_err(in_context)
}

/// Takes the lock of a file beside the database. SQLite's own locks can't say who holds them, and
/// would keep other programs, a backup among them, from reading.
pub(super) fn lock(path: &Path) -> Result<Lock, OpenError> {
    let lock_path = with_suffix(path, ".lock");
    let in_context = |error: io::Error| OpenError::unusable(&lock_path, &error);
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&lock_path)
        .map_err(in_context)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let _ = file.read_to_string(&mut holder);
            let holder = if holder.is_empty() {
                "unknown".to_owned()
            } else {
                holder.trim().to_owned()
            };
            return Err(OpenError::InUse {
                path: path.to_owned(),
                holder,
            });
        }
        Err(TryLockError::Error(error)) => return Err(in_context(error)),
    }
    file.set_len(0).map_err(in_context)?;
    file.rewind().map_err(in_context)?;
    writeln!(file, "process {}", process::id()).map_err(in_context)?;
    Ok(Lock { _file: file })
}

/// Looks at an existing file through a read-only connection, which leaves its bytes as they are:
/// closing a writable one would run a checkpoint.
fn inspect(path: &Path) -> Result<(), OpenError> {
    let in_context = |error: rusqlite::Error| OpenError::from_sqlite(path, &error);
    let connection = Connection::open_with_flags(path, READ_ONLY).map_err(in_context)?;
    if needs_rollback(&connection) {
        // Whoever made the file was cut short in it, before it had a write-ahead log. Only a writable
        // connection can take that back.
        connect(path)?
            .query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
            .map_err(in_context)?;
    }
    migrate::check_version(&connection, path)?;
    if size_on_disk(path) <= CHECK_FIRST {
        quick_check(&connection, path)?;
    }
    Ok(())
}

/// Whether a transaction of the time before the write-ahead log was left half done.
fn needs_rollback(connection: &Connection) -> bool {
    let read = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()));
    read.is_err_and(|error| {
        error
            .sqlite_error()
            .is_some_and(|error| error.extended_code == ffi::SQLITE_READONLY_ROLLBACK)
    })
}

/// A connection that may write, to a file that is there.
pub(super) fn connect(path: &Path) -> Result<Connection, OpenError> {
    let in_context = |error: rusqlite::Error| OpenError::from_sqlite(path, &error);
    let mut connection = Connection::open_with_flags(path, READ_WRITE).map_err(in_context)?;
    prepare_connection(&mut connection).map_err(in_context)?;
    Ok(connection)
}

pub(super) fn quick_check(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let verdict: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|error| OpenError::from_sqlite(path, &error))?;
    if verdict == "ok" {
        return Ok(());
    }
    Err(OpenError::Corrupt {
        path: path.to_owned(),
        detail: verdict.replace('\n', " "),
    })
}

/// Checks a file that was too large to be checked before the server listens.
pub(super) fn check_in_background(path: &Path, fail: watch::Sender<Option<FatalError>>) {
    if size_on_disk(path) <= CHECK_FIRST {
        return;
    }
    let path = path.to_owned();
    thread::spawn(move || {
        let checked = Connection::open_with_flags(&path, READ_ONLY)
            .map_err(|error| OpenError::from_sqlite(&path, &error))
            .and_then(|connection| quick_check(&connection, &path));
        match checked {
            Ok(()) => tracing::info!(path = %path.display(), "the database passed its check"),
            Err(error @ OpenError::Corrupt { .. }) => {
                fail.send_replace(Some(FatalError::Corrupt(error.to_string())));
            }
            Err(error) => tracing::warn!(%error, "the database could not be checked"),
        }
    });
}

fn size_on_disk(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |file| file.len())
}

/// What every connection needs.
pub(super) fn prepare_connection(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update(None, "temp_store", "memory")
}

/// What the connection that writes needs beside: durable commits (<https://www.sqlite.org/pragma.html#pragma_synchronous>),
/// no checkpoint inside one (`checkpoint` runs them), and zeros over what is deleted (<https://www.sqlite.org/pragma.html#pragma_secure_delete>).
fn prepare_writing(connection: &Connection) -> rusqlite::Result<()> {
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        tracing::warn!(
            mode,
            "the file system can't hold a write-ahead log; writes will be slow"
        );
    }
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.query_row("PRAGMA wal_autocheckpoint = 0", [], |_| Ok(()))?;
    connection.query_row("PRAGMA secure_delete = ON", [], |_| Ok(()))?;
    connection.query_row(
        &format!("PRAGMA journal_size_limit = {WAL_KEPT}"),
        [],
        |_| Ok(()),
    )
}

/// `tincan.db` and `.lock` make `tincan.db.lock`.
#[must_use]
pub fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
