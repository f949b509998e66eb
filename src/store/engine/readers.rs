//! The pool of read-only connections, used on blocking threads.

use std::{num::NonZeroUsize, path::Path, sync::Arc, thread, time::Duration};

use r2d2_sqlite::SqliteConnectionManager;
use rusqlite::Connection;
use tokio::{sync::Semaphore, task, time::timeout};
use tracing::Span;

use super::{error::OpenError, open};
use crate::error::{Error, Result};

/// How long reads may take to end when the database is closed.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(200);

pub struct Readers {
    pool: r2d2::Pool<SqliteConnectionManager>,
    /// One permit for each connection, so that waiting for one doesn't block a thread.
    permits: Arc<Semaphore>,
}

impl Readers {
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let manager = SqliteConnectionManager::file(path)
            .with_flags(open::READ_ONLY)
            .with_init(open::prepare_connection);
        let size = thread::available_parallelism()
            .map_or(2, NonZeroUsize::get)
            .clamp(2, 8)
            * 2;
        let pool = r2d2::Pool::builder()
            .max_size(u32::try_from(size).unwrap_or(4))
            .min_idle(Some(1))
            .test_on_check_out(false)
            .build(manager)
            .map_err(|error| OpenError::unusable(path, &error))?;
        let permits = Arc::new(Semaphore::new(pool.max_size() as usize));
        Ok(Self { pool, permits })
    }

    /// Waits for the reads that are under way, within bounds, and refuses all others.
    pub async fn close(&self) {
        let all = self.permits.acquire_many(self.pool.max_size());
        // One that takes longer must not delay the exit.
        let _ = timeout(CLOSE_TIMEOUT, all).await;
        self.permits.close();
    }

    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(|_| Error::Stopping)?;
        let pool = self.pool.clone();
        // Log in the caller's span.
        let span = Span::current();
        let done = task::spawn_blocking(move || {
            let _entered = span.entered();
            // Released when the work ends, not when the caller stops waiting: the connection is in use until then.
            let _permit = permit;
            let connection = pool.get().map_err(|error| {
                tracing::error!(%error, "no connection for reading");
                Error::Internal
            })?;
            // One snapshot for all queries, so that the results are consistent.
            let snapshot = connection.unchecked_transaction()?;
            work(&snapshot)
        });
        done.await
            .unwrap_or_else(|failed| Err(Error::of_task(&failed, "a read")))
    }
}
