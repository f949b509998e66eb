//! Counts how much everybody has written, so that nobody fills the disk with text.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Follower, Progress};
use crate::{
    model::EventId,
    store::{Store, TEXT_FOLLOWER},
};

/// How often it counts. In between somebody may write more than they are allowed, but not much.
const EVERY: Duration = Duration::from_secs(30);

/// Follows the messages.
pub struct TextCounter {
    pub store: Store,
    /// The most bytes that a user may have.
    pub limit: u64,
}

impl Follower for TextCounter {
    const NAME: &'static str = TEXT_FOLLOWER;

    async fn advance(
        &mut self,
        mut after: EventId,
        end: EventId,
        stopping: &CancellationToken,
    ) -> anyhow::Result<Progress> {
        let work = async {
            while after < end {
                after = self.store.count_text(after, end).await?;
            }
            self.store.find_full_texts(self.limit).await
        };
        stopping.run_until_cancelled(work).await.transpose()?;
        Ok(Progress {
            // It is written together with what was counted.
            through: None,
            next: EVERY,
        })
    }
}
