//! Moves committed pages from the write-ahead log into the database file, on a thread and a connection of its own.
//! SQLite's automatic checkpoints run inside a commit, and everybody waiting for that commit would wait for them.
//!
//! A checkpoint that runs beside a busy writer never catches up, and the log would grow without bound. So most of the
//! work is done beside the writer, and the rest in a second checkpoint while the writer pauses between two batches. The
//! next commit then starts the log from the beginning
//! (<https://www.sqlite.org/wal.html#avoiding_excessively_large_wal_files>).
//!
//! Deleted text stays in the log until the log is overwritten. So a deletion requests a scrub: a checkpoint that
//! empties the log (`TRUNCATE`, <https://www.sqlite.org/pragma.html#pragma_wal_checkpoint>).

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use parking_lot::FairMutex;
use rusqlite::Connection;
use tokio::sync::watch;

use super::error::{FatalError, is_fatal};

/// Held by the writer during each batch. It is fair, so that a busy writer can't starve the checkpoint.
pub type BatchLock = Arc<FairMutex<()>>;

/// The shortest time between two scrubs, so that many deletions don't delay everybody's messages.
const SCRUB_REST: Duration = Duration::from_secs(1);
/// The longest time between two attempts. A long read, such as a backup, makes scrubs fail, and each attempt blocks the
/// writer, so the time doubles up to this limit.
const LONGEST_SCRUB_REST: Duration = Duration::from_mins(1);
/// How long to wait for readers of the log while the writer is blocked.
const READER_PATIENCE: Duration = Duration::from_millis(100);

/// Requests checkpoints. The thread ends when this is dropped.
pub struct Checkpointer {
    ask: SyncSender<()>,
    /// Whether a scrub was requested.
    scrub: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Checkpointer {
    pub fn start(
        connection: Connection,
        batch_lock: BatchLock,
        fail: watch::Sender<Option<FatalError>>,
    ) -> Self {
        let (ask, asked) = sync_channel(1);
        let scrub = Arc::new(AtomicBool::new(false));
        let wants_scrub = Arc::clone(&scrub);
        let thread = thread::spawn(move || {
            if let Err(error) = run(&connection, &batch_lock, &asked, &wants_scrub) {
                fail.send_replace(Some(FatalError::Disk(error.to_string())));
            }
        });
        Self { ask, scrub, thread }
    }

    /// Requests a checkpoint. Pending requests are merged.
    pub fn request(&self) {
        let _ = self.ask.try_send(());
    }

    /// Requests a checkpoint that empties the log.
    pub fn request_scrub(&self) {
        self.scrub.store(true, Ordering::Release);
        self.request();
    }

    /// Waits for a running checkpoint and ends the thread.
    pub fn stop(self) {
        drop(self.ask);
        let _ = self.thread.join();
    }
}

fn run(
    connection: &Connection,
    batch_lock: &BatchLock,
    asked: &Receiver<()>,
    wants_scrub: &AtomicBool,
) -> rusqlite::Result<()> {
    connection.busy_timeout(READER_PATIENCE)?;
    let mut scrubbed: Option<Instant> = None;
    let mut rest = SCRUB_REST;
    loop {
        let next = if wants_scrub.load(Ordering::Acquire) {
            asked.recv_timeout(rest)
        } else {
            asked.recv().map_err(|_| RecvTimeoutError::Disconnected)
        };
        if next == Err(RecvTimeoutError::Disconnected) {
            return Ok(());
        }
        checkpoint(connection, "PASSIVE")?;
        let has_rested = scrubbed.is_none_or(|when| when.elapsed() >= rest);
        let _writer_waits = batch_lock.lock();
        if has_rested && wants_scrub.swap(false, Ordering::AcqRel) {
            if checkpoint(connection, "TRUNCATE")? {
                rest = SCRUB_REST;
            } else {
                // A reader still needs the log.
                wants_scrub.store(true, Ordering::Release);
                rest = LONGEST_SCRUB_REST.min(2 * rest);
            }
            scrubbed = Some(Instant::now());
        } else {
            checkpoint(connection, "PASSIVE")?;
        }
    }
}

/// Copies all pages that no reader needs in the log. Returns whether that was everything. Fails only if the disk's
/// state is unknown; other errors, such as a full disk, leave the log as it was.
fn checkpoint(connection: &Connection, mode: &str) -> rusqlite::Result<bool> {
    let sql = format!("PRAGMA wal_checkpoint({mode})");
    match connection.query_row(&sql, [], |row| row.get::<_, bool>(0)) {
        Ok(is_blocked) => Ok(!is_blocked),
        Err(error) if is_fatal(&error) => Err(error),
        Err(error) => {
            tracing::warn!(%error, "a checkpoint failed; the log grows until one succeeds");
            Ok(true)
        }
    }
}
