//! Indexes new messages for searches, in small jobs.
//!
//! A search reads what isn’t in the index yet, so there is no hurry: a few messages at a time would cost a commit each, and
//! a quiet server would write twice as often as people do.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Follower, Progress};
use crate::{model::EventId, search::VERSION, store::Store};

const EVERY: Duration = Duration::from_secs(1);
/// From how many new numbers of the sequence on it is worth a commit. To read so many messages takes a search less than a
/// millisecond.
const WORTHWHILE: i64 = 64;

/// Keeps the index near the end of the sequence.
pub struct Indexer {
    pub store: Store,
}

impl Follower for Indexer {
    const NAME: &'static str = "search";
    const OWN_CURSOR: Option<&'static str> = Some(VERSION);

    async fn advance(
        &mut self,
        after: EventId,
        end: EventId,
        stopping: &CancellationToken,
    ) -> anyhow::Result<Progress> {
        let mut through = after;
        if end.0 - after.0 >= WORTHWHILE {
            while through < end && !stopping.is_cancelled() {
                through = self.store.index_messages().await?;
            }
        }
        Ok(Progress {
            through: Some(through),
            next: EVERY,
        })
    }
}
