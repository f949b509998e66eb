//! Backups: what a database held at one moment, as a file of its own, which may be made while a server writes.
//!
//! SQLite's backup interface copies page after page, and starts again whenever somebody else has written between two
//! steps (<https://www.sqlite.org/backup.html>): beside a busy server it would never end. So all steps are made inside one
//! read transaction, whose snapshot stays as it is. `VACUUM INTO` has such a snapshot, too, but it builds every table and
//! index anew, in one go: it can't be watched, nor be made to leave room for the server.

use std::{
    fs::File,
    io,
    ops::ControlFlow,
    path::{Path, PathBuf},
    thread,
    time::Instant,
};

use rusqlite::{
    Connection,
    backup::{Backup, StepResult},
};
use tempfile::NamedTempFile;

use super::{check, open::open_source};
use crate::store::engine::{OpenError, open};

/// Pages in a step: 1 MiB.
const STEP: i32 = 256;
/// After so many steps the copy is synced. What the system still has to write of it would hold up the next commit, which
/// on most file systems waits for it.
const STEPS_A_SYNC: u32 = 8;
/// What the name of a file ends in that isn't done yet.
pub const PARTIAL: &str = ".partial";

/// Called with how far a piece of work has come; it may break the work off.
pub type OnProgress<'a> = &'a mut dyn FnMut(Progress) -> ControlFlow<()>;

#[derive(Clone, Copy, Debug)]
pub enum Progress {
    /// So much of so much is copied: bytes, or rows.
    Copying { done: u64, of: u64 },
    /// What was copied is being read again; nobody knows how long that takes.
    Checking,
}

/// Why there is no backup, or nothing was restored. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error(transparent)]
    Database(#[from] OpenError),
    #[error("the backup {path} is no good: {detail}\nNothing was changed.")]
    BadBackup { path: PathBuf, detail: String },
    /// The new file can't have the place that it should have.
    #[error("can’t make {path}: {reason}")]
    NoPlace { path: PathBuf, reason: io::Error },
    /// Writing has failed on the way.
    #[error("can’t write {path}: {reason}")]
    Failed { path: PathBuf, reason: String },
    #[error("stopped before it was done; nothing was changed")]
    Stopped,
}

/// Whether copying leaves room for others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// It rests as long as it works.
    Polite,
    Fast,
}

/// Makes `to`, which isn't there yet, a copy of the database as it is now. Whoever else has the database open may read
/// and write all the while. The copy has its name once it is whole, checked and on the disk.
pub fn back_up(database: &Path, to: &Path, on_progress: OnProgress<'_>) -> Result<(), BackupError> {
    let no_place = |reason| BackupError::NoPlace {
        path: to.to_owned(),
        reason,
    };
    // Told before the work, too.
    require_free(to)?;
    let source = open_source(database)?;
    let copy = new_copy_beside(to)?;
    copy_database(&source, database, &copy, Pace::Polite, on_progress)?;
    verify(&copy, database, on_progress, |connection| {
        open::quick_check(connection, database)?;
        check::foreign_keys(connection).map_err(|error| OpenError::from_sqlite(database, &error))
    })?;
    copy.as_file()
        .sync_all()
        .map_err(|error| failed(to, &error))?;
    copy.persist_noclobber(to)
        .map_err(|error| no_place(error.error))?;
    sync_folder(to).map_err(|error| failed(to, &error))
}

/// Refuses a place that something has.
pub fn require_free(to: &Path) -> Result<(), BackupError> {
    if to.symlink_metadata().is_err() {
        return Ok(());
    }
    let why = "it exists already, and nothing is replaced";
    Err(BackupError::NoPlace {
        path: to.to_owned(),
        reason: io::Error::new(io::ErrorKind::AlreadyExists, why),
    })
}

/// An empty file of its owner's alone in the same folder, under a name that nothing has; it goes when it is dropped.
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

/// Copies what `source`, which `from` names, holds now.
pub fn copy_database(
    source: &Connection,
    from: &Path,
    copy: &NamedTempFile,
    pace: Pace,
    on_progress: OnProgress<'_>,
) -> Result<(), BackupError> {
    let in_context = |error: rusqlite::Error| copy_error(from, copy, &error);
    let mut target = Connection::open(copy.path()).map_err(in_context)?;
    // A copy that is cut short is thrown away, and it is synced below.
    target
        .execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
        .map_err(in_context)?;
    let snapshot = source.unchecked_transaction().map_err(in_context)?;
    let page_size: u32 = snapshot
        .pragma_query_value(None, "page_size", |row| row.get(0))
        .map_err(in_context)?;
    // The transaction begins with its first read.
    snapshot
        .query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
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

/// Whether it was the one or the other: of a copy that was just made, damage is damage of what was copied.
fn copy_error(from: &Path, copy: &NamedTempFile, error: &rusqlite::Error) -> BackupError {
    match OpenError::from_sqlite(from, error) {
        corrupt @ OpenError::Corrupt { .. } => corrupt.into(),
        _ => failed(copy.path(), error),
    }
}

/// Reads a copy of `from` again as `check` says, once it stands alone.
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
    // The log isn't copied, and a file that wants one can't be read where nothing can be written.
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

/// The folder's list of names, too, has to be on the disk.
pub fn sync_folder(of: &Path) -> io::Result<()> {
    File::open(folder_of(of))?.sync_all()
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
