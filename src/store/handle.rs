//! The [`Store`] that the rest of the program uses. Each family of tables adds its methods in its own file.

use std::{num::NonZeroUsize, path::Path, sync::Arc, thread};

use rusqlite::Connection;
use tokio::sync::{Notify, Semaphore};

use super::{
    audit::Attempts,
    chunks::Lane,
    clock::Clock,
    context::{Context, Transaction},
    engine::{Engine, FatalError, OpenError, Purpose},
    schema::SCHEMA,
    session_cache::SessionCache,
    text_usage::FullTexts,
    uploads::Turns,
    usage::Reserve,
};
use crate::{
    bus::Bus,
    error::Result,
    metrics::{Metrics, StoreStats},
};

/// The database. Cheap to clone; all clones share one engine.
#[derive(Clone)]
pub struct Store {
    engine: Arc<Engine<Context>>,
    metrics: Arc<Metrics>,
    sessions: Arc<SessionCache>,
    lane: Arc<Lane>,
    turns: Arc<Turns>,
    attempts: Arc<Attempts>,
    clock: Arc<Clock>,
    /// A permit for each search that may run.
    searches: Arc<Semaphore>,
    full_texts: Arc<FullTexts>,
    reserve: Arc<Reserve>,
    purge_begun: Arc<Notify>,
}

impl Store {
    /// Opens the database at `path`, or creates it, and starts the writer. The writer publishes on `bus` and counts in
    /// `metrics`. Without a purpose, it may be there for any.
    pub fn open(
        path: &Path,
        purpose: Option<Purpose>,
        bus: &Arc<Bus>,
        metrics: &Arc<Metrics>,
    ) -> Result<Self, OpenError> {
        let sessions = Arc::new(SessionCache::default());
        let context = Context {
            bus: Arc::clone(bus),
            metrics: Arc::clone(metrics),
            sessions: Arc::clone(&sessions),
        };
        Ok(Self {
            engine: Arc::new(Engine::open(path, &SCHEMA, purpose, context)?),
            metrics: Arc::clone(metrics),
            sessions,
            lane: Arc::default(),
            turns: Arc::default(),
            attempts: Arc::default(),
            clock: Arc::new(Clock::start()),
            searches: Arc::new(Semaphore::new(searches_at_once())),
            full_texts: Arc::default(),
            reserve: Arc::default(),
            purge_begun: Arc::default(),
        })
    }

    /// Current sizes and counts. Reads file metadata.
    #[must_use]
    pub fn stats(&self) -> StoreStats {
        let (database, log) = self.engine.file_sizes();
        StoreStats {
            queued: self.engine.pending_writes(),
            sessions: self.sessions.len(),
            database,
            log,
        }
    }

    /// Identifies this database's history. A cursor with another epoch is not valid here.
    #[must_use]
    pub fn epoch(&self) -> i64 {
        self.engine.epoch()
    }

    /// Waits until the database becomes unusable, which may never happen.
    pub async fn failed(&self) -> FatalError {
        self.engine.failed().await
    }

    /// Checks the file while it is in use, if it was too large to be checked when it was opened. If it is damaged,
    /// [`failed`](Self::failed) returns.
    pub fn check_in_background(&self) {
        let store = self.clone();
        let rebuild = async move {
            if let Err(error) = store.rebuild_index().await {
                tracing::warn!(%error, "can’t build the search index anew");
            }
        };
        self.engine.check_in_background(&SCHEMA, rebuild);
    }

    /// Writes all accepted jobs, then closes the file. Later writes and reads are refused with
    /// [`Error::Stopping`](crate::error::Error::Stopping).
    pub async fn close(&self) {
        self.engine.close().await;
    }

    /// Tests with a write whether the database is writable. Successes are cached for a short time, so frequent calls
    /// are cheap.
    ///
    /// # Errors
    /// The error that sending a message would get.
    pub async fn check_writable(&self) -> Result<()> {
        self.require_room()?;
        self.engine.check_writable().await
    }

    /// Returns as long as the writer makes progress, however busy it is. If the writer is stuck, it never returns.
    ///
    /// # Errors
    /// The error that sending a message would get.
    pub async fn wait_for_writer(&self) -> Result<()> {
        self.engine.wait_for_writer().await
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        self.engine.path()
    }

    pub(super) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    pub(super) fn session_cache(&self) -> &SessionCache {
        &self.sessions
    }

    pub(super) fn attempts(&self) -> &Attempts {
        &self.attempts
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(super) fn lane(&self) -> &Lane {
        &self.lane
    }

    pub(super) fn turns(&self) -> &Turns {
        &self.turns
    }

    pub(super) fn searches(&self) -> Arc<Semaphore> {
        Arc::clone(&self.searches)
    }

    pub(super) fn full_texts(&self) -> &FullTexts {
        &self.full_texts
    }

    pub(super) fn disk_reserve(&self) -> &Reserve {
        &self.reserve
    }

    pub(super) fn purge_begun(&self) -> &Notify {
        &self.purge_begun
    }

    /// Runs `work` with a read-only connection on a blocking thread.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.engine.read(work).await
    }

    /// Runs `work` on the writer and waits until it is durable.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.engine.write(work).await
    }

    /// The number of writes that wait for their commit.
    pub(super) fn pending_writes(&self) -> usize {
        self.engine.pending_writes()
    }

    /// Like [`write`](Self::write), for work that fails only before it writes anything.
    pub(super) async fn write_checked<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.engine.write_checked(work).await
    }

    /// Like [`write`](Self::write), but waits until the writer is idle.
    pub(super) async fn write_when_idle<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.engine.write_when_idle(work).await
    }

    /// Queues `work` for the writer if there is room, and doesn't wait for it.
    pub(super) fn write_in_background(
        &self,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<()> + Send + 'static,
    ) {
        self.engine.write_in_background(work);
    }
}

/// Half of the processors, so that there are others for everybody who doesn’t search.
fn searches_at_once() -> usize {
    let processors = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    (processors / 2).max(1)
}
