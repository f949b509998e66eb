//! Everything that is kept: one SQLite file, written by one thread and read by a pool of read-only
//! connections.
//!
//! Here is the [`Store`] that the rest of the program holds, and how it reaches a connection
//! without ever blocking a tokio worker. The SQL stands in one file for each family of tables; how
//! the file is opened, in [`open`]; how it is written, in `writer`.

mod accounts;
mod admin;
mod archive;
mod backup;
mod cache;
mod changes;
mod check;
mod checkpoint;
mod conversations;
mod events;
mod extent;
mod followers;
mod hooks;
mod identities;
mod invites;
mod messages;
mod migrate;
pub mod open;
mod participants;
mod restore;
mod rooms;
mod sessions;
mod tokens;
mod transaction;
mod users;
mod writer;

use std::{
    fs,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use r2d2_sqlite::SqliteConnectionManager;
use rusqlite::{Connection, ErrorCode, ffi};
use tokio::{
    sync::{Mutex, Semaphore, watch},
    task,
    time::timeout,
};
use tracing::Span;

pub use self::{
    accounts::{Door, NewAccount, Proof, Reset, WayIn},
    admin::AccountChange,
    archive::{ArchiveError, export, import},
    backup::{BackupError, PARTIAL, Progress, Watch, back_up},
    check::check,
    conversations::{PAGE as CONVERSATIONS_PAGE, Started},
    events::{Backlog, Position},
    extent::Extent,
    hooks::{Hook, HookTarget},
    identities::Picture,
    invites::Invite,
    messages::{NewMessage, Page, Sent},
    open::{OpenError, with_suffix},
    restore::restore,
    rooms::{NewRoom, PAGE as ROOMS_PAGE, RoomChange},
    sessions::{Session, SessionInfo, SignedIn, hex, new_token},
    tokens::{ApiToken, NewToken},
};
use self::{
    open::Opened,
    sessions::SessionCache,
    transaction::{Rollback, Transaction},
    writer::Writer,
};
use crate::{
    bus::Bus,
    error::{Error, Result},
    metrics::{Metrics, Moment},
};

/// How long a successful probe stands for the next ones.
const PROBE_HOLDS: Duration = Duration::from_secs(1);
/// How long a probe waits for a disk that doesn't come back: longer than for a lock.
const PROBE_TIME: Duration = Duration::from_secs(10);

/// The database, as the rest of the program sees it. Cheap to clone; all clones are one store.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    writer: Writer,
    readers: r2d2::Pool<SqliteConnectionManager>,
    /// As many permits as there are readers, so that waiting for one costs no thread.
    reader_permits: Arc<Semaphore>,
    /// What the last probe found, and when.
    probed: Mutex<Option<(Instant, Result<()>)>>,
    sessions: Arc<SessionCache>,
    bus: Arc<Bus>,
    metrics: Arc<Metrics>,
    /// Where the database is.
    path: PathBuf,
    epoch: i64,
    failure: watch::Receiver<Option<FatalError>>,
}

/// Why a store can't go on at all. The process ends with it; a restart finds every answered write.
#[derive(Clone, Debug, thiserror::Error)]
pub enum FatalError {
    /// After a failed write or fsync nobody knows what the disk holds: <https://www.sqlite.org/atomiccommit.html#_incomplete_disk_flushes>.
    #[error("the disk failed while a write was made durable: {0}")]
    Disk(String),
    /// The check of a large file, which runs after start, has found damage.
    #[error("{0}")]
    Corrupt(String),
    /// The writer panicked; what it panicked with has been logged.
    #[error("the writer ended by a defect of this program")]
    Defect,
}

impl Store {
    /// Opens the database at `path`, makes it where it is missing, and starts the writer.
    /// `bus_capacity` is how many deliveries a receiver's channel holds.
    ///
    /// # Errors
    /// Where the file can't be used; see [`OpenError`].
    pub fn open(path: &Path, bus_capacity: usize) -> Result<Self, OpenError> {
        let (fail, failure) = watch::channel(None);
        let Opened {
            connection,
            lock,
            path,
            epoch,
            last_id,
        } = open::open(path)?;
        let readers = reader_pool(&path)?;
        open::check_in_background(&path, fail.clone());

        let bus = Bus::new(bus_capacity);
        let sessions = Arc::new(SessionCache::default());
        let metrics = Metrics::new();
        let writer = Writer::start(writer::Setup {
            lock,
            connection,
            checkpoints: open::connect(&path)?,
            last_id,
            bus: Arc::clone(&bus),
            sessions: Arc::clone(&sessions),
            metrics: Arc::clone(&metrics),
            fail,
        });
        let reader_permits = Arc::new(Semaphore::new(readers.max_size() as usize));
        Ok(Self {
            inner: Arc::new(Inner {
                writer,
                readers,
                reader_permits,
                probed: Mutex::default(),
                sessions,
                bus,
                metrics,
                path,
                epoch,
                failure,
            }),
        })
    }

    /// The channels on which the writer publishes.
    #[must_use]
    pub fn bus(&self) -> &Arc<Bus> {
        &self.inner.bus
    }

