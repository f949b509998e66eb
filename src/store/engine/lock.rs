//! The lock that lets only one process at a time write to a database.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    path::Path,
    process,
};

use super::{error::OpenError, path::with_suffix};

/// Held while this process may write to the database.
pub struct Lock {
    file: File,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing isn't enough: a program that is being started elsewhere in this process has a copy of the file until it
        // is another program, and with it the lock (flock(2)).
        let _ = self.file.unlock();
    }
}

/// Locks a file beside the database. SQLite's own locks can't tell who holds them, and would keep other programs, such
/// as a backup, from reading.
pub fn lock(path: &Path) -> Result<Lock, OpenError> {
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
    Ok(Lock { file })
}
