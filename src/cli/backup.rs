//! The commands that back a database up, restore a backup and check a database. The work itself is done by `store`.

use std::{ops::ControlFlow, path::Path, time::Duration};

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use tokio_util::sync::CancellationToken;

use super::{error::existing, print, signals::Signals};
use crate::{
    config::Database,
    store::{self, Progress},
};

/// How often the spinner moves.
const TICK: Duration = Duration::from_millis(100);

pub fn back_up(at: &Database, to: &Path) -> anyhow::Result<()> {
    let database = existing(&at.db)?;
    let mut work = Work::begin()?;
    store::back_up(database, to, &mut |progress| work.show(progress))?;
    work.done(&format!(
        "backed up {} to {}",
        database.display(),
        to.display()
    ));
    Ok(())
}

pub fn restore(at: &Database, backup: &Path) -> anyhow::Result<()> {
    let backup = existing(backup)?;
    let mut work = Work::begin()?;
    let previous = store::restore(backup, &at.db, &mut |progress| work.show(progress))?;
    let sentence = format!("restored {} from {}", at.db.display(), backup.display());
    work.done(&match previous {
        Some(previous) => format!(
            "{sentence}; the previous database is now {}",
            previous.display()
        ),
        None => sentence,
    });
    Ok(())
}

pub fn check(at: &Database) -> anyhow::Result<()> {
    let database = existing(&at.db)?;
    let mut work = Work::begin()?;
    let _ = work.show(Progress::Checking);
    store::check(database)?;
    work.done(&format!("{}: no damage found", database.display()));
    Ok(())
}

/// Work that takes a while: shows a progress bar on a terminal, and stops at a signal.
pub struct Work {
    bar: ProgressBar,
    stop: CancellationToken,
}

impl Work {
    pub fn begin() -> anyhow::Result<Self> {
        let signals = Signals::listen().context("can’t listen for signals")?;
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        tokio::spawn(async move {
            signals.first().await;
            stopped.cancel();
        });
        let copying = ProgressStyle::with_template("{msg} {bar:40} {percent}%")?;
        // Drawn on standard error, and hidden where that isn’t a terminal.
        let bar = ProgressBar::new(0).with_style(copying);
        Ok(Self { bar, stop })
    }

    pub fn show(&mut self, progress: Progress) -> ControlFlow<()> {
        match progress {
            Progress::Copying { done, of } => {
                self.bar.set_message("copying");
                self.bar.set_length(of);
                self.bar.set_position(done);
            }
            Progress::Checking => {
                self.bar.set_style(ProgressStyle::default_spinner());
                self.bar.set_message("checking");
                self.bar.enable_steady_tick(TICK);
            }
        }
        if self.stop.is_cancelled() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    /// Prints the result in place of the bar.
    pub fn done(self, what: &str) {
        drop(self);
        print(format!("{what}\n"));
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
