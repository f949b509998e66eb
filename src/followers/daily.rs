//! A daily backup while the server runs, into a folder that keeps the last few. A failure is logged and tried again, and
//! the server continues.

use std::{ops::ControlFlow, sync::Arc, time::Duration};

use tokio::task;
use tokio_util::sync::CancellationToken;

use super::{Follower, Progress as Followed};
use crate::{
    model::{BackupProblem, Backups, EventId, Timestamp},
    store::{BackupFolder, Progress, Store},
};

const DAY: Duration = Duration::from_hours(24);
/// The longest time between two checks: the clock may have been set, and a failure may be over.
const LOOK_AGAIN: Duration = Duration::from_hours(1);

/// Makes a backup whenever the newest is older than a day. Its cursor is the end of the sequence when the newest backup
/// was started: everything up to there is in the backup.
pub struct DailyBackup {
    pub folder: Arc<BackupFolder>,
    pub store: Store,
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
        let (folder, stops) = (Arc::clone(&self.folder), stopping.clone());
        // Awaited even when the server stops: a backup that is still reading would keep the last checkpoint from emptying
        // the log.
        let round = task::spawn_blocking(move || back_up_if_due(&folder, &stops)).await?;
        let (through, next) = match round {
            Ok(Round::Made) => {
                self.warn_of_too_many().await;
                (end, LOOK_AGAIN)
            }
            Ok(Round::NotDue(rest)) => (after, rest.min(LOOK_AGAIN)),
            Err(_) if stopping.is_cancelled() => (after, LOOK_AGAIN),
            Err(error) => {
                let folder = self.folder.path().display();
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

impl DailyBackup {
    /// Says so in time if the backups to keep will fill the disk.
    async fn warn_of_too_many(&self) {
        let Ok(backups) = self.store.backups(Arc::clone(&self.folder)).await else {
            return;
        };
        if let Some(BackupProblem::NoRoom | BackupProblem::NoRoomForAll) = backups.problem {
            let Backups {
                keep,
                needed,
                available,
                ..
            } = backups;
            tracing::warn!(
                keep,
                needed,
                available,
                "there isn’t enough room for all backups to keep"
            );
        }
    }
}

fn back_up_if_due(folder: &BackupFolder, stopping: &CancellationToken) -> anyhow::Result<Round> {
    if let Some(newest) = folder.newest()? {
        let age = newest.age(Timestamp::now());
        if let Some(rest) = DAY.checked_sub(age).filter(|rest| !rest.is_zero()) {
            tracing::debug!(rest = %humantime::format_duration(rest), "a backup isn’t due yet");
            return Ok(Round::NotDue(rest));
        }
    }
    let backup = folder.back_up(&mut |_: Progress| {
        if stopping.is_cancelled() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    })?;
    tracing::info!(backup, "backed up the database");
    Ok(Round::Made)
}
