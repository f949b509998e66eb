//! Moves committed pages from the write-ahead log into the database file, on a thread and a
//! connection of its own: SQLite's automatic checkpoint would run inside a commit, and everybody
//! who waits for that commit would pay for it.
//!
//! A checkpoint beside a busy writer never catches up with it, and the log would grow for ever. So
//! most of the work is done beside the writer, and then once more, for the little that came since,
//! while the writer is held between two batches; its next commit starts the log from the beginning (<https://www.sqlite.org/wal.html#avoiding_excessively_large_wal_files>).

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
};

use parking_lot::FairMutex;
use rusqlite::Connection;
use tokio::sync::watch;

use super::{Failure, is_lost};

/// Held by the writer for each batch. Fair, so that a busy writer can't keep the checkpoint
/// waiting.
pub(super) type Gate = Arc<FairMutex<()>>;

/// Asks for checkpoints; the thread ends when this is dropped.
pub(super) struct Checkpointer {
    ask: SyncSender<()>,
    thread: JoinHandle<()>,
}

impl Checkpointer {
    pub fn start(connection: Connection, gate: Gate, fail: watch::Sender<Option<Failure>>) -> Self {
        let (ask, asked) = sync_channel(1);
        let thread = thread::spawn(move || {
            if let Err(error) = run(&connection, &gate, &asked) {
                fail.send_replace(Some(Failure::Disk(error.to_string())));
            }
        });
        Self { ask, thread }
    }

    /// Wants a checkpoint soon; one that is already wanted serves for both.
    pub fn ask(&self) {
        let _ = self.ask.try_send(());
    }

    /// Waits for a checkpoint that is under way, and ends the thread.
    pub fn stop(self) {
        drop(self.ask);
        let _ = self.thread.join();
    }
}

fn run(connection: &Connection, gate: &Gate, asked: &Receiver<()>) -> rusqlite::Result<()> {
    for () in asked {
        checkpoint(connection)?;
        let _writer_waits = gate.lock();
        checkpoint(connection)?;
    }
    Ok(())
}

/// Copies what no reader still needs in the log. An error is one of the disk, after which nobody
/// knows what it holds; any other, as a full disk, leaves the log as it was.
fn checkpoint(connection: &Connection) -> rusqlite::Result<()> {
    match connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())) {
        Err(error) if is_lost(&error) => Err(error),
        Err(error) => {
            tracing::warn!(%error, "a checkpoint failed; the log grows until one succeeds");
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}
