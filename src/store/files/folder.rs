//! The folder that keeps the last few backups of a database.
//!
//! A backup is recognised by its name, as in `tincan-2026-11-21T18-40-00Z.db`, and nothing else in the folder is ever
//! touched. The clock may have been wrong when a name was given, so names with a time in the future are ignored.

use std::{
    fs, io,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use rusqlite::Connection;

use super::{
    backup::{BackupError, OnProgress, PARTIAL, Progress, back_up, failed},
    room::Room,
};
use crate::{
    error::Result,
    model::{Backup, BackupProblem, Backups, Copied, Timestamp},
    store::handle::Store,
};

/// How old the newest backup is when something must be wrong: a day, and two hours to make the next one or try again.
const OVERDUE: Duration = Duration::from_hours(26);
/// How a backup’s name ends.
const SUFFIX: &str = ".db";

/// The folder, and how many backups to keep there.
#[derive(Debug)]
pub struct BackupFolder {
    path: PathBuf,
    keep: NonZeroUsize,
    database: PathBuf,
    names: Names,
    /// How far the backup is that is being made.
    running: Mutex<Option<Copied>>,
}

impl Store {
    /// The backups in a folder, and the room for the next one.
    pub async fn backups(&self, folder: Arc<BackupFolder>) -> Result<Backups> {
        self.read(move |connection| Ok(folder.state(connection)?))
            .await
    }
}

impl BackupFolder {
    /// The folder at `path` for backups of `database`. Nothing is read or created.
    #[must_use]
    pub fn new(path: PathBuf, keep: NonZeroUsize, database: &Path) -> Self {
        Self {
            path,
            keep,
            database: database.to_owned(),
            names: Names::of(database),
            running: Mutex::default(),
        }
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// When the newest backup was made. Creates the folder if it is missing.
    ///
    /// # Errors
    /// If the folder can't be created or read.
    pub fn newest(&self) -> io::Result<Option<Timestamp>> {
        fs::create_dir_all(&self.path)?;
        let now = Timestamp::now();
        Ok(self.backups()?.into_iter().filter(|at| *at <= now).max())
    }

    /// Makes a backup, and removes the oldest beyond the number to keep. Returns its name.
    ///
    /// # Errors
    /// See [`BackupError`].
    pub fn back_up(&self, on_progress: OnProgress<'_>) -> Result<String, BackupError> {
        let in_context = |error: io::Error| failed(&self.path, &error);
        self.clean_up().map_err(in_context)?;
        let now = Timestamp::now();
        let made = self.names.of_backup(now);
        let copied = back_up(&self.database, &self.path.join(&made), &mut |progress| {
            if let Progress::Copying { done, of } = progress {
                *self.running.lock() = Some(Copied { done, of });
            }
            on_progress(progress)
        });
        *self.running.lock() = None;
        copied?;
        self.remove_old(now).map_err(in_context)?;
        Ok(made)
    }

    fn state(&self, connection: &Connection) -> rusqlite::Result<Backups> {
        let now = Timestamp::now();
        // A folder that is missing has none.
        let mut made = self.backups().unwrap_or_default();
        made.retain(|at| *at <= now);
        let size = |at: &Timestamp| {
            let file = fs::metadata(self.path.join(self.names.of_backup(*at)));
            file.map_or(0, |file| file.len())
        };
        let newest = made.iter().max().map(|at| Backup {
            created_at: *at,
            bytes: size(at),
        });
        let bytes = made.iter().map(size).sum();
        let room = Room::of(connection, Some(&self.database), &self.path)?;
        let running = *self.running.lock();
        // The oldest goes once the newest is there, so for a moment there is one more.
        let all = room.needed.saturating_mul(self.keep.get() as u64 + 1);
        let is_overdue = newest.is_some_and(|newest| newest.created_at.age(now) > OVERDUE);
        let problem = if running.is_none() && !room.fits(room.needed) {
            Some(BackupProblem::NoRoom)
        } else if running.is_none() && newest.is_none() {
            Some(BackupProblem::Missing)
        } else if running.is_none() && is_overdue {
            Some(BackupProblem::Overdue)
        } else if !room.fits(all.saturating_sub(bytes)) {
            Some(BackupProblem::NoRoomForAll)
        } else {
            None
        };
        Ok(Backups {
            newest,
            count: made.len(),
            bytes,
            keep: self.keep.get(),
            needed: room.needed,
            available: room.available,
            running,
            problem,
        })
    }

    /// The times of the backups in the folder, by their names.
    fn backups(&self) -> io::Result<Vec<Timestamp>> {
        let found = self.files()?.into_iter();
        Ok(found.filter_map(|name| self.names.moment(&name)).collect())
    }

    fn files(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                names.extend(entry.file_name().into_string());
            }
        }
        Ok(names)
    }

    /// Removes the files of unfinished backups.
    fn clean_up(&self) -> io::Result<()> {
        for name in self.files()? {
            if self.names.is_partial(&name) {
                fs::remove_file(self.path.join(name))?;
            }
        }
        Ok(())
    }

    /// Removes the oldest backups beyond the number to keep. Those with a time in the future go first, and the one just
    /// made never goes.
    fn remove_old(&self, made: Timestamp) -> io::Result<()> {
        // Rounded to the second, as in a name.
        let made = self.names.moment(&self.names.of_backup(made));
        let mut others = self.backups()?;
        others.retain(|at| Some(*at) != made);
        others.sort_by_key(|at| (Some(*at) < made, *at));
        let surplus = (others.len() + 1).saturating_sub(self.keep.get());
        for old in &others[..surplus] {
            fs::remove_file(self.path.join(self.names.of_backup(*old)))?;
        }
        Ok(())
    }
}

/// The names of a database’s backups.
#[derive(Debug)]
struct Names {
    /// The part before the time.
    prefix: String,
}

impl Names {
    fn of(database: &Path) -> Self {
        let stem = database.file_stem().unwrap_or_default();
        Self {
            prefix: format!("{}-", stem.to_string_lossy()),
        }
    }

    fn of_backup(&self, moment: Timestamp) -> String {
        format!("{}{}{SUFFIX}", self.prefix, file_stamp(moment))
    }

    /// The time in a backup’s name. None for any other name.
    fn moment(&self, name: &str) -> Option<Timestamp> {
        let stamp = name.strip_prefix(&self.prefix)?.strip_suffix(SUFFIX)?;
        let (day, time) = stamp.split_once('T')?;
        let moment = Timestamp::parse(&format!("{day}T{}", time.replace('-', ":")))?;
        (self.of_backup(moment) == name).then_some(moment)
    }

    /// Whether this is a file of an unfinished backup: a backup’s name, a unique part, [`PARTIAL`], and perhaps the suffix
    /// of one of SQLite’s own files.
    fn is_partial(&self, name: &str) -> bool {
        let Some((backup, rest)) = name
            .rsplit_once(PARTIAL)
            .and_then(|(made, beside)| Some((made.rsplit_once('.')?.0, beside)))
        else {
            return false;
        };
        self.moment(backup).is_some() && ["", "-wal", "-shm", "-journal"].contains(&rest)
    }
}

/// A time to the second for a file name: without colons, as some programs take what is before a colon for a host.
fn file_stamp(moment: Timestamp) -> String {
    let text = moment.to_string();
    let seconds = text.split('.').next().unwrap_or(&text);
    format!("{}Z", seconds.replace(':', "-"))
}