    /// What is counted of the server that this is the store of.
    #[must_use]
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.inner.metrics
    }

    /// How the store is at this moment. Asks the file system.
    #[must_use]
    pub fn moment(&self) -> Moment {
        let size = |path: &Path| fs::metadata(path).map_or(0, |file| file.len());
        Moment {
            queued: self.inner.writer.pending(),
            sessions: self.inner.sessions.len(),
            database: size(&self.inner.path),
            log: size(&with_suffix(&self.inner.path, "-wal")),
        }
    }

    /// Names this database's history; a cursor of another one means nothing here.
    #[must_use]
    pub fn epoch(&self) -> i64 {
        self.inner.epoch
    }

    /// Waits until the store can't go on, if that ever happens.
    pub async fn failed(&self) -> FatalError {
        let mut failure = self.inner.failure.clone();
        match failure
            .wait_for(Option::is_some)
            .await
            .map(|failure| failure.clone())
        {
            Ok(Some(failure)) => failure,
            // The writer has stopped without a failure, and nothing can fail any more.
            _ => std::future::pending().await,
        }
    }

    /// Writes what has been accepted, then closes the file. Later writes are refused with
    /// [`Error::Stopping`].
    pub async fn close(&self) {
        let store = self.clone();
        let closed = task::spawn_blocking(move || store.inner.writer.stop());
        if let Err(panic) = closed.await {
            tracing::error!(%panic, "the writer did not stop in good order");
        }
    }

    /// Changes one row and waits for its commit: whether the database can still be written to. A
    /// success holds for a second, so that asking often costs nothing; and whoever has waited while
    /// somebody else's probe ended has its answer, or many who ask of a database that is locked would
    /// wait for one time-out after the other.
    ///
    /// # Errors
    /// What a message would be refused with.
    pub async fn probe(&self) -> Result<()> {
        let asked = Instant::now();
        let mut probed = self.inner.probed.lock().await;
        if let Some((when, found)) = &*probed
            && (*when >= asked || found.is_ok() && when.elapsed() < PROBE_HOLDS)
        {
            return found.clone();
        }
        let found = timeout(PROBE_TIME, self.write(|tx| tx.probe())).await;
        let found = found.unwrap_or(Err(Error::Busy));
        *probed = Some((Instant::now(), found.clone()));
        found
    }

    /// Like [`probe`](Self::probe), but new each time, and waiting for its turn where the queue is full: as long as
    /// the writer goes on this returns, however busy it is, and where it is stuck, never.
    ///
    /// # Errors
    /// What a message would be refused with.
    pub async fn pulse(&self) -> Result<()> {
        let probe = self.inner.writer.submit_in_turn(|tx| tx.probe());
        probe.await?.await.unwrap_or(Err(Error::Stopping))
    }

    /// Runs `work` with a read-only connection, off the async threads.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let permit = Arc::clone(&self.inner.reader_permits)
            .acquire_owned()
            .await
            .map_err(|_| Error::Stopping)?;
        let pool = self.inner.readers.clone();
        // What is logged there is logged in the name of whoever asked.
        let caller = Span::current();
        let done = task::spawn_blocking(move || {
            let _asker = caller.entered();
            // Given back when the work ends, not when whoever asked has gone: as long as it runs, the
            // connection is taken.
            let _permit = permit;
            let connection = pool.get().map_err(|error| {
                tracing::error!(%error, "no connection to read from");
                Error::Internal
            })?;
            // One snapshot for all of it, so that what it tells was true at one moment.
            let snapshot = connection.unchecked_transaction()?;
            work(&snapshot)
        });
        done.await.unwrap_or_else(|panic| {
            tracing::error!(%panic, "a read ended early");
            Err(Error::Internal)
        })
    }

    /// Hands `work` to the writer, and waits until what it did is durable. The work is done even
    /// where nobody waits any more.
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.hand_over(Rollback::Savepoint, work).await
    }

    /// Like [`write`](Self::write), for work that refuses before it writes anything.
    async fn write_checked<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.hand_over(Rollback::Batch, work).await
    }

    async fn hand_over<T: Send + 'static>(
        &self,
        rollback: Rollback,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.inner
            .writer
            .submit(rollback, work)?
            .await
            .unwrap_or(Err(Error::Stopping))
    }
}

fn reader_pool(path: &Path) -> Result<r2d2::Pool<SqliteConnectionManager>, OpenError> {
    let manager = SqliteConnectionManager::file(path)
        .with_flags(open::READ_ONLY)
        .with_init(open::prepare_connection);
    let size = thread::available_parallelism()
        .map_or(2, NonZeroUsize::get)
        .clamp(2, 8)
        * 2;
    r2d2::Pool::builder()
        .max_size(u32::try_from(size).unwrap_or(4))
        .min_idle(Some(1))
        .test_on_check_out(false)
        .build(manager)
        .map_err(|error| OpenError::unusable(path, &error))
}

/// Whether the system wouldn't take a write: a quota or a limit on a file's size, which SQLite knows
/// only as a failed write. What was there before is still there.
fn is_refused_write(error: &rusqlite::Error) -> bool {
    let refusals = [ffi::SQLITE_IOERR_WRITE, ffi::SQLITE_IOERR_SHMSIZE];
    error
        .sqlite_error()
        .is_some_and(|error| refusals.contains(&error.extended_code))
}

/// Whether the disk failed in a way after which nobody knows what it holds.
fn is_lost(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure) && !is_refused_write(error)
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::StorageFull,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::SystemIoFailure) if is_refused_write(&error) => {
                tracing::warn!(%error, "the system refused a write");
                Self::StorageFull
            }
            _ => {
                tracing::error!(%error, "the database refused a statement");
                Self::Internal
            }
        }
    }
}
