//! What every store of one SQLite file needs, whatever is in it: one thread that writes, a pool of connections that read, a
//! sequence, checkpoints, a lock, and migrations.
//!
//! It knows no table but its own, the `sequence`. What a store has beside, it plugs in as a [`Context`] and a [`Schema`].

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
    migrate::Schema,
    path::{resolve, with_suffix},
    transaction::{Cache, Context, Rollback, Transaction},
};
use self::{open::Opened, readers::Readers, writer::Writer};
use crate::error::{Error, Result};

/// How long a successful probe stands for the next ones.
const PROBE_HOLDS: Duration = Duration::from_secs(1);
/// How long a probe waits for a disk that doesn't come back: longer than for a lock.
const PROBE_TIME: Duration = Duration::from_secs(10);
/// How often a write that can wait looks whether the writer is idle.
const IDLE_CHECK: Duration = Duration::from_millis(20);
/// How long it waits for that at most: on a server that is never idle it has to be made as well.
const IDLE_PATIENCE: Duration = Duration::from_secs(10);

/// An open database.
pub struct Engine<C: Context> {
    writer: Writer<C>,
    readers: Readers,
    /// What the last probe found, and when.
    probed: Mutex<Option<(Instant, Result<()>)>>,
    path: PathBuf,
    epoch: i64,
    failure: watch::Sender<Option<FatalError>>,
}

impl<C: Context> Engine<C> {
    /// Opens the database at `path`, creates it where it is missing, and starts the writer.
    ///
    /// # Errors
    /// Where the file can't be used; see [`OpenError`].
    pub fn open(path: &Path, schema: &Schema<'_>, context: C) -> Result<Self, OpenError> {
        let failure = watch::Sender::new(None);
        let Opened {
            connection,
            lock,
            path,
            epoch,
            last_id,
        } = open::open(path, schema)?;
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

    /// Where the database is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Names this database's history; a cursor of another one means nothing here.
    pub fn epoch(&self) -> i64 {
        self.epoch
    }

    /// Writes that wait for their commit.
    pub fn pending_writes(&self) -> usize {
        self.writer.pending()
    }

    /// Bytes of the database, and of the log beside it. Asks the file system.
    pub fn file_sizes(&self) -> (u64, u64) {
        let size = |path: &Path| fs::metadata(path).map_or(0, |file| file.len());
        (size(&self.path), size(&with_suffix(&self.path, "-wal")))
    }

    /// Waits until the database can't be used any more, if that ever happens.
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

    /// Checks a file that was too large to be checked when it was opened, while it is in use. Damage makes it
    /// [fail](Self::failed).
    pub fn check_in_background(&self) {
        open::check_in_background(&self.path, self.failure.clone());
    }

    /// Writes what has been accepted, then closes the file. Later writes are refused with
    /// [`Error::Stopping`].
    pub async fn close(self: &Arc<Self>) {
        let engine = Arc::clone(self);
        let closed = task::spawn_blocking(move || engine.writer.stop());
        if let Err(panic) = closed.await {
            tracing::error!(%panic, "the writer did not stop in good order");
        }
    }

    /// Changes one row and waits for its commit: whether the database can still be written to. A
    /// success holds for a second, so that asking often costs nothing. Whoever waited while another
    /// probe ended shares its answer: of a locked database, each would wait for a time-out of its own.
    ///
    /// # Errors
    /// What a write would be refused with.
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

    /// Like [`write`](Self::write), for what can wait until nobody else writes.
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

    /// Like [`check_writable`](Self::check_writable), but new each time, and it waits for its turn where the queue is
    /// full: as long as the writer goes on this returns, however busy it is, and where the writer is stuck, never.
    ///
    /// # Errors
    /// What a write would be refused with.
    pub async fn wait_for_writer(&self) -> Result<()> {
        let written = self.writer.submit_in_turn(|tx| Ok(sequence::touch(tx)?));
        written.await?.await.unwrap_or(Err(Error::Stopping))
    }

    /// Runs `work` with a read-only connection, off the async threads, on one snapshot.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.readers.read(work).await
    }

    /// Hands `work` to the writer, and waits until what it did is durable. The work is done even
    /// where nobody waits any more.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Transaction<'_, C>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.submit_and_wait(Rollback::Savepoint, work).await
    }

    /// Like [`write`](Self::write), for work that refuses before it writes anything.
    pub async fn write_checked<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Transaction<'_, C>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.submit_and_wait(Rollback::Batch, work).await
    }

    /// Hands `work` to the writer, and doesn't wait. It is left undone where the queue is full or the
    /// writer has stopped.
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
