//! A store of one SQLite file, whatever its tables: one thread that writes, a pool of connections that read, a
//! sequence, checkpoints, a lock and migrations.
//!
//! The engine knows only its own table, `sequence`, and the view `sequence_end` that the store defines beside it. A store
//! plugs the rest in as a [`Context`] and a [`Schema`].

mod checkpoint;
mod error;
mod lock;
pub mod migrate;
pub mod open;
mod path;
mod readers;
pub mod sequence;
mod transaction;
mod writer;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use rusqlite::Connection;
use tokio::{
    sync::{Mutex, watch},
    task,
    time::{sleep, timeout},
};

pub use self::{
    error::{FatalError, OpenError},
    lock::lock,
    migrate::{Index, Purpose, Schema},
    path::{resolve, with_suffix},
    transaction::{Cache, Context, Rollback, Transaction},
    writer::CHECKPOINT_EVERY,
};
use self::{open::Opened, readers::Readers, writer::Writer};
use crate::error::{Error, Result};

/// How long a successful probe is reused.
const PROBE_HOLDS: Duration = Duration::from_secs(1);
/// How long a probe waits for a disk that doesn't answer; longer than for a lock.
const PROBE_TIME: Duration = Duration::from_secs(10);
/// How often a write that waits for an idle writer looks again.
const IDLE_CHECK: Duration = Duration::from_millis(20);
/// How long it waits at most, because a busy server may never be idle.
const IDLE_PATIENCE: Duration = Duration::from_secs(10);

/// An open database.
pub struct Engine<C: Context> {
    writer: Writer<C>,
    readers: Readers,
    /// The time and the result of the last probe.
    probed: Mutex<Option<(Instant, Result<()>)>>,
    path: PathBuf,
    epoch: i64,
    failure: watch::Sender<Option<FatalError>>,
}

impl<C: Context> Engine<C> {
    /// Opens the database at `path`, or creates it, and starts the writer.
    pub fn open(
        path: &Path,
        schema: &Schema<'_>,
        purpose: Option<Purpose>,
        context: C,
    ) -> Result<Self, OpenError> {
        let failure = watch::Sender::new(None);
        let Opened {
            connection,
            lock,
            path,
            epoch,
            last_id,
        } = open::open(path, schema, purpose)?;
        let readers = Readers::open(&path)?;
        let writer = Writer::start(writer::Setup {
            lock,
            connection,
            checkpoints: open::connect(&path)?,
            last_id,
            context,
            fail: failure.clone(),
        });
        Ok(Self {
            writer,
            readers,
            probed: Mutex::default(),
            path,
            epoch,
            failure,
        })
    }

    /// The absolute path of the database.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Identifies this database's history. A cursor with another epoch is not valid here.
    pub fn epoch(&self) -> i64 {
        self.epoch
    }

    /// The number of writes that wait for their commit.
    pub fn pending_writes(&self) -> usize {
        self.writer.pending()
    }

    /// Sizes of the database file and the write-ahead log, in bytes. Reads file metadata.
    pub fn file_sizes(&self) -> (u64, u64) {
        let size = |path: &Path| fs::metadata(path).map_or(0, |file| file.len());
        (size(&self.path), size(&with_suffix(&self.path, "-wal")))
    }

    /// Waits until the database becomes unusable, which may never happen.
    pub async fn failed(&self) -> FatalError {
        let mut failure = self.failure.subscribe();
        let failure = failure
            .wait_for(Option::is_some)
            .await
            .map(|failure| failure.clone());
        match failure {
            Ok(Some(failure)) => failure,
            // Not reached: the sender lives as long as the engine.
            _ => std::future::pending().await,
        }
    }

    /// Checks the file while it is in use, if it was too large to be checked when it was opened. If it is damaged,
    /// [`failed`](Self::failed) returns.
    /// If only the schema’s index is, `rebuild` is run.
    pub fn check_in_background(
        &self,
        schema: &Schema<'static>,
        rebuild: impl Future<Output = ()> + Send + 'static,
    ) {
        let (path, tables, fail) = (self.path.clone(), schema.index.tables, self.failure.clone());
        task::spawn(async move {
            let checked = task::spawn_blocking(move || open::check_large(&path, tables, &fail));
            if let Ok(true) = checked.await {
                rebuild.await;
            }
        });
    }

    /// Writes all accepted jobs, then closes the file. Later writes are refused with [`Error::Stopping`].
    pub async fn close(self: &Arc<Self>) {
        let engine = Arc::clone(self);
        let closed = task::spawn_blocking(move || engine.writer.stop());
        if let Err(panic) = closed.await {
            tracing::error!(%panic, "the writer stopped unexpectedly");
        }
        self.readers.close().await;
    }

    /// Tests whether the database is writable by changing one row. A success is reused for a second, so that frequent
    /// calls are cheap. Callers who wait for the same probe share its result; otherwise each would wait for a locked
    /// database in turn.
    ///
    /// # Errors
    /// The error that a write would get.
    pub async fn check_writable(&self) -> Result<()> {
        let asked = Instant::now();
        let mut probed = self.probed.lock().await;
        if let Some((when, found)) = &*probed
            && (*when >= asked || found.is_ok() && when.elapsed() < PROBE_HOLDS)
        {
            return found.clone();
        }
        let found = timeout(PROBE_TIME, self.write(|tx| Ok(sequence::touch(tx)?))).await;
        let found = found.unwrap_or(Err(Error::Busy));
        *probed = Some((Instant::now(), found.clone()));
        found
    }

    /// Like [`write`](Self::write), but waits until the writer is idle.
    pub async fn write_when_idle<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Transaction<'_, C>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let begun = Instant::now();
        while self.writer.pending() > 0 && begun.elapsed() < IDLE_PATIENCE {
            sleep(IDLE_CHECK).await;
        }
        let job = self.writer.submit_in_turn(work).await?;
        job.await.unwrap_or(Err(Error::Stopping))
    }

    /// Writes one row, and waits for room if the queue is full. It returns as long as the writer makes progress,
    /// however busy it is. If the writer is stuck, it never returns.
    ///
    /// # Errors
    /// The error that a write would get.
    pub async fn wait_for_writer(&self) -> Result<()> {
        let written = self.writer.submit_in_turn(|tx| Ok(sequence::touch(tx)?));
        written.await?.await.unwrap_or(Err(Error::Stopping))
    }

    /// Runs `work` with a read-only connection on a blocking thread, on one snapshot.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.readers.read(work).await
    }

    /// Queues `work` for the writer and waits until it is durable. The work is done even if the caller stops waiting.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Transaction<'_, C>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.submit_and_wait(Rollback::Savepoint, work).await
    }

    /// Like [`write`](Self::write), for work that fails only before it writes anything.
    pub async fn write_checked<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Transaction<'_, C>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.submit_and_wait(Rollback::Batch, work).await
    }

    /// Queues `work` for the writer and doesn't wait. It is dropped if the queue is full or the writer has stopped.
    pub fn write_in_background(
        &self,
        work: impl FnOnce(&mut Transaction<'_, C>) -> Result<()> + Send + 'static,
    ) {
        let _ = self.writer.submit(Rollback::Batch, work);
    }

    async fn submit_and_wait<T: Send + 'static>(
        &self,
        rollback: Rollback,
        work: impl FnOnce(&mut Transaction<'_, C>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.writer
            .submit(rollback, work)?
            .await
            .unwrap_or(Err(Error::Stopping))
    }
}
