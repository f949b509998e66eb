//! Opening a database: checking a file that other programs may have touched, and setting pragmas.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, ffi};
use tokio::sync::watch;

use super::{
    error::{FatalError, OpenError},
    lock::{Lock, lock},
    migrate::{self, Schema},
    path::resolve,
    sequence,
};

/// How long a connection waits for another program's lock before it fails with "busy".
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Files up to this size, in bytes, are checked before the server listens, larger ones while it runs.
const CHECK_FIRST: u64 = 64 * 1024 * 1024;
/// The size, in bytes, to which the write-ahead log is truncated after a checkpoint has emptied it.
const WAL_KEPT: i64 = 64 * 1024 * 1024;

/// The flags for reading. Each connection is used by one thread at a time, so SQLite's mutex isn't needed.
pub const READ_ONLY: OpenFlags =
    OpenFlags::SQLITE_OPEN_READ_ONLY.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);
const READ_WRITE: OpenFlags =
    OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

/// A database that is ready for writing.
pub struct Opened {
    pub connection: Connection,
    pub lock: Lock,
    /// Absolute, so that it doesn't depend on the working directory.
    pub path: PathBuf,
    pub epoch: i64,
    pub last_id: i64,
}

pub fn open(path: &Path, schema: &Schema<'_>) -> Result<Opened, OpenError> {
    let path = resolve(path)?;
    let lock = lock(&path)?;
    if fs::metadata(&path).is_ok_and(|file| file.len() > 0) {
        inspect(&path, schema)?;
    }
    let in_context = |error: rusqlite::Error| OpenError::from_sqlite(&path, &error);
    let mut connection = connect(&path)?;
    if connection.is_readonly("main").map_err(in_context)? {
        return Err(OpenError::unusable(&path, &"it is read-only"));
    }
    prepare_writing(&connection).map_err(in_context)?;
    migrate::migrate(&mut connection, &path, schema)?;
    let (epoch, last_id) = sequence::read(&connection).map_err(in_context)?;
    Ok(Opened {
        connection,
        lock,
        path,
        epoch,
        last_id,
    })
}

/// Checks an existing file through a read-only connection, which leaves its bytes as they are. Closing a writable
/// connection would run a checkpoint.
fn inspect(path: &Path, schema: &Schema<'_>) -> Result<(), OpenError> {
    let in_context = |error: rusqlite::Error| OpenError::from_sqlite(path, &error);
    let connection = Connection::open_with_flags(path, READ_ONLY).map_err(in_context)?;
    if needs_rollback(&connection) {
        // The process that created the file was interrupted before it had a write-ahead log. Only a writable connection
        // can roll that back.
        connect(path)?
            .query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
            .map_err(in_context)?;
    }
    migrate::check_version(&connection, path, schema)?;
    if size_on_disk(path) <= CHECK_FIRST {
        quick_check(&connection, path)?;
    }
    Ok(())
}

/// Whether the file has a hot rollback journal, from an interrupted transaction before it had a write-ahead log.
fn needs_rollback(connection: &Connection) -> bool {
    let read = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()));
    read.is_err_and(|error| {
        error
            .sqlite_error()
            .is_some_and(|error| error.extended_code == ffi::SQLITE_READONLY_ROLLBACK)
    })
}

/// Opens an existing file for writing.
pub fn connect(path: &Path) -> Result<Connection, OpenError> {
    let in_context = |error: rusqlite::Error| OpenError::from_sqlite(path, &error);
    let mut connection = Connection::open_with_flags(path, READ_WRITE).map_err(in_context)?;
    prepare_connection(&mut connection).map_err(in_context)?;
    Ok(connection)
}

pub fn quick_check(connection: &Connection, path: &Path) -> Result<(), OpenError> {
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

/// Checks a large file on a thread of its own.
pub fn check_in_background(path: &Path, fail: watch::Sender<Option<FatalError>>) {
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
            Err(error) => tracing::warn!(%error, "can’t check the database"),
        }
    });
}

fn size_on_disk(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |file| file.len())
}

/// Settings of every connection.
pub fn prepare_connection(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update(None, "temp_store", "memory")
}

/// Further settings of the writing connection: durable commits
/// (<https://www.sqlite.org/pragma.html#pragma_synchronous>), no automatic checkpoints (`checkpoint` runs them), and
/// zeros over deleted content (<https://www.sqlite.org/pragma.html#pragma_secure_delete>).
fn prepare_writing(connection: &Connection) -> rusqlite::Result<()> {
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        tracing::warn!(
            mode,
            "the file system doesn’t support a write-ahead log; writes will be slow"
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
