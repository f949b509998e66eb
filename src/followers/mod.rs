//! Work that comes after a commit and that no send waits for: each follower reads the sequence behind the writer, on the
//! readers, and keeps in the database how far it has come (`followers` in schema.sql). After a crash it goes on from
//! there: what it did and hadn’t kept yet it does once more, so doing it twice must be no harm.
//!
//! Nothing here costs a send anything. A follower looks at the sequence by itself, when it is due; the writer doesn’t know
//! of it. What it writes waits until nobody else writes, and a cursor is written when it has moved, not for each message.
//!
//! | follower | what it does |
//! | --- | --- |
//! | [`sweep`] | deletes what has expired |
//! | [`daily`](crate::daily) | a backup a day; its cursor is what the newest backup holds |

pub mod sweep;

use std::{sync::Arc, time::Duration};

use tokio::{task::JoinSet, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::{metrics::Metrics, model::EventId, store::Store};

/// A follower that failed is tried again after so long,
const FIRST_BACKOFF: Duration = Duration::from_secs(1);
/// and after twice as long each time it fails again, up to so long.
const LONGEST_BACKOFF: Duration = Duration::from_hours(1);

/// How far a follower has come.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// It has done its part for everything up to here; none where it follows the clock alone. Nothing is written where it
    /// is where it was.
    pub through: Option<EventId>,
    /// When it is due again.
    pub next: Duration,
}

/// Work that follows the sequence, or the clock, or both.
pub trait Follower: Send + 'static {
    /// What its cursor and its lines in the log are called.
    const NAME: &'static str;

    /// Does what is due. Everything up to `after` has been done before; the sequence ends at `end` now. May do a part,
    /// and ask to be called again at once. Ends within a second once `stopping` is cancelled, whatever comes of it.
    fn advance(
        &mut self,
        after: EventId,
        end: EventId,
        stopping: &CancellationToken,
    ) -> impl Future<Output = anyhow::Result<Progress>> + Send;
}

/// Runs followers side by side.
pub struct Followers {
    store: Store,
    metrics: Arc<Metrics>,
    stopping: CancellationToken,
    tasks: JoinSet<()>,
}

impl Followers {
    #[must_use]
    pub fn new(store: Store, metrics: Arc<Metrics>, stopping: CancellationToken) -> Self {
        Self {
            store,
            metrics,
            stopping,
            tasks: JoinSet::new(),
        }
    }

    pub fn add<F: Follower>(&mut self, follower: F) {
        let (store, stopping) = (self.store.clone(), self.stopping.clone());
        let metrics = Arc::clone(&self.metrics);
        self.tasks.spawn(async move {
            follow(follower, &store, &metrics, &stopping).await;
        });
    }

    /// Waits until all have ended, as they do when the server stops.
    pub async fn run(mut self) {
        while let Some(ended) = self.tasks.join_next().await {
            if let Err(panic) = ended {
                tracing::error!(%panic, "a follower ended early");
            }
        }
    }
}

async fn follow<F: Follower>(
    mut follower: F,
    store: &Store,
    metrics: &Metrics,
    stopping: &CancellationToken,
) {
    let mut backoff = FIRST_BACKOFF;
    loop {
        let stepped = step(&mut follower, store, metrics, stopping).await;
        if stopping.is_cancelled() {
            return;
        }
        let rest = match stepped {
            Ok(next) => {
                backoff = FIRST_BACKOFF;
                next
            }
            Err(error) => {
                let again_in = humantime::format_duration(backoff);
                tracing::warn!(follower = F::NAME, %error, %again_in, "a follower failed");
                let rest = backoff;
                backoff = (backoff * 2).min(LONGEST_BACKOFF);
                rest
            }
        };
        if stopping.run_until_cancelled(sleep(rest)).await.is_none() {
            return;
        }
    }
}

/// Has it do what is due, and keeps how far it came.
async fn step<F: Follower>(
    follower: &mut F,
    store: &Store,
    metrics: &Metrics,
    stopping: &CancellationToken,
) -> anyhow::Result<Duration> {
    let (after, end) = store.follower_position(F::NAME).await?;
    let Progress { through, next } = follower.advance(after, end, stopping).await?;
    if let Some(through) = through {
        if through > after {
            let advance = store.advance_follower(F::NAME, through);
            stopping.run_until_cancelled(advance).await.transpose()?;
        }
        metrics.followed(F::NAME, end.0 - through.0);
    }
    Ok(next)
}
