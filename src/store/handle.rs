//! The [`Store`] that the rest of the program holds. Each family of tables adds its methods in its own file.

use std::{path::Path, sync::Arc};

use rusqlite::Connection;

use super::{
    context::{Context, Transaction},
    engine::{Engine, FatalError, OpenError},
    schema::SCHEMA,
    session_cache::SessionCache,
};
use crate::{
    bus::Bus,
    error::Result,
    metrics::{Metrics, StoreStats},
};

/// The database, as the rest of the program sees it. Cheap to clone; all clones are one store.
#[derive(Clone)]
pub struct Store {
    engine: Arc<Engine<Context>>,
    sessions: Arc<SessionCache>,
}

impl Store {
    /// Opens the database at `path`, creates it where it is missing, and starts the writer, which publishes on `bus` and
    /// counts in `metrics`.
    ///
    /// # Errors
    /// Where the file can't be used; see [`OpenError`].
    pub fn open(path: &Path, bus: &Arc<Bus>, metrics: &Arc<Metrics>) -> Result<Self, OpenError> {
        let sessions = Arc::new(SessionCache::default());
        let context = Context {
            bus: Arc::clone(bus),
            metrics: Arc::clone(metrics),
            sessions: Arc::clone(&sessions),
        };
        Ok(Self {
            engine: Arc::new(Engine::open(path, &SCHEMA, context)?),
            sessions,
        })
    }

    /// How the store is at this moment. Asks the file system.
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

    /// Names this database's history; a cursor of another one means nothing here.
    #[must_use]
    pub fn epoch(&self) -> i64 {
        self.engine.epoch()
    }

    /// Waits until the database can't be used any more, if that ever happens.
    pub async fn failed(&self) -> FatalError {
        self.engine.failed().await
    }

    /// Checks a file that was too large to be checked when it was opened, while it is in use. Damage makes it
    /// [fail](Self::failed).
    pub fn check_in_background(&self) {
        self.engine.check_in_background();
    }

    /// Writes what has been accepted, then closes the file. Later writes are refused with
    /// [`Error::Stopping`](crate::error::Error::Stopping).
    pub async fn close(&self) {
        self.engine.close().await;
    }

    /// Whether the database can be written to, by a write that costs little when it is made often.
    ///
    /// # Errors
    /// What a message would be refused with.
    pub async fn check_writable(&self) -> Result<()> {
        self.engine.check_writable().await
    }

    /// Returns as long as the writer goes on, however busy it is; where the writer is stuck, never.
    ///
    /// # Errors
    /// What a message would be refused with.
    pub async fn wait_for_writer(&self) -> Result<()> {
        self.engine.wait_for_writer().await
    }

    pub(super) fn path(&self) -> &Path {
        self.engine.path()
    }

    pub(super) fn session_cache(&self) -> &SessionCache {
        &self.sessions
    }

    /// Runs `work` with a read-only connection, off the async threads.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.engine.read(work).await
    }

    /// Runs `work` on the writer, and waits until what it did is durable.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.engine.write(work).await
    }

    /// Like [`write`](Self::write), for work that refuses before it writes anything.
    pub(super) async fn write_checked<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.engine.write_checked(work).await
    }

    /// Like [`write`](Self::write), for what can wait until nobody else writes.
    pub(super) async fn write_when_idle<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.engine.write_when_idle(work).await
    }

    /// Runs `work` on the writer, where there is room for it, and doesn't wait.
    pub(super) fn write_in_background(
        &self,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<()> + Send + 'static,
    ) {
        self.engine.write_in_background(work);
    }
}
