//! Writes refused attempts to sign in to the audit log. They are counted in memory, so that a flood of them doesn’t keep
//! the writer busy.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Follower, Progress};
use crate::{model::EventId, store::Store};

/// What one account and one network did in this time is one row.
const EVERY: Duration = Duration::from_mins(1);

/// Follows only the clock.
pub struct AttemptWriter {
    pub store: Store,
}

impl Follower for AttemptWriter {
    const NAME: &'static str = "attempts";

    async fn advance(
        &mut self,
        _after: EventId,
        _end: EventId,
        _stopping: &CancellationToken,
    ) -> anyhow::Result<Progress> {
        self.store.flush_attempts().await?;
        Ok(Progress {
            through: None,
            next: EVERY,
        })
    }
}
