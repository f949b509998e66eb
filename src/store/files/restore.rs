//! Putting a backup in the place of the database, while no server has it. Whatever ends the program on the way, the place
//! holds the old database or the new one.

use std::{
    fs, io,
    os::unix::fs::{MetadataExt, fchown},
    path::{Path, PathBuf},
};

use rusqlite::{Connection, ErrorCode};
use tempfile::NamedTempFile;

use super::{
    backup::{self, BackupError, OnProgress, Pace, failed},
    check,
    open::open_source,
};
use crate::{
    model::Timestamp,
    store::engine::{OpenError, lock, resolve, sequence, with_suffix},
};

/// What SQLite keeps beside a database. MissedRow beside another one, they would be taken for its own.
const BESIDE: [&str; 3] = ["-wal", "-journal", "-shm"];

/// Puts a copy of `backup` in the place of `database`, after every check that there is; gives back where the database is
/// kept that was there before. The copy begins a history of its own, so that whoever followed the old one is told.
///
/// # Errors
/// See [`BackupError`]; among them [`OpenError::InUse`] as long as a server runs.
pub fn restore(
    backup: &Path,
    database: &Path,
    on_progress: OnProgress<'_>,
) -> Result<Option<PathBuf>, BackupError> {
    with_lock(database, |place| restore_locked(backup, place, on_progress))
}

/// Has `work` done at the place of a database, which nobody else can serve all the while. What was made for the lock alone
/// goes again where the work fails, as long as the lock is held: who gets it next may make something of that file.
pub fn with_lock<T, E: From<OpenError>>(
    database: &Path,
    work: impl FnOnce(&Path) -> Result<T, E>,
) -> Result<T, E> {
    let was_there = database.exists();
    let place = resolve(database)?;
    let _lock = lock(&place)?;
    let done = work(&place);
    let is_empty = || fs::metadata(&place).is_ok_and(|file| file.len() == 0);
    if done.is_err() && !was_there && is_empty() {
        let _ = fs::remove_file(&place);
    }
    done
}

fn restore_locked(
    backup: &Path,
    place: &Path,
    on_progress: OnProgress<'_>,
) -> Result<Option<PathBuf>, BackupError> {
    let copy = backup::new_copy_beside(place)?;
    let copied = open_source(backup)
        .map_err(BackupError::from)
        .and_then(|source| backup::copy_database(&source, backup, &copy, Pace::Fast, on_progress))
        .and_then(|()| {
            backup::verify(&copy, backup, on_progress, |copy| {
                begin_new_epoch(copy, backup)
            })
        });
    copied.map_err(|error| match error {
        BackupError::Database(OpenError::Corrupt { detail, .. }) => BackupError::BadBackup {
            path: backup.to_owned(),
            detail,
        },
        error => error,
    })?;
    put_in_place(copy, place)
}

/// Lets a new database take a place whose lock is held; gives back where the old one is kept.
pub fn put_in_place(new: NamedTempFile, place: &Path) -> Result<Option<PathBuf>, BackupError> {
    new.as_file()
        .sync_all()
        .map_err(|error| failed(place, &error))?;
    let kept = keep_old(place)?;
    copy_owner(&new, place).map_err(|error| failed(place, &error))?;
    new.persist(place)
        .map_err(|error| failed(place, &error.error))?;
    backup::sync_folder(place).map_err(|error| failed(place, &error))?;
    Ok(kept)
}

/// Checks a copy, and gives it an epoch of its own: a cursor of the history that ends here means nothing in the one that
/// begins.
fn begin_new_epoch(copy: &Connection, backup: &Path) -> Result<Vec<String>, OpenError> {
    let in_context = |error: rusqlite::Error| OpenError::from_sqlite(backup, &error);
    let is_empty: bool = copy
        .query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| {
            row.get(0)
        })
        .map_err(in_context)?;
    if is_empty {
        return Ok(vec!["there is nothing in it".to_owned()]);
    }
    let problems = check::all_problems(copy, backup)?;
    if problems.is_empty() {
        sequence::begin_epoch(copy).map_err(in_context)?;
    }
    Ok(problems)
}

/// Whoever looks after a server as root restores for the user that serves.
fn copy_owner(new: &NamedTempFile, place: &Path) -> io::Result<()> {
    if !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let old = fs::metadata(place)?;
    fchown(new.as_file(), Some(old.uid()), Some(old.gid()))
}

/// Gives the old database a second name, and leaves nothing beside the first that a new file there would take for its
/// own. The old file stays in its place until the new one takes it.
fn keep_old(place: &Path) -> Result<Option<PathBuf>, BackupError> {
    let in_context = |error: io::Error| failed(place, &error);
    // Without colons, which some programs take for the end of a host's name.
    let moment = Timestamp::now().to_string().replace(':', "-");
    let kept = with_suffix(place, &format!(".before-{moment}"));
    let is_empty = fs::metadata(place).map_err(in_context)?.len() == 0;
    if !is_empty {
        merge_log(place)?;
        fs::hard_link(place, &kept).map_err(|reason| BackupError::NoPlace {
            path: kept.clone(),
            reason,
        })?;
    }
    // Only of a file so damaged that its log can't be written into it. Some of it may be in there.
    for suffix in BESIDE {
        match fs::rename(with_suffix(place, suffix), with_suffix(&kept, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(in_context(error));
            }
            _ => {}
        }
    }
    backup::sync_folder(place).map_err(in_context)?;
    Ok((!is_empty).then_some(kept))
}

/// Writes the log into the file, so that it is everything. SQLite does this for whoever is alone with the file, and so it
/// tells as well where some other program has it open.
fn merge_log(place: &Path) -> Result<(), BackupError> {
    let gathered = Connection::open(place)
        .and_then(|old| old.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(())));
    let Err(error) = gathered else {
        return Ok(());
    };
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy) => Err(BackupError::Database(OpenError::InUse {
            path: place.to_owned(),
            holder: "another program".to_owned(),
        })),
        // Its log would be parted from it although both may be whole.
        Some(
            ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::OutOfMemory
            | ErrorCode::ReadOnly,
        ) => Err(failed(place, &error)),
        // It may be restored for being damaged.
        _ => Ok(()),
    }
}
