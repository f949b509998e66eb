//! A backup a day, while the server runs, in a folder that keeps the last few. What goes wrong is logged and tried again;
//! the server goes on.
//!
//! A backup is known by its name, `tincan-2026-11-21T18-40-00Z.db`, and nothing else in the folder is ever touched. The
//! clock may have been wrong when a name was given, so a name of the future counts for nothing.

use std::{
    fs, io,
    num::NonZeroUsize,
    ops::ControlFlow,
    path::{Path, PathBuf},
    time::{Duration, UNIX_EPOCH},
};

use tokio::task;
use tokio_util::sync::CancellationToken;

use crate::{
    followers::{Follower, Progress as Followed},
    model::{EventId, Timestamp},
    store::{self, PARTIAL, Progress},
};

const DAY: Duration = Duration::from_hours(24);
/// After this long one looks again at the latest: the clock may have been set, and what failed may work.
const LOOK_AGAIN: Duration = Duration::from_hours(1);
/// How a backup's name ends.
const SUFFIX: &str = ".db";

/// Where backups go, and how many stay there.
#[derive(Clone, Debug)]
pub struct Daily {
    pub folder: PathBuf,
    pub keep: NonZeroUsize,
}

/// Makes a backup whenever the newest is older than a day. Its cursor is the end of the sequence when the newest backup
/// was begun: everything up to there is in the backup.
pub struct DailyBackup {
    pub settings: Daily,
    pub database: PathBuf,
}

/// What there was to do.
enum Round {
    Made,
    /// The newest is younger than a day, for so long.
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
        // Waited for when the server stops, too: a backup that still reads would keep the last checkpoint from emptying
        // the log.
        let round = task::spawn_blocking(move || daily.back_up_if_due(&database, &stops)).await?;
        let (through, next) = match round {
            Ok(Round::Made) => (end, LOOK_AGAIN),
            Ok(Round::NotDue(rest)) => (after, rest.min(LOOK_AGAIN)),
            Err(_) if stopping.is_cancelled() => (after, LOOK_AGAIN),
            Err(error) => {
                let folder = self.settings.folder.display();
                tracing::error!(%error, %folder, "the daily backup failed; it is tried again in an hour");
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
        tracing::info!(backup = made, "the database was backed up");
        self.forget_old(&names, now)?;
        Ok(Round::Made)
    }

    /// When the backups in the folder say that they were made.
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

    /// Removes what attempts left behind that were cut short.
    fn clean_up(&self, names: &Names) -> io::Result<()> {
        for name in self.files()? {
            if names.is_partial(&name) {
                fs::remove_file(self.folder.join(name))?;
            }
        }
        Ok(())
    }

    /// Removes the oldest, until as many are left as shall be: first those that claim to be of the future, and never the
    /// one that was made now.
    fn forget_old(&self, names: &Names, made: Timestamp) -> io::Result<()> {
        // As a name has it: to the second.
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

/// How the backups of a database are called.
struct Names {
    /// Up to the moment.
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

    /// The moment that a backup's name tells; none for any other name.
    fn moment(&self, name: &str) -> Option<Timestamp> {
        let stamp = name.strip_prefix(&self.prefix)?.strip_suffix(SUFFIX)?;
        let (day, time) = stamp.split_once('T')?;
        let text = format!("{day}T{}", time.replace('-', ":"));
        let moment = humantime::parse_rfc3339(&text).ok()?;
        let millis = moment.duration_since(UNIX_EPOCH).ok()?.as_millis();
        let moment = Timestamp(i64::try_from(millis).ok()?);
        (self.of_backup(moment) == name).then_some(moment)
    }

    /// Whether this was to become a backup: its name, something that is nobody else's, and the end that says so; SQLite
    /// may have put a file beside it.
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

/// A moment to the second, as a part of a name: without colons, which some programs take for the end of a host's.
fn file_stamp(moment: Timestamp) -> String {
    let text = moment.to_string();
    let seconds = text.split('.').next().unwrap_or(&text);
    format!("{}Z", seconds.replace(':', "-"))
}
