//! A daily backup while the server runs, into a folder that keeps the last few. A failure is logged and tried again, and
//! the server continues.
//!
//! A backup is recognised by its name, as in `tincan-2026-11-21T18-40-00Z.db`, and nothing else in the folder is ever
//! touched. The clock may have been wrong when a name was given, so names with a time in the future are ignored.

use std::{
    fs, io,
    num::NonZeroUsize,
    ops::ControlFlow,
    path::{Path, PathBuf},
    time::{Duration, UNIX_EPOCH},
};

use tokio::task;
use tokio_util::sync::CancellationToken;

use super::{Follower, Progress as Followed};
use crate::{
    model::{EventId, Timestamp},
    store::{self, PARTIAL, Progress},
};

const DAY: Duration = Duration::from_hours(24);
/// The longest time between two checks: the clock may have been set, and a failure may be over.
const LOOK_AGAIN: Duration = Duration::from_hours(1);
/// How a backup’s name ends.
const SUFFIX: &str = ".db";

/// The folder for backups, and how many of them to keep.
#[derive(Clone, Debug)]
pub struct Daily {
    pub folder: PathBuf,
    pub keep: NonZeroUsize,
}

/// Makes a backup whenever the newest is older than a day. Its cursor is the end of the sequence when the newest backup
/// was started: everything up to there is in the backup.
pub struct DailyBackup {
    pub settings: Daily,
    pub database: PathBuf,
}

/// The outcome of a check.
enum Round {
    Made,
    /// The newest is younger than a day. The next one is due after this time.
    NotDue(Duration),
}

impl Follower for DailyBackup {
    const NAME: &'static str = "backup";

    async fn advance(
        &mut self,
        after: EventId,
        end: EventId,
        stopping: &CancellationToken,
    ) -> anyhow::Result<Followed> {
        let (daily, database) = (self.settings.clone(), self.database.clone());
        let stops = stopping.clone();
        // Awaited even when the server stops: a backup that is still reading would keep the last checkpoint from emptying
        // the log.
        let round = task::spawn_blocking(move || daily.back_up_if_due(&database, &stops)).await?;
        let (through, next) = match round {
            Ok(Round::Made) => (end, LOOK_AGAIN),
            Ok(Round::NotDue(rest)) => (after, rest.min(LOOK_AGAIN)),
            Err(_) if stopping.is_cancelled() => (after, LOOK_AGAIN),
            Err(error) => {
                let folder = self.settings.folder.display();
                tracing::error!(%error, %folder, "the daily backup failed; trying again in an hour");
                (after, LOOK_AGAIN)
            }
        };
        Ok(Followed {
            through: Some(through),
            next,
        })
    }
}

impl Daily {
    fn back_up_if_due(
        &self,
        database: &Path,
        stopping: &CancellationToken,
    ) -> anyhow::Result<Round> {
        fs::create_dir_all(&self.folder)?;
        let names = Names::of(database);
        let now = Timestamp::now();
        let newest = self
            .backups(&names)?
            .into_iter()
            .filter(|at| *at <= now)
            .max();
        if let Some(newest) = newest {
            let age = Duration::from_millis(u64::try_from(now.0 - newest.0).unwrap_or_default());
            if let Some(rest) = DAY.checked_sub(age).filter(|rest| !rest.is_zero()) {
                tracing::debug!(rest = %humantime::format_duration(rest), "a backup isn’t due yet");
                return Ok(Round::NotDue(rest));
            }
        }
        self.clean_up(&names)?;
        let made = names.of_backup(now);
        let mut watch = |_: Progress| {
            if stopping.is_cancelled() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        store::back_up(database, &self.folder.join(&made), &mut watch)?;
        tracing::info!(backup = made, "backed up the database");
        self.remove_old(&names, now)?;
        Ok(Round::Made)
    }

    /// The times of the backups in the folder, by their names.
    fn backups(&self, names: &Names) -> io::Result<Vec<Timestamp>> {
        let found = self.files()?.into_iter();
        Ok(found.filter_map(|name| names.moment(&name)).collect())
    }

    fn files(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                names.extend(entry.file_name().into_string());
            }
        }
        Ok(names)
    }

    /// Removes the files of unfinished backups.
    fn clean_up(&self, names: &Names) -> io::Result<()> {
        for name in self.files()? {
            if names.is_partial(&name) {
                fs::remove_file(self.folder.join(name))?;
            }
        }
        Ok(())
    }

    /// Removes the oldest backups beyond the number to keep. Those with a time in the future go first, and the one just
    /// made never goes.
    fn remove_old(&self, names: &Names, made: Timestamp) -> io::Result<()> {
        // Rounded to the second, as in a name.
        let made = names.moment(&names.of_backup(made));
        let mut others = self.backups(names)?;
        others.retain(|at| Some(*at) != made);
        others.sort_by_key(|at| (Some(*at) < made, *at));
        let surplus = (others.len() + 1).saturating_sub(self.keep.get());
        for old in &others[..surplus] {
            fs::remove_file(self.folder.join(names.of_backup(*old)))?;
        }
        Ok(())
    }
}

/// The names of a database’s backups.
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
        let text = format!("{day}T{}", time.replace('-', ":"));
        let moment = humantime::parse_rfc3339(&text).ok()?;
        let millis = moment.duration_since(UNIX_EPOCH).ok()?.as_millis();
        let moment = Timestamp(i64::try_from(millis).ok()?);
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
