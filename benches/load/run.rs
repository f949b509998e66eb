//! What all sections of one run share.

use std::{path::PathBuf, time::Duration};

use indicatif::ProgressBar;

/// How much is measured, and where.
pub struct Run {
    pub folder: PathBuf,
    pub rounds: usize,
    /// Whether it's about whether everything works, not how fast it is.
    pub quick: bool,
    /// Of one measurement in one round.
    pub duration: Duration,
    pub streams: usize,
    pub messages: usize,
    /// Messages under way in a room at a time, where it isn't about how many there are.
    pub in_flight: usize,
    /// Between two openings of idle streams.
    pub pace: Duration,
    /// Where the picture of cost against size is to be.
    pub plot: Option<PathBuf>,
    pub progress: ProgressBar,
}

impl Run {
    /// Shows what is being done.
    pub fn say(&self, what: impl Into<String>) {
        self.progress.set_message(what.into());
        self.progress.tick();
    }
}
