//! Moves committed pages from the write-ahead log into the database file, on a thread and a
//! connection of its own: SQLite's automatic checkpoint would run inside a commit, and everybody
//! who waits for that commit would pay for it.
//!
//! A checkpoint beside a busy writer never catches up with it, and the log would grow for ever. So
//! most of the work is done beside the writer, and then once more, for the little that came since,
//! while the writer is held between two batches; its next commit starts the log from the beginning (<https://www.sqlite.org/wal.html#avoiding_excessively_large_wal_files>).

use std::{
    path::Path,
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
};

use parking_lot::FairMutex;
use rusqlite::Connection;

use super::open;

/// Held by the writer for each batch. Fair, so that a busy writer can't keep the checkpoint
/// waiting.
pub(super) type Gate = Arc<FairMutex<()>>;

/// Asks for checkpoints; the thread ends when this is dropped.
pub(super) struct Checkpointer {
    ask: SyncSender<()>,
    thread: JoinHandle<()>,
}

impl Checkpointer {
    pub fn start(path: &Path, gate: Gate) -> rusqlite::Result<Self> {
        let mut connection = Connection::open(path)?;
        open::prepare_connection(&mut connection)?;
        let (ask, asked) = sync_channel(1);
        let thread = thread::spawn(move || run(&connection, &gate, &asked));
        Ok(Self { ask, thread })
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

fn run(connection: &Connection, gate: &Gate, asked: &Receiver<()>) {
    for () in asked {
        checkpoint(connection);
        let _writer_waits = gate.lock();
        checkpoint(connection);
    }
}

fn checkpoint(connection: &Connection) {
    if let Err(error) = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())) {
        tracing::warn!(%error, "a checkpoint failed; the write-ahead log keeps growing until one succeeds");
    }
}
