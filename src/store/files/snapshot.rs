//! Snapshots for labs: whole copies of a database that are put back in its place again and again. They hold nothing that
//! anybody would miss, so unlike backups they are neither checked nor synced.

use std::{fs, io, path::Path};

use rusqlite::Connection;

use super::{
    backup::{self, BackupError, Pace, failed},
    open::open_source,
    restore::BESIDE,
};
use crate::store::engine::{OpenError, lock, with_suffix};

/// Copies a database as it is now, even while it is in use. What is at `to` is replaced.
pub fn take_snapshot(database: &Path, to: &Path) -> Result<(), BackupError> {
    let source = open_source(database)?;
    let copy = backup::new_copy_beside(to)?;
    backup::copy_database(&source, database, &copy, Pace::Fast, &mut |_| {
        std::ops::ControlFlow::Continue(())
    })?;
    copy.persist(to).map_err(|error| failed(to, &error.error))?;
    Ok(())
}

/// Replaces a database that no server uses, and gives it an epoch, so that clients load everything again.
pub fn put_snapshot(snapshot: &Path, database: &Path, epoch: i64) -> Result<(), BackupError> {
    let _lock = lock(database)?;
    // A file of its own: whoever still reads the old one goes on with that.
    let copy = backup::new_copy_beside(database)?;
    fs::copy(snapshot, copy.path()).map_err(|error| failed(database, &error))?;
    let set = Connection::open(copy.path())
        .and_then(|connection| connection.execute("UPDATE sequence SET epoch = ?1", [epoch]));
    set.map_err(|error| OpenError::from_sqlite(database, &error))?;
    for suffix in BESIDE {
        match fs::remove_file(with_suffix(database, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(failed(database, &error));
            }
            _ => {}
        }
    }
    copy.persist(database)
        .map_err(|error| failed(database, &error.error))?;
    Ok(())
}
