//! The pool of read-only connections, used on blocking threads. Reads wait in one queue, and a thread that has done one
//! takes the next: only a read that comes while there is room wakes a thread. So the busier the server, the cheaper each.

use std::{
    collections::VecDeque,
    num::NonZeroUsize,
    panic::{self, AssertUnwindSafe},
    path::Path,
    sync::Arc,
    thread,
    time::Duration,
};

use parking_lot::Mutex;
use r2d2_sqlite::SqliteConnectionManager;
use rusqlite::Connection;
use tokio::{
    sync::{Notify, oneshot},
    task,
    time::timeout,
};
use tracing::Span;

use super::{error::OpenError, open};
use crate::error::{Error, Result};

/// How long reads may take to end when the database is closed.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(200);

pub struct Readers(Arc<Shared>);

struct Shared {
    pool: r2d2::Pool<SqliteConnectionManager>,
    queue: Mutex<Queue>,
    /// Notified when the last thread at work has nothing more to do.
    idle: Notify,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Job>,
    /// How many threads are at work; one for each connection at most, so that none waits for one.
    at_work: usize,
    is_closed: bool,
}

/// A read, which answers its caller by itself.
type Job = Box<dyn FnOnce(&r2d2::Pool<SqliteConnectionManager>) + Send>;

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
        Ok(Self(Arc::new(Shared {
            pool,
            queue: Mutex::default(),
            idle: Notify::new(),
        })))
    }

    /// Waits for the reads that are under way, within bounds, and refuses all others.
    pub async fn close(&self) {
        let Shared { queue, idle, .. } = &*self.0;
        queue.lock().is_closed = true;
        let all = async {
            loop {
                let notified = idle.notified();
                if queue.lock().at_work == 0 {
                    return;
                }
                notified.await;
            }
        };
        // One that takes longer must not delay the exit.
        let _ = timeout(CLOSE_TIMEOUT, all).await;
        let refused = std::mem::take(&mut queue.lock().waiting);
        drop(refused);
    }

    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (caller, answer) = oneshot::channel();
        // Log in the caller's span.
        let span = Span::current();
        self.submit(Box::new(move |pool| {
            // Whoever has stopped waiting doesn't need it any more.
            if caller.is_closed() {
                return;
            }
            let done = span.in_scope(|| {
                panic::catch_unwind(AssertUnwindSafe(|| read(pool, work))).unwrap_or_else(|_| {
                    tracing::error!("a read failed unexpectedly");
                    Err(Error::Internal)
                })
            });
            let _ = caller.send(done);
        }))?;
        answer.await.unwrap_or(Err(Error::Stopping))
    }

    /// Queues a job, and has a thread do it if not all are at work.
    fn submit(&self, job: Job) -> Result<()> {
        let mut queue = self.0.queue.lock();
        if queue.is_closed {
            return Err(Error::Stopping);
        }
        queue.waiting.push_back(job);
        if queue.at_work == self.0.pool.max_size() as usize {
            return Ok(());
        }
        queue.at_work += 1;
        drop(queue);
        let shared = Arc::clone(&self.0);
        task::spawn_blocking(move || {
            while let Some(job) = shared.next() {
                job(&shared.pool);
            }
        });
        Ok(())
    }
}

impl Shared {
    /// The next job for a thread. None if there is none, and then the thread is no longer at work.
    fn next(&self) -> Option<Job> {
        let mut queue = self.queue.lock();
        let next = queue.waiting.pop_front();
        if next.is_none() {
            queue.at_work -= 1;
            if queue.at_work == 0 {
                self.idle.notify_waiters();
            }
        }
        next
    }
}

fn read<T>(
    pool: &r2d2::Pool<SqliteConnectionManager>,
    work: impl FnOnce(&Connection) -> Result<T>,
) -> Result<T> {
    let connection = pool.get().map_err(|error| {
        tracing::error!(%error, "no connection for reading");
        Error::Internal
    })?;
    let snapshot = Snapshot::take(&connection)?;
    work(snapshot.0)
}

