//! Deletes what has expired: sessions, API tokens, invitations, reset links, uploads, old events of the audit log, and
//! unfinished sign-ins. Expired rows are ignored everywhere; deleting them keeps the tables small. Files that nobody
//! refers to any more go as well.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use super::{Follower, Progress};
use crate::{model::EventId, oauth::Flows, store::Store};

const EVERY: Duration = Duration::from_mins(10);

/// Follows only the clock, as things expire without a commit.
pub struct Sweeper {
    pub store: Store,
    pub sign_ins: Arc<Flows>,
}

impl Follower for Sweeper {
    const NAME: &'static str = "sweep";

    async fn advance(
        &mut self,
        _after: EventId,
        _end: EventId,
        stopping: &CancellationToken,
    ) -> anyhow::Result<Progress> {
        self.sign_ins.remove_expired();
        let swept = stopping.run_until_cancelled(self.store.sweep()).await;
        let deleted = swept.transpose()?.unwrap_or(0);
        if deleted > 0 {
            tracing::debug!(deleted, "what had expired was deleted");
        }
        Ok(Progress {
            through: None,
            next: EVERY,
        })
    }
}
