//! Backups: consistent copies of a database, made while a server may write to it.
//!
//! SQLite's backup interface copies page by page, and starts again whenever another connection writes between two steps
//! (<https://www.sqlite.org/backup.html>). Beside a busy server it would never finish, so all steps run inside one read
//! transaction, on one snapshot. `VACUUM INTO` has a snapshot too, but it rebuilds all tables and indexes in one go: it
//! can't report progress or leave room for the server.

use std::{
    io,
    ops::ControlFlow,
    path::{Path, PathBuf},
    thread,
    time::Instant,
};

use bytesize::ByteSize;
use rusqlite::{
    Connection,
    backup::{Backup, StepResult},
};
use tempfile::NamedTempFile;

use super::{check, open::open_source, room::Room};
use crate::{
    durable::sync_folder,
    store::{
        engine::{OpenError, open},
        schema::SCHEMA,
    },
};

/// Pages in one step: 1 MiB.
const STEP: i32 = 256;
/// The number of steps between two syncs of the copy. On most file systems, the server's next commit waits for
/// everything that the system hasn't written yet.
const STEPS_A_SYNC: u32 = 8;
/// The suffix of unfinished files.
pub const PARTIAL: &str = ".partial";

/// Called with the progress of an operation. Returning `Break` cancels it.
pub type OnProgress<'a> = &'a mut dyn FnMut(Progress) -> ControlFlow<()>;

#[derive(Clone, Copy, Debug)]
pub enum Progress {
    /// Copied bytes or rows, and their total.
    Copying { done: u64, of: u64 },
    /// The copy is being checked, which takes an unknown time.
    Checking,
}

/// Why a backup or a restore failed. In each case nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error(transparent)]
    Database(#[from] OpenError),
    #[error("can’t use the backup {path}: {detail}\nNothing was changed.")]
    BadBackup { path: PathBuf, detail: String },
    /// The new file can't be created at its path.
    #[error("can’t create {path}: {reason}")]
    NoPlace { path: PathBuf, reason: io::Error },
    /// The copy would fill the disk.
    #[error(
        "there isn’t enough room in {folder}: {} needed, {} available",
        needed.display().iec(),
        available.display().iec()
    )]
    NoRoom {
        folder: PathBuf,
        needed: ByteSize,
        available: ByteSize,
    },
    /// Writing failed.
    #[error("can’t write {path}: {reason}")]
    Failed { path: PathBuf, reason: String },
    #[error("stopped before it finished; nothing was changed")]
    Stopped,
}

/// Whether copying leaves resources to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Pauses after each step for as long as the step took, and leaves a server on the same disk some of it.
    Polite,
    Fast,
}

/// Creates `to` as a copy of the database in its current state. Others may read and write the database meanwhile. The
/// copy gets its name once it is complete, checked and synced.
pub fn back_up(database: &Path, to: &Path, on_progress: OnProgress<'_>) -> Result<(), BackupError> {
    let no_place = |reason| BackupError::NoPlace {
        path: to.to_owned(),
        reason,
    };
    // Checked again at the end; this one saves the work.
    require_free(to)?;
    let source = open_source(database)?;
    let copy = new_copy_beside(to)?;
    copy_database(&source, database, &copy, Pace::Polite, on_progress)?;
    verify(&copy, database, on_progress, |connection| {
        open::check_apart_from(SCHEMA.index.tables, connection, database)?;
        check::foreign_keys(connection).map_err(|error| OpenError::from_sqlite(database, &error))
    })?;
    copy.as_file()
        .sync_all()
        .map_err(|error| failed(to, &error))?;
    copy.persist_noclobber(to)
        .map_err(|error| no_place(error.error))?;
    sync_folder(folder_of(to)).map_err(|error| failed(to, &error))
}

/// Refuses a path that already exists.
pub fn require_free(to: &Path) -> Result<(), BackupError> {
    if to.symlink_metadata().is_err() {
        return Ok(());
    }
    let why = "it already exists";
    Err(BackupError::NoPlace {
        path: to.to_owned(),
        reason: io::Error::new(io::ErrorKind::AlreadyExists, why),
    })
}

