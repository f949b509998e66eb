//! Opening a database: checking a file that other programs may have touched, and setting pragmas.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, config::DbConfig, ffi};
use tokio::sync::watch;

use super::{
    error::{FatalError, OpenError},
    lock::{Lock, lock},
    migrate::{self, Purpose, Schema},
    path::resolve,
    sequence,
};

/// How long a connection waits for another program's lock before it fails with "busy".
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Files up to this size, in bytes, are checked before the server listens, larger ones while it runs.
const CHECK_FIRST: u64 = 64 * 1024 * 1024;
/// How many lines a check may have: damage of an index may have many, and must not hide other damage.
const MOST_LINES: u32 = 1000;
/// The size of a page, in bytes, of a new database. A message alone in its commit writes a few pages to the log, whole,
/// however little of them it has changed; docs/performance.md has what that costs by their size.
const PAGE_SIZE: u32 = 2_048;
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

/// Opens the database at `path`, or creates it.
///
/// # Errors
/// If it can’t be used, or is there for another purpose. Without a purpose, any is taken.
pub fn open(
    path: &Path,
    schema: &Schema<'_>,
    purpose: Option<Purpose>,
) -> Result<Opened, OpenError> {
    let path = resolve(path)?;
    let lock = lock(&path)?;
    let has_content = fs::metadata(&path).is_ok_and(|file| file.len() > 0);
    let has_damaged_index = has_content && inspect(&path, schema, purpose)?;
    let in_context = |error: rusqlite::Error| OpenError::from_sqlite(&path, &error);
    let mut connection = connect(&path)?;
    if connection.is_readonly("main").map_err(in_context)? {
        return Err(OpenError::unusable(&path, &"it is read-only"));
    }
    prepare_writing(&connection).map_err(in_context)?;
    if has_damaged_index {
        tracing::error!(path = %path.display(), "the search index is damaged; it is built anew");
        (schema.index.rebuild)(&connection).map_err(in_context)?;
        // Behind that damage there may have been other.
        quick_check(&connection, &path)?;
    }
    let purpose = purpose.unwrap_or(Purpose::Service);
    migrate::migrate(&mut connection, &path, schema, purpose)?;
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
/// connection would run a checkpoint. Returns whether its index is damaged, and nothing else.
fn inspect(path: &Path, schema: &Schema<'_>, purpose: Option<Purpose>) -> Result<bool, OpenError> {
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
    if let Some(purpose) = purpose {
        migrate::check_purpose(&connection, path, purpose)?;
    }
    if size_on_disk(path) > CHECK_FIRST {
        return Ok(false);
    }
    check_apart_from(schema.index.tables, &connection, path)
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

fn quick_check(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    check_apart_from(&[], connection, path).map(drop)
}

/// Checks a file (<https://www.sqlite.org/pragma.html#pragma_quick_check>). Returns whether some of `tables` are damaged.
///
/// # Errors
/// [`OpenError::Corrupt`] if anything else is.
pub fn check_apart_from(
    tables: &[&str],
    connection: &Connection,
    path: &Path,
) -> Result<bool, OpenError> {
    let Damage { of_tables, other } = find_damage("quick_check", tables, connection)
        .map_err(|error| OpenError::from_sqlite(path, &error))?;
    match other.into_iter().next() {
        None => Ok(of_tables),
        Some(detail) => Err(OpenError::Corrupt {
            path: path.to_owned(),
            detail,
        }),
    }
}

/// What a check has found.
pub struct Damage {
    /// Whether the given tables are damaged.
    pub of_tables: bool,
    /// Up to ten sentences about everything else.
    pub other: Vec<String>,
}

/// Runs one of SQLite’s two checks, and tells the damage of some tables from other damage. If they are damaged, pages that
/// nothing refers to are theirs.
pub fn find_damage(
    check: &str,
    tables: &[&str],
    connection: &Connection,
) -> rusqlite::Result<Damage> {
    let lines = match lines_of(connection, &format!("PRAGMA {check}({MOST_LINES})")) {
        // A virtual table that can’t even be opened ends the check.
        Err(error)
            if error.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt)
                && !tables.is_empty() =>
        {
            return check_the_others(check, tables, connection);
        }
        lines => lines?,
    };
    let mut marks = Vec::new();
    for table in tables {
        marks.extend([format!(" main.{table}"), format!("table \"{table}\"")]);
        let root = "SELECT rootpage FROM sqlite_schema WHERE name = ?1 AND rootpage > 0";
        let root = connection.query_row(root, [table], |row| row.get::<_, i64>(0));
        marks.extend(root.optional()?.map(|page| format!("Tree {page} ")));
    }
    let is_theirs = |line: &String| marks.iter().any(|mark| line.contains(mark));
    let of_tables = lines.iter().any(is_theirs);
    let other = lines.into_iter().filter(|line| {
        let is_unused = of_tables && line.ends_with("never used");
        !is_unused && !is_theirs(line)
    });
    Ok(Damage {
        of_tables,
        other: other.take(10).collect(),
    })
}

/// Checks all tables but these, which are damaged.
fn check_the_others(
    check: &str,
    tables: &[&str],
    connection: &Connection,
) -> rusqlite::Result<Damage> {
    let names = lines_of(
        connection,
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0",
    )?;
    let mut other = Vec::new();
    for name in names.iter().filter(|name| !tables.contains(&name.as_str())) {
        other.extend(lines_of(connection, &format!("PRAGMA {check}({name})"))?);
    }
    other.truncate(10);
    Ok(Damage {
        of_tables: true,
        other,
    })
}

/// The lines of a check, or of another query, without those that say nothing. Several errors of a tree are in one row.
fn lines_of(connection: &Connection, query: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(query)?;
    let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
    let mut lines = Vec::new();
    for row in rows {
        let row = row?;
        let said = row.lines();
        let said = said.filter(|line| *line != "ok" && !line.starts_with("***"));
        lines.extend(said.map(str::to_owned));
    }
    Ok(lines)
}

/// Checks a file that was too large to be checked when it was opened. Returns whether some of `tables` are damaged, and
/// nothing else.
pub fn check_large(path: &Path, tables: &[&str], fail: &watch::Sender<Option<FatalError>>) -> bool {
    if size_on_disk(path) <= CHECK_FIRST {
        return false;
    }
    let checked = Connection::open_with_flags(path, READ_ONLY)
        .map_err(|error| OpenError::from_sqlite(path, &error))
        .and_then(|connection| check_apart_from(tables, &connection, path));
    match checked {
        Ok(false) => tracing::info!(path = %path.display(), "the database passed its check"),
        Ok(true) => return true,
        Err(error @ OpenError::Corrupt { .. }) => {
            fail.send_replace(Some(FatalError::Corrupt(error.to_string())));
        }
        Err(error) => tracing::warn!(%error, "can’t check the database"),
    }
    false
}

fn size_on_disk(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |file| file.len())
}

/// Settings of every connection.
pub fn prepare_connection(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(64);
    // Without this promise, SQLite plans by the number that it finds in `LIMIT ?`, and so prepares such a statement anew
    // each time it is used (<https://www.sqlite.org/queryplanner-ng.html#qpstab>).
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    sync_for_good(connection)
}

/// On macOS, has what is synced reach the disk itself. There fsync(2) hands it to the drive, which may keep it in a memory
/// that a power cut empties (<https://www.sqlite.org/pragma.html#pragma_fullfsync>).
pub fn sync_for_good(connection: &Connection) -> rusqlite::Result<()> {
    if cfg!(target_vendor = "apple") {
        connection.pragma_update(None, "fullfsync", true)?;
        connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    }
    Ok(())
}

/// Further settings of the writing connection: the size of pages, which only a file without any takes
/// (<https://www.sqlite.org/pragma.html#pragma_page_size>), durable commits
/// (<https://www.sqlite.org/pragma.html#pragma_synchronous>), no automatic checkpoints (`checkpoint` runs them), and
/// zeros over deleted content (<https://www.sqlite.org/pragma.html#pragma_secure_delete>).
fn prepare_writing(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "page_size", PAGE_SIZE)?;
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