/// One snapshot for all queries of a read, so that the results are consistent.
struct Snapshot<'a>(&'a Connection);

impl<'a> Snapshot<'a> {
    fn take(connection: &'a Connection) -> rusqlite::Result<Self> {
        // Prepared once: to parse the two commands takes longer than a small read.
        connection.prepare_cached("BEGIN")?.execute([])?;
        Ok(Self(connection))
    }
}

impl Drop for Snapshot<'_> {
    fn drop(&mut self) {
        let ended = self.0.prepare_cached("ROLLBACK");
        if let Err(error) = ended.and_then(|mut end| end.execute([])) {
            tracing::error!(%error, "can’t end a read");
        }
    }
}

#[cfg(test)]
#[allow(
    clippy::expect_used,
    reason = "a test that meets the unexpected has failed"
)]
mod tests {
    use std::sync::Barrier;

    use futures_util::future::join_all;
    use rusqlite::StatementStatus;

    use super::*;

    fn readers(folder: &Path) -> Readers {
        let path = folder.join("readers.db");
        let connection = Connection::open(&path).expect("a database");
        connection
            .execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (n)")
            .expect("a table");
        Readers::open(&path).expect("readers")
    }

    fn count(connection: &Connection) -> Result<i64> {
        Ok(connection.query_row("SELECT count(*) FROM t", [], |row| row.get(0))?)
    }

    #[tokio::test]
    async fn as_many_read_at_once_as_there_are_connections_and_the_others_in_their_turn() {
        let folder = tempfile::tempdir().expect("a folder");
        let readers = readers(folder.path());
        let size = readers.0.pool.max_size() as usize;
        // Nobody comes through it before all connections are in use.
        let all = Arc::new(Barrier::new(size));
        let reads = (0..3 * size).map(|_| {
            let all = Arc::clone(&all);
            readers.read(move |connection| {
                all.wait();
                count(connection)
            })
        });
        for found in join_all(reads).await {
            assert_eq!(found.ok(), Some(0));
        }
    }

    #[tokio::test]
    async fn a_read_that_panics_fails_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let readers = readers(folder.path());
        for _ in 0..2 * readers.0.pool.max_size() {
            let failed = readers.read(|connection| -> Result<()> {
                count(connection)?;
                panic!("as this test has it")
            });
            assert!(matches!(failed.await, Err(Error::Internal)));
            assert_eq!(readers.read(count).await.ok(), Some(0));
        }
    }

    #[tokio::test]
    async fn a_statement_is_prepared_once_whatever_it_is_used_with() {
        let folder = tempfile::tempdir().expect("a folder");
        let readers = readers(folder.path());
        let again = readers.read(|connection| {
            let mut statement = connection.prepare_cached("SELECT n FROM t LIMIT ?1")?;
            for limit in 1..4 {
                statement.exists([limit])?;
            }
            Ok(statement.get_status(StatementStatus::RePrepare))
        });
        assert_eq!(again.await.ok(), Some(0));
    }

    #[tokio::test]
    async fn what_waits_is_refused_once_it_is_closed() {
        let folder = tempfile::tempdir().expect("a folder");
        let readers = readers(folder.path());
        let size = readers.0.pool.max_size() as usize;
        let (all, go_on) = (
            Arc::new(Barrier::new(size)),
            Arc::new(Barrier::new(size + 1)),
        );
        let at_work = (0..size).map(|_| {
            let (all, go_on) = (Arc::clone(&all), Arc::clone(&go_on));
            readers.read(move |connection| {
                all.wait();
                go_on.wait();
                count(connection)
            })
        });
        let waiting = readers.read(count);
        let close = async {
            readers.close().await;
            assert!(matches!(readers.read(count).await, Err(Error::Stopping)));
            go_on.wait();
        };
        let (done, refused, ()) = tokio::join!(join_all(at_work), waiting, close);
        for found in done {
            assert_eq!(found.ok(), Some(0));
        }
        assert!(matches!(refused, Err(Error::Stopping)));
    }
}