/// Creates an empty temporary file in the same folder, readable only by its owner and deleted when dropped.
pub fn new_copy_beside(to: &Path) -> Result<NamedTempFile, BackupError> {
    let mut name = to.file_name().unwrap_or_default().to_owned();
    name.push(".");
    tempfile::Builder::new()
        .prefix(&name)
        .suffix(PARTIAL)
        .tempfile_in(folder_of(to))
        .map_err(|reason| BackupError::NoPlace {
            path: to.to_owned(),
            reason,
        })
}

/// Copies the current contents of `source`, whose path is `from`.
pub fn copy_database(
    source: &Connection,
    from: &Path,
    copy: &NamedTempFile,
    pace: Pace,
    on_progress: OnProgress<'_>,
) -> Result<(), BackupError> {
    let in_context = |error: rusqlite::Error| copy_error(from, copy, &error);
    let snapshot = source.unchecked_transaction().map_err(in_context)?;
    let page_size: u32 = snapshot
        .pragma_query_value(None, "page_size", |row| row.get(0))
        .map_err(in_context)?;
    // The transaction begins with its first read.
    snapshot
        .query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
        .map_err(in_context)?;
    require_room(&snapshot, from, copy, pace)?;
    let mut target = Connection::open(copy.path()).map_err(in_context)?;
    // An interrupted copy is deleted, and a finished one is synced below.
    target
        .execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
        .map_err(in_context)?;
    let backup = Backup::new(&snapshot, &mut target).map_err(in_context)?;
    for step in 1.. {
        let begun = Instant::now();
        let done = backup.step(STEP).map_err(in_context)?;
        if step % STEPS_A_SYNC == 0 {
            let synced = copy.as_file().sync_data();
            synced.map_err(|error| failed(copy.path(), &error))?;
        }
        let pages = backup.progress();
        let bytes = |pages: i32| u64::try_from(pages).unwrap_or(0) * u64::from(page_size);
        let progress = Progress::Copying {
            done: bytes(pages.pagecount - pages.remaining),
            of: bytes(pages.pagecount),
        };
        if on_progress(progress).is_break() {
            return Err(BackupError::Stopped);
        }
        match done {
            StepResult::Done => break,
            StepResult::Busy | StepResult::Locked => {
                return Err(failed(copy.path(), &"another program has locked it"));
            }
            _ if pace == Pace::Polite => thread::sleep(begun.elapsed()),
            _ => {}
        }
    }
    Ok(())
}

/// Refuses to begin a copy that can't be finished.
fn require_room(
    source: &Connection,
    from: &Path,
    copy: &NamedTempFile,
    pace: Pace,
) -> Result<(), BackupError> {
    let used = (pace == Pace::Polite).then_some(from);
    let folder = folder_of(copy.path());
    let room = Room::of(source, used, folder).map_err(|error| copy_error(from, copy, &error))?;
    match room.available {
        Some(available) if !room.fits(room.needed) => Err(BackupError::NoRoom {
            folder: folder.to_owned(),
            needed: ByteSize(room.needed),
            available: ByteSize(available),
        }),
        _ => Ok(()),
    }
}

/// Attributes an error to the source or the copy. Damage in a new copy is damage of the source.
fn copy_error(from: &Path, copy: &NamedTempFile, error: &rusqlite::Error) -> BackupError {
    match OpenError::from_sqlite(from, error) {
        corrupt @ OpenError::Corrupt { .. } => corrupt.into(),
        _ => failed(copy.path(), error),
    }
}

/// Checks a copy of `from` with `check`, after making it independent of a write-ahead log.
pub fn verify(
    copy: &NamedTempFile,
    from: &Path,
    on_progress: OnProgress<'_>,
    check: impl FnOnce(&Connection) -> Result<Vec<String>, OpenError>,
) -> Result<(), BackupError> {
    if on_progress(Progress::Checking).is_break() {
        return Err(BackupError::Stopped);
    }
    let in_context = |error: rusqlite::Error| copy_error(from, copy, &error);
    let connection = Connection::open(copy.path()).map_err(in_context)?;
    // The log isn't copied, and a file in WAL mode can't be opened on read-only media.
    connection
        .query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))
        .map_err(in_context)?;
    let problems = check(&connection)?;
    if problems.is_empty() {
        return Ok(());
    }
    Err(OpenError::Corrupt {
        path: from.to_owned(),
        detail: problems.join("; "),
    }
    .into())
}

pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

pub fn failed(path: &Path, reason: &impl ToString) -> BackupError {
    BackupError::Failed {
        path: path.to_owned(),
        reason: reason.to_string(),
    }
}
