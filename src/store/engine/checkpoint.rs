//! Moves committed pages from the write-ahead log into the database file, on a thread and a
//! connection of its own: SQLite's automatic checkpoint would run inside a commit, and everybody
//! who waits for that commit would pay for it.
//!
//! A checkpoint beside a busy writer never catches up with it, and the log would grow for ever. So
//! most of the work is done beside the writer, and then once more, for the little that came since,
//! while the writer is held between two batches; its next commit starts the log from the beginning (<https://www.sqlite.org/wal.html#avoiding_excessively_large_wal_files>).
//!
//! A text that was deleted stands in the log until the log is begun anew. So a deletion asks for a
//! checkpoint that empties it (`TRUNCATE`, <https://www.sqlite.org/pragma.html#pragma_wal_checkpoint>).

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

/// Held by the writer for each batch. Fair, so that a busy writer can't keep the checkpoint
/// waiting.
pub type BatchLock = Arc<FairMutex<()>>;

/// Between two scrubs, so that whoever deletes a lot doesn't hold up everybody's messages.
const SCRUB_REST: Duration = Duration::from_secs(1);
/// Who reads for long, as a backup does, keeps a scrub from succeeding, and each try holds the writer up: the rest doubles
/// as far as this.
const LONGEST_SCRUB_REST: Duration = Duration::from_mins(1);
/// How long the log's last readers are waited for while nobody can write.
const READER_PATIENCE: Duration = Duration::from_millis(100);

/// Asks for checkpoints; the thread ends when this is dropped.
pub struct Checkpointer {
    ask: SyncSender<()>,
    /// Whether the log is to be emptied as well.
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

    /// Wants a checkpoint soon; one that is already wanted serves for both.
    pub fn request(&self) {
        let _ = self.ask.try_send(());
    }

    /// Wants one that leaves nothing in the log: a text that was deleted is still in there.
    pub fn request_scrub(&self) {
        self.scrub.store(true, Ordering::Release);
        self.request();
    }

    /// Waits for a checkpoint that is under way, and ends the thread.
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
                // A reader still needs what is in the log.
                wants_scrub.store(true, Ordering::Release);
                rest = LONGEST_SCRUB_REST.min(2 * rest);
            }
            scrubbed = Some(Instant::now());
        } else {
            checkpoint(connection, "PASSIVE")?;
        }
    }
}

/// Copies what no reader still needs in the log; tells whether that was all. An error is one of the
/// disk, after which nobody knows what it holds; any other, as a full disk, leaves the log as it was.
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
