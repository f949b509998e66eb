//! Replacing the database by a backup while no server uses it. If the program is interrupted at any time, the path
//! holds the old or the new database.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, ErrorCode};
use tempfile::NamedTempFile;

use super::{
    backup::{self, BackupError, OnProgress, Pace, failed, folder_of},
    check,
    open::open_source,
};
use crate::{
    durable::sync_folder,
    model::Timestamp,
    platform::{copy_owner, has_single_names},
    store::{
        engine::{OpenError, lock, open, resolve, sequence, with_suffix},
        pushes,
    },
};

/// The suffixes of files that SQLite keeps beside a database. Left beside a new database, they would be taken for its
/// own.
pub const BESIDE: [&str; 3] = ["-wal", "-journal", "-shm"];

/// Replaces `database` by a checked copy of `backup`. Returns where the previous database is kept. The copy gets a new
/// epoch, so that clients with old cursors load everything again.
///
/// # Errors
/// See [`BackupError`]. While a server runs, it is [`OpenError::InUse`].
pub fn restore(
    backup: &Path,
    database: &Path,
    on_progress: OnProgress<'_>,
) -> Result<Option<PathBuf>, BackupError> {
    with_lock(database, |place| restore_locked(backup, place, on_progress))
}

/// Runs `work` with the lock of a database. If it fails, a file that was created only for the lock is deleted while the
/// lock is still held, because the next holder may use that file.
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

/// Moves a new database to a locked path. Returns where the old one is kept.
pub fn put_in_place(new: NamedTempFile, place: &Path) -> Result<Option<PathBuf>, BackupError> {
    new.as_file()
        .sync_all()
        .map_err(|error| failed(place, &error))?;
    let kept = keep_old(place)?;
    copy_owner(new.as_file(), place).map_err(|error| failed(place, &error))?;
    new.persist(place)
        .map_err(|error| failed(place, &error.error))?;
    sync_folder(folder_of(place)).map_err(|error| failed(place, &error))?;
    Ok(kept)
}

/// Checks a copy and gives it a new epoch. Cursors of the old history are not valid in it.
fn begin_new_epoch(copy: &Connection, backup: &Path) -> Result<Vec<String>, OpenError> {
    let in_context = |error: rusqlite::Error| OpenError::from_sqlite(backup, &error);
    let is_empty: bool = copy
        .query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| {
            row.get(0)
        })
        .map_err(in_context)?;
    if is_empty {
        return Ok(vec!["it’s empty".to_owned()]);
    }
    let problems = check::all_problems(copy, backup)?;
    if problems.is_empty() {
        sequence::begin_epoch(copy).map_err(in_context)?;
        pushes::forget(copy).map_err(in_context)?;
    }
    Ok(problems)
}

/// Gives the old database a second name, and removes the files beside it that a new database would take for its own.
/// The old file keeps its path until the new one replaces it.
fn keep_old(place: &Path) -> Result<Option<PathBuf>, BackupError> {
    let in_context = |error: io::Error| failed(place, &error);
    // Without colons, which some programs take for the end of a host name.
    let moment = Timestamp::now().to_string().replace(':', "-");
    let kept = with_suffix(place, &format!(".before-{moment}"));
    let is_empty = fs::metadata(place).map_err(in_context)?.len() == 0;
    if !is_empty {
        merge_log(place)?;
        name_again(place, &kept)?;
    }
    // These are left only if the file was too damaged for its log to be merged. They may contain data.
    for suffix in BESIDE {
        match fs::rename(with_suffix(place, suffix), with_suffix(&kept, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(in_context(error));
            }
            _ => {}
        }
    }
    sync_folder(folder_of(place)).map_err(in_context)?;
    Ok((!is_empty).then_some(kept))
}

/// Gives the database a second name. Where the file system has one name for each file, as FAT has, it is a copy.
fn name_again(place: &Path, kept: &Path) -> Result<(), BackupError> {
    let no_place = |reason| BackupError::NoPlace {
        path: kept.to_owned(),
        reason,
    };
    match fs::hard_link(place, kept) {
        Err(error) if has_single_names(&error) => {}
        named => return named.map_err(no_place),
    }
    let copy = backup::new_copy_beside(kept)?;
    let copied = File::open(place).and_then(|mut old| {
        io::copy(&mut old, &mut copy.as_file())?;
        copy_owner(copy.as_file(), place)?;
        copy.as_file().sync_all()
    });
    copied.map_err(|error| failed(kept, &error))?;
    copy.persist_noclobber(kept)
        .map_err(|error| no_place(error.error))?;
    Ok(())
}

/// Merges the log into the file. SQLite needs exclusive access for this, so it also shows whether another program has
/// the file open.
fn merge_log(place: &Path) -> Result<(), BackupError> {
    let gathered = Connection::open(place).and_then(|old| {
        open::sync_for_good(&old)?;
        old.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))
    });
    let Err(error) = gathered else {
        return Ok(());
    };
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy) => Err(BackupError::Database(OpenError::InUse {
            path: place.to_owned(),
            holder: "another program".to_owned(),
        })),
        // The file and its log may both be intact, and must not be separated.
        Some(
            ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::OutOfMemory
            | ErrorCode::ReadOnly,
        ) => Err(failed(place, &error)),
        // The file is damaged, which may be the reason for the restore.
        _ => Ok(()),
    }
}
