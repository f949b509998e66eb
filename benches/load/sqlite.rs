//! Durable sends without a server: the statements of a send, as many to a commit as there are
//! connections, on the same file system. No HTTP, no queue, no savepoints, and nobody to tell.

use std::{
    cell::Cell,
    collections::HashMap,
    ffi::c_int,
    path::Path,
    sync::{
        Arc,
        mpsc::{SyncSender, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;
use parking_lot::FairMutex;
use rusqlite::{Connection, OptionalExtension};
use tincan::{model::Timestamp, store::CHECKPOINT_EVERY};

use crate::{
    database,
    load::{self, Latencies},
    machine,
};

thread_local! {
    /// The length of the log after this thread’s last commit, in pages.
    static LOG_PAGES: Cell<c_int> = const { Cell::new(0) };
}

/// A database with one writer.
pub struct Bare {
    connection: Connection,
    gate: Arc<FairMutex<()>>,
    checkpoint: SyncSender<()>,
    last_id: i64,
    /// The number of the newest message, by conversation.
    newest: HashMap<i64, i64>,
}

/// A message to be written.
pub struct Row<'a> {
    pub conversation: i64,
    pub author: i64,
    pub client_id: &'a str,
    pub content: &'a str,
}

/// What came of it, for each message.
pub struct Outcome {
    pub per_second: f64,
    /// Of a commit.
    pub latencies: Latencies,
    pub processor_micros: f64,
    pub written_bytes: f64,
}

impl Bare {
    /// The connection, for what isn't measured.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Opens the database at `path` as the server's writer does.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn open(path: &Path) -> Result<Self> {
        let connection = Connection::open(path)?;
        prepare(&connection)?;
        connection.wal_hook(Some(|_, pages| {
            LOG_PAGES.set(pages);
            Ok(())
        }));
        let last_id =
            connection.query_row("SELECT last_id FROM sequence_end", [], |row| row.get(0))?;
        let gate = Arc::new(FairMutex::new(()));
        Ok(Self {
            connection,
            checkpoint: checkpointer(path, Arc::clone(&gate))?,
            gate,
            last_id,
            newest: HashMap::new(),
        })
    }

    /// Makes `rows` durable with one commit.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn commit(&mut self, rows: &[Row<'_>]) -> Result<()> {
        self.transaction(|bare| {
            let now = Timestamp::now().0;
            for row in rows {
                bare.last_id += 1;
                bare.send(bare.last_id, now, row)?;
            }
            Ok(())
        })
    }

    /// Makes a piece of a file durable with one commit.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn commit_piece(&mut self, file: i64, place: usize, bytes: &[u8]) -> Result<()> {
        self.transaction(|bare| {
            bare.connection
                .prepare_cached("INSERT INTO chunks (file_id, place, bytes) VALUES (?1, ?2, ?3)")?
                .execute((file, place, bytes))
                .map(drop)
        })
    }

    fn transaction(&mut self, write: impl FnOnce(&mut Self) -> rusqlite::Result<()>) -> Result<()> {
        {
            let gate = Arc::clone(&self.gate);
            let _no_checkpoint_ends_now = gate.lock();
            self.run("BEGIN IMMEDIATE")?;
            write(self)?;
            self.run("COMMIT")?;
        }
        if LOG_PAGES.get() >= CHECKPOINT_EVERY {
            // One that is wanted already serves for both.
            let _ = self.checkpoint.try_send(());
        }
        Ok(())
    }

    /// Commits a message of each of `pairs`, conversations and authors, again and again for
    /// `duration`.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn run_for(&mut self, pairs: &[(i64, i64)], duration: Duration) -> Result<Outcome> {
        let warm = Instant::now();
        while warm.elapsed() < load::WARM_UP {
            self.commit_one_of_each(pairs)?;
        }
        let mut commits = Vec::new();
        let before = machine::processor_time("self")?;
        let written_before = machine::written_bytes("self")?;
        let start = Instant::now();
        while start.elapsed() < duration {
            let begin = Instant::now();
            self.commit_one_of_each(pairs)?;
            commits.push(begin.elapsed());
        }
        let processor = machine::processor_time("self")?.saturating_sub(before);
        let written = machine::written_bytes("self")? - written_before;
        let count = (commits.len() * pairs.len()) as f64;
        Ok(Outcome {
            per_second: count / start.elapsed().as_secs_f64(),
            latencies: Latencies::new(commits),
            processor_micros: processor.as_secs_f64() * 1e6 / count,
            written_bytes: written as f64 / count,
        })
    }

    fn commit_one_of_each(&mut self, pairs: &[(i64, i64)]) -> Result<()> {
        let content = database::content();
        let client_ids: Vec<_> = (1_i64..)
            .take(pairs.len())
            .map(|number| format!("{:012}", self.last_id + number))
            .collect();
        let rows: Vec<_> = pairs
            .iter()
            .zip(&client_ids)
            .map(|(&(conversation, author), client_id)| Row {
                conversation,
                author,
                client_id,
                content: &content,
            })
            .collect();
        self.commit(&rows)
    }

    fn run(&self, sql: &str) -> rusqlite::Result<()> {
        self.connection.prepare_cached(sql)?.execute([]).map(drop)
    }

    /// What `store::messages` does for one message.
    fn send(&mut self, id: i64, now: i64, row: &Row<'_>) -> rusqlite::Result<()> {
        let &Row {
            conversation,
            author,
            client_id,
            content,
        } = row;
        let prepare = |sql| self.connection.prepare_cached(sql);
        let newest = self.newest.get(&conversation).copied();
        let newest = newest.map_or_else(|| self.newest_number(conversation), Ok)?;
        let number = newest + 1;
        prepare(
            "INSERT INTO messages (id, conversation_id, number, author_id, client_id, content, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (author_id, client_id) WHERE client_id IS NOT NULL DO NOTHING",
        )?
        .execute((id, conversation, number, author, client_id, content, now))?;
        prepare(
            "UPDATE participants SET last_read_number = ?3
             WHERE conversation_id = ?1 AND user_id = ?2 AND last_read_number < ?3",
        )?
        .execute((conversation, author, number))?;
        self.newest.insert(conversation, number);
        Ok(())
    }

    fn newest_number(&self, conversation: i64) -> rusqlite::Result<i64> {
        let number = self
            .connection
            .prepare_cached(
                "SELECT number FROM messages WHERE conversation_id = ?1 ORDER BY id DESC LIMIT 1",
            )?
            .query_row([conversation], |row| row.get(0))
            .optional()?;
        Ok(number.unwrap_or(0))
    }
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(64);
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.query_row("PRAGMA wal_autocheckpoint = 0", [], |_| Ok(()))
}

/// Like the server's: most of the work beside the writer, the rest while it waits.
fn checkpointer(path: &Path, gate: Arc<FairMutex<()>>) -> Result<SyncSender<()>> {
    let connection = Connection::open(path)?;
    prepare(&connection)?;
    let (ask, asked) = sync_channel(1);
    thread::spawn(move || {
        // One that fails is made up for by the next.
        let checkpoint =
            || drop(connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())));
        for () in asked {
            checkpoint();
            let _writer_waits = gate.lock();
            checkpoint();
        }
    });
    Ok(ask)
}
