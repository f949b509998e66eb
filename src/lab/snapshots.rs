//! Copies of the whole database that are kept by name, in a folder of the lab.

use std::{
    collections::HashMap,
    fmt, fs, io,
    path::{Path, PathBuf},
    str::FromStr,
    sync::atomic::{AtomicI64, Ordering},
};

use parking_lot::Mutex;

use crate::{
    error::Result,
    model::clock::{Clock, Hands},
    random::{self, Seeded, random},
    store::{self, BackupError},
};

/// The most characters of a name.
const MAX_LENGTH: usize = 64;
/// How the database was when the lab started.
const START: &str = "start";

/// The name of a snapshot, which is part of a file’s name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SnapshotName(String);

/// The text can’t be a snapshot’s name.
#[derive(Debug, thiserror::Error)]
#[error("a snapshot’s name has 1 to 64 letters, digits, hyphens and underscores of ASCII")]
pub struct NotASnapshotName;

impl FromStr for SnapshotName {
    type Err = NotASnapshotName;

    fn from_str(text: &str) -> Result<Self, NotASnapshotName> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        if text.is_empty() || text.len() > MAX_LENGTH || !text.chars().all(is_plain) {
            return Err(NotASnapshotName);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for SnapshotName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl SnapshotName {
    /// The one that is taken when the lab starts.
    #[must_use]
    pub fn start() -> Self {
        Self(START.to_owned())
    }

    /// Whether it is the one that resets lead to, which stays as it is.
    #[must_use]
    pub fn is_start(&self) -> bool {
        self.0 == START
    }
}

/// A moment of a lab, besides what is in its database.
#[derive(Clone, Copy, Debug)]
struct Moment {
    hands: Hands,
    seeded: Option<Seeded>,
}

impl Moment {
    fn now() -> Self {
        Self {
            hands: Clock::of_lab().hands(),
            seeded: random::seeded(),
        }
    }

    fn recall(self) {
        Clock::of_lab().set(self.hands);
        if let Some(seeded) = self.seeded {
            random::seed(seeded);
        }
    }
}

/// The folder of snapshots.
#[derive(Debug)]
pub struct Snapshots {
    folder: PathBuf,
    /// When those of this run were taken. A run needn’t go on where an earlier one was.
    moments: Mutex<HashMap<SnapshotName, Moment>>,
    /// The last epoch that a database was given. The next one is greater, so that no client’s cursor fits by chance.
    epoch: AtomicI64,
}

impl Snapshots {
    /// # Errors
    /// [`Error::Internal`](crate::error::Error::Internal) if the system can’t provide randomness.
    pub fn new(folder: PathBuf) -> Result<Self> {
        let epoch = i64::from_le_bytes(random::<8>()?) & (i64::MAX >> 1);
        Ok(Self {
            folder,
            moments: Mutex::default(),
            epoch: AtomicI64::new(epoch),
        })
    }

    /// Keeps how the lab is now, even while its database is written to. A snapshot of the same name is replaced.
    pub fn take(&self, database: &Path, name: &SnapshotName) -> Result<(), BackupError> {
        fs::create_dir_all(&self.folder).map_err(|reason| BackupError::NoPlace {
            path: self.folder.clone(),
            reason,
        })?;
        let moment = Moment::now();
        store::take_snapshot(database, &self.path(name))?;
        self.moments.lock().insert(name.clone(), moment);
        Ok(())
    }

    /// Makes the lab what it was. No server has the database open.
    pub fn put(&self, name: &SnapshotName, database: &Path) -> Result<(), BackupError> {
        store::put_snapshot(&self.path(name), database, self.next_epoch())?;
        if let Some(moment) = self.moments.lock().get(name) {
            moment.recall();
        }
        Ok(())
    }

    fn next_epoch(&self) -> i64 {
        self.epoch.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The names, sorted.
    pub fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let name = entry?.file_name();
            let name = name.to_str().and_then(|name| name.strip_suffix(".db"));
            names.extend(name.map(str::to_owned));
        }
        names.sort_unstable();
        Ok(names)
    }

    /// Forgets one. Returns whether it was there.
    pub fn delete(&self, name: &SnapshotName) -> io::Result<bool> {
        match fs::remove_file(self.path(name)) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Where one is.
    #[must_use]
    pub fn path(&self, name: &SnapshotName) -> PathBuf {
        self.folder.join(format!("{name}.db"))
    }
}
