//! Work that is done after a commit and that no send waits for. Each follower reads the sequence behind the writer, and
//! stores in the database how far it has come (`followers` in schema.sql). After a crash it continues from there. It may
//! repeat work whose progress wasn’t stored yet, so its work must be idempotent.
//!
//! Followers cost a send nothing: the writer doesn’t know about them, and each checks the sequence when it is due. Their
//! writes wait until nobody else writes, and a cursor is written when it has moved, not for each message.
//!
//! | follower | what it does |
//! | --- | --- |
//! | [`attempts`] | writes refused attempts to sign in to the audit log |
//! | [`sweep`] | deletes what has expired |
//! | [`daily`] | makes a backup a day; its cursor is the end of the newest backup |
//! | [`push`] | tells people of new messages on devices that aren’t open; its cursor moves together with its queue |
//! | [`purge`] | deletes what somebody has written, for an administrator |
//! | [`search`] | indexes messages; its cursor moves together with the index |
//! | [`text`] | counts how much everybody has written |

pub mod attempts;
pub mod daily;
pub mod purge;
pub mod push;
pub mod search;
pub mod sweep;
pub mod text;

use std::{sync::Arc, time::Duration};

use tokio::{task::JoinSet, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::{metrics::Metrics, model::EventId, store::Store};

/// How long a follower waits after a first failure. The time doubles with each further one.
const FIRST_BACKOFF: Duration = Duration::from_secs(1);
/// The longest that a follower waits after a failure.
const LONGEST_BACKOFF: Duration = Duration::from_hours(1);

/// What a step of a follower has achieved.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Everything up to here is done. None for a follower that follows only the clock. The cursor is written only if it
    /// has moved.
    pub through: Option<EventId>,
    /// How long until it is due again.
    pub next: Duration,
}

/// Work that follows the sequence, or the clock, or both.
pub trait Follower: Send + 'static {
    /// Its name in metrics and in the log, and of its cursor.
    const NAME: &'static str;
    /// The name of its cursor, if the follower stores it itself, together with its work. Otherwise the runner stores it
    /// afterwards.
    const OWN_CURSOR: Option<&'static str> = None;

    /// Does the work that is due. Everything up to `after` is done already; the sequence ends at `end` now. It may do a
    /// part of the work and ask to be called again at once. Once `stopping` is cancelled, it must return within a
    /// second, with or without success.
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

    /// Waits until all have ended, which they do when the server stops.
    pub async fn run(mut self) {
        while let Some(ended) = self.tasks.join_next().await {
            if let Err(panic) = ended {
                tracing::error!(%panic, "a follower failed unexpectedly");
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

/// Runs a follower once and stores its cursor. Returns how long until it is due again.
async fn step<F: Follower>(
    follower: &mut F,
    store: &Store,
    metrics: &Metrics,
    stopping: &CancellationToken,
) -> anyhow::Result<Duration> {
    let cursor = F::OWN_CURSOR.unwrap_or(F::NAME);
    let (after, end) = store.follower_position(cursor).await?;
    let Progress { through, next } = follower.advance(after, end, stopping).await?;
    if let Some(through) = through {
        if through > after && F::OWN_CURSOR.is_none() {
            let advance = store.advance_follower(F::NAME, through);
            stopping.run_until_cancelled(advance).await.transpose()?;
        }
        metrics.followed(F::NAME, (end.0 - through.0).max(0));
    }
    Ok(next)
}
