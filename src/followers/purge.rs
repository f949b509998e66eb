//! Deletes what somebody has written, when an administrator wants that: see [`Store::begin_purge`].

use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{Follower, Progress};
use crate::{model::EventId, store::Store};

/// The pause between two parts, so that streams keep up and everybody else’s writes come first.
const PAUSE: Duration = Duration::from_millis(20);

/// Follows nothing but the wish of an administrator.
pub struct Purger {
    pub store: Store,
}

impl Follower for Purger {
    const NAME: &'static str = "purge";

    async fn advance(
        &mut self,
        _after: EventId,
        _end: EventId,
        stopping: &CancellationToken,
    ) -> anyhow::Result<Progress> {
        let work = async {
            while self.store.purge_some().await? {
                sleep(PAUSE).await;
            }
            self.store.wait_for_purge().await;
            anyhow::Ok(())
        };
        stopping.run_until_cancelled(work).await.transpose()?;
        Ok(Progress {
            through: None,
            next: Duration::ZERO,
        })
    }
}
