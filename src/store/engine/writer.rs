//! The writer: a thread that owns the writing connection. It takes all waiting jobs as one batch, in which each can be
//! rolled back by itself, commits the batch, runs its effects in order, and then answers. While a commit waits for the
//! disk, the next batch gathers: the busier the server, the cheaper each message.
//!
//! Effects run only here, so nothing is published before it is durable.

use std::{
    cell::Cell,
    ffi::c_int,
    panic::{self, AssertUnwindSafe},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use parking_lot::{FairMutex, Mutex};
use rusqlite::Connection;
use tokio::sync::{
    mpsc::{self, error::TrySendError},
    oneshot, watch,
};
use tracing::Span;

use super::{
    checkpoint::{BatchLock, Checkpointer},
    error::{FatalError, is_fatal},
    lock::Lock,
    sequence,
    transaction::{Cache, Context, Outcome, Rollback, Transaction},
};
use crate::{
    error::{Error, Result},
    model::Timestamp,
};

/// The most waiting jobs. At 10,000 jobs a second this is less than half a second of work; a longer queue would only
/// make everybody wait.
const QUEUE: usize = 4_096;
/// The most jobs in one commit.
const BATCH: usize = 512;
/// The number of pages in the log after which a checkpoint is due: 16 MB in a new database.
pub const CHECKPOINT_EVERY: c_int = 8_000;
/// How long the last batches and the last checkpoint wait for another program's lock.
const PATIENCE_AT_THE_END: Duration = Duration::from_millis(500);

thread_local! {
    /// The length of the log after this thread's last commit, in pages. SQLite reports it to a plain function, which
    /// has no other place to store it.
    static LOG_PAGES: Cell<c_int> = const { Cell::new(0) };
}

/// What the writer needs to start.
pub struct Setup<C> {
    pub lock: Lock,
    pub connection: Connection,
    /// A second connection, for checkpoints.
    pub checkpoints: Connection,
    pub last_id: i64,
    pub context: C,
    pub fail: watch::Sender<Option<FatalError>>,
}

/// The queue of the writer's thread.
pub struct Writer<C: Context> {
    jobs: mpsc::Sender<Message<C>>,
    pending: Arc<AtomicUsize>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// Counts a job as pending for as long as it exists.
struct Pending(Arc<AtomicUsize>);

impl Pending {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

enum Message<C: Context> {
    Job(Box<dyn Job<C>>),
    Stop,
}

/// Work to do inside a transaction, and a caller who waits for it.
trait Job<C: Context>: Send {
    fn rollback(&self) -> Rollback;
    /// Does the work. If it fails, the writer rolls it back.
    fn run(&mut self, tx: &mut Transaction<'_, C>) -> Result<()>;
    /// Sends the result to the caller, given the result of the commit.
    fn answer(self: Box<Self>, committed: Result<()>);
}

/// A job that runs `work` and sends its result.
struct Task<T, W> {
    rollback: Rollback,
    work: Option<W>,
    result: Option<Result<T>>,
    /// The caller's span, for log messages of the job.
    span: Span,
    pending: Pending,
    caller: oneshot::Sender<Result<T>>,
}

impl<C, T, W> Job<C> for Task<T, W>
where
    C: Context,
    T: Send,
    W: FnOnce(&mut Transaction<'_, C>) -> Result<T> + Send,
{
    fn rollback(&self) -> Rollback {
        self.rollback
    }

    fn run(&mut self, tx: &mut Transaction<'_, C>) -> Result<()> {
        let Some(work) = self.work.take() else {
            return Ok(());
        };
        let result = self.span.in_scope(|| work(tx));
        let outcome = result.as_ref().map(drop).map_err(Error::clone);
        self.result = Some(result);
        outcome
    }

    fn answer(self: Box<Self>, committed: Result<()>) {
        let answer = match (self.result, committed) {
            (Some(Ok(value)), Ok(())) => Ok(value),
            // Also if the work itself failed: it may have seen rows of another job that is now rolled back.
            (_, Err(error)) | (Some(Err(error)), Ok(())) => Err(error),
            (None, Ok(())) => Err(Error::Internal),
        };
        // Before the answer, so that the caller doesn't count itself as pending.
        drop(self.pending);
        // The caller may have stopped waiting; the work is done anyway.
        let _ = self.caller.send(answer);
    }
}

impl<C: Context> Writer<C> {
    pub fn start(setup: Setup<C>) -> Self {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let fail = setup.fail.clone();
        let thread = thread::spawn(move || {
            // After a panic the server could read but never write again. It is better to exit and be restarted.
            let done = panic::catch_unwind(AssertUnwindSafe(|| write_until_stopped(setup, queue)));
            let failure = match done {
                Ok(Ok(())) => return,
                Ok(Err(error)) => FatalError::Disk(error.to_string()),
                Err(_) => FatalError::Defect,
            };
            tracing::error!(%failure, "the writer has failed; nothing more is written");
            fail.send_replace(Some(failure));
        });
        Self {
            jobs,
            pending: Arc::default(),
            thread: Mutex::new(Some(thread)),
        }
    }

    /// Queues `work`. The receiver resolves when its batch is durable. It fails if the writer has stopped.
    ///
    /// # Errors
    /// [`Error::Busy`] if the queue is full, [`Error::Stopping`] if the writer has stopped.
    pub fn submit<T: Send + 'static>(
        &self,
        rollback: Rollback,
        work: impl FnOnce(&mut Transaction<'_, C>) -> Result<T> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T>>> {
        let (job, receiver) = self.job(rollback, work);
        match self.jobs.try_send(job) {
            Ok(()) => Ok(receiver),
            Err(TrySendError::Full(_)) => Err(Error::Busy),
            Err(TrySendError::Closed(_)) => Err(Error::Stopping),
        }
    }

    /// Like [`submit`](Self::submit), but waits if the queue is full.
    ///
    /// # Errors
    /// [`Error::Stopping`] if the writer has stopped.
    pub async fn submit_in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Transaction<'_, C>) -> Result<T> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T>>> {
        let (job, receiver) = self.job(Rollback::Savepoint, work);
        let queued = self.jobs.send(job).await;
        queued.map_err(|_| Error::Stopping)?;
        Ok(receiver)
    }

    /// How many jobs wait for their commit, in the queue and in the current batch.
    pub fn pending(&self) -> usize {
        self.pending.load(Ordering::Relaxed)
    }

    /// A job for the queue, and the receiver of its result.
    fn job<T: Send + 'static>(
        &self,
        rollback: Rollback,
        work: impl FnOnce(&mut Transaction<'_, C>) -> Result<T> + Send + 'static,
    ) -> (Message<C>, oneshot::Receiver<Result<T>>) {
        let (caller, receiver) = oneshot::channel();
        let task = Task {
            rollback,
            work: Some(work),
            result: None,
            span: Span::current(),
            pending: Pending::new(&self.pending),
            caller,
        };
        (Message::Job(Box::new(task)), receiver)
    }

    /// Waits until all queued jobs are durable and the file is closed. Blocks. Calling it again has no effect.
    pub fn stop(&self) {
        let Some(thread) = self.thread.lock().take() else {
            return;
        };
        // If either fails, the thread has already ended.
        let _ = self.jobs.blocking_send(Message::Stop);
        let _ = thread.join();
    }
}

fn write_until_stopped<C: Context>(
    setup: Setup<C>,
    queue: mpsc::Receiver<Message<C>>,
) -> rusqlite::Result<()> {
    // The lock is bound first, so that it is dropped last.
    let Setup {
        lock: _lock,
        connection,
        checkpoints,
        last_id,
        context,
        fail,
    } = setup;
    connection.wal_hook(Some(|_, pages| {
        LOG_PAGES.set(pages);
        Ok(())
    }));
    let batch_lock = BatchLock::new(FairMutex::new(()));
    let checkpointer = Checkpointer::start(checkpoints, Arc::clone(&batch_lock), fail.clone());
    let done = Batches {
        connection: &connection,
        last_id,
        cache: C::Cache::default(),
        data_version: 0,
        context,
        fail: fail.clone(),
        batch_lock,
        checkpointer: &checkpointer,
    }
    .run(queue);
    checkpointer.stop();
    // Empties the log, so that the file alone is a complete copy.
    if done.is_ok()
        && fail.borrow().is_none()
        && let Err(error) = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
    {
        tracing::warn!(%error, "the last checkpoint failed; the next start reads the log");
    }
    done
}

/// Changes when another connection has committed (<https://www.sqlite.org/pragma.html#pragma_data_version>).
fn data_version(connection: &Connection) -> rusqlite::Result<i64> {
    connection
        .prepare_cached("PRAGMA data_version")?
        .query_row([], |row| row.get(0))
}

/// The state of the writer's thread.
struct Batches<'a, C: Context> {
    connection: &'a Connection,
    last_id: i64,
    cache: C::Cache,
    /// The data version for which the cache is valid.
    data_version: i64,
    context: C,
    fail: watch::Sender<Option<FatalError>>,
    batch_lock: BatchLock,
    checkpointer: &'a Checkpointer,
}

/// Why a batch was not committed.
enum Aborted {
    /// Nothing was written. The next batch may succeed.
    Refused(Error),
    /// The disk's state is unknown. Nothing may be written any more.
    Fatal(rusqlite::Error),
}

impl From<rusqlite::Error> for Aborted {
    fn from(error: rusqlite::Error) -> Self {
        if is_fatal(&error) {
            Self::Fatal(error)
        } else {
            Self::Refused(error.into())
        }
    }
}

impl<C: Context> Batches<'_, C> {
    /// Writes batches until it is told to stop and the queue is empty, or until the disk fails.
    fn run(mut self, mut queue: mpsc::Receiver<Message<C>>) -> rusqlite::Result<()> {
        let mut jobs = Vec::with_capacity(BATCH);
        while let Some(first) = queue.blocking_recv() {
            let mut next = Some(first);
            while let Some(message) = next {
                match message {
                    Message::Job(job) => jobs.push(job),
                    // No more jobs are accepted. Accepted jobs are still written.
                    Message::Stop => {
                        queue.close();
                        self.connection.busy_timeout(PATIENCE_AT_THE_END)?;
                    }
                }
                next = if jobs.len() < BATCH {
                    queue.try_recv().ok()
                } else {
                    None
                };
            }
            self.write(&mut jobs)?;
            if LOG_PAGES.get() >= CHECKPOINT_EVERY {
                self.checkpointer.request();
            }
        }
        Ok(())
    }

    /// Writes one batch, runs its effects, and answers. Fails only if nothing may be written any more.
    fn write(&mut self, jobs: &mut Vec<Box<dyn Job<C>>>) -> rusqlite::Result<()> {
        let committed = if self.fail.borrow().is_some() {
            // A checkpoint or the check of a large file has found that the disk can't be trusted.
            Err(Aborted::Refused(Error::Stopping))
        } else {
            let batch_lock = Arc::clone(&self.batch_lock);
            let _no_checkpoint_ends_now = batch_lock.lock();
            self.commit(jobs)
        };
        let (verdict, fatal) = match committed {
            Ok(outcome) => {
                self.last_id = outcome.last_id;
                self.context.perform(outcome.effects);
                if outcome.scrubs {
                    self.checkpointer.request_scrub();
                }
                (Ok(()), Ok(()))
            }
            Err(Aborted::Refused(error)) => {
                self.cache.clear();
                self.roll_back();
                (Err(error), Ok(()))
            }
            Err(Aborted::Fatal(error)) => (Err(Error::Stopping), Err(error)),
        };
        for job in jobs.drain(..) {
            job.answer(verdict.clone());
        }
        fatal
    }

    /// Runs the jobs in one transaction and commits it.
    fn commit(&mut self, jobs: &mut [Box<dyn Job<C>>]) -> Result<Outcome<C>, Aborted> {
        let connection = self.connection;
        let run = |sql| connection.prepare_cached(sql)?.execute([]).map(drop);
        let (now, count) = (Timestamp::now(), jobs.len());
        run("BEGIN IMMEDIATE")?;
        let version = data_version(connection)?;
        if self.data_version != version {
            self.data_version = version;
            self.cache.clear();
        }
        let mut tx = Transaction::new(connection, now, self.last_id, &mut self.cache, count);
        for job in jobs {
            let start = tx.begin_job(job.rollback())?;
            if let Err(error) = job.run(&mut tx)
                && !tx.rollback_job(&start)?
            {
                return Err(Aborted::Refused(error));
            }
            tx.end_job(&start)?;
        }
        let outcome = tx.end();
        if outcome.last_id != self.last_id {
            sequence::set_last_id(connection, outcome.last_id)?;
        }
        let begun = Instant::now();
        run("COMMIT")?;
        self.context.committed(count, begun.elapsed());
        Ok(outcome)
    }

    fn roll_back(&self) {
        if self.connection.is_autocommit() {
            return;
        }
        if let Err(error) = self.connection.execute_batch("ROLLBACK") {
            tracing::error!(%error, "can’t roll back a failed batch");
        }
    }
}
