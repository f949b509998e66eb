//! What a job works with: the connection inside its transaction, the numbers of the sequence, a cache, and what happens
//! after the commit.

use std::time::Duration;

use rusqlite::Connection;

use crate::model::{EventId, Timestamp};

/// What is rolled back where a job fails.
#[derive(Clone, Copy, Debug)]
pub enum Rollback {
    /// The job alone, to a savepoint. That costs a tenth of a send: SQLite keeps what each page was before.
    Savepoint,
    /// Nothing: the work refuses before it writes. Should it fail later all the same, the whole batch is refused.
    Batch,
}

/// What a store plugs into its engine: what effects work with. It lives on the writer's thread.
pub trait Context: Send + 'static {
    type Cache: Cache;

    /// A commit of so many jobs has taken so long.
    fn committed(&self, jobs: usize, took: Duration);
}

/// What the writer keeps from batch to batch, so that jobs needn't look it up. It is right as long as nobody else writes;
/// where another program has, the engine notices and clears it.
pub trait Cache: Default {
    /// Another job begins: what is cached by now stays.
    fn begin_job(&mut self);
    /// The job is rolled back: what it cached may be what it had written.
    fn rollback_job(&mut self);
    fn clear(&mut self);
}

/// Something to do once the transaction is durable.
pub type Effect<C> = Box<dyn FnOnce(&C)>;

pub struct Transaction<'a, C: Context> {
    pub connection: &'a Connection,
    pub now: Timestamp,
    pub cache: &'a mut C::Cache,
    last_id: i64,
    effects: Vec<Effect<C>>,
    scrubs: bool,
}

/// Where a job began.
pub struct JobStart {
    rollback: Rollback,
    last_id: i64,
    effects: usize,
    scrubs: bool,
    changes: u64,
}

/// What a transaction leads to.
pub struct Outcome<C> {
    /// Where the sequence ends now.
    pub last_id: i64,
    /// In the order in which they are to happen.
    pub effects: Vec<Effect<C>>,
    /// Whether the log is to be emptied.
    pub scrubs: bool,
}

impl<'a, C: Context> Transaction<'a, C> {
    /// For a batch of so many jobs, with the sequence at `last_id`.
    pub fn new(
        connection: &'a Connection,
        now: Timestamp,
        last_id: i64,
        cache: &'a mut C::Cache,
        jobs: usize,
    ) -> Self {
        Self {
            connection,
            now,
            cache,
            last_id,
            effects: Vec::with_capacity(jobs),
            scrubs: false,
        }
    }

    /// A job begins, which may fail by itself.
    pub fn begin_job(&mut self, rollback: Rollback) -> rusqlite::Result<JobStart> {
        if let Rollback::Savepoint = rollback {
            self.run("SAVEPOINT job")?;
        }
        self.cache.begin_job();
        Ok(JobStart {
            rollback,
            last_id: self.last_id,
            effects: self.effects.len(),
            scrubs: self.scrubs,
            changes: self.connection.total_changes(),
        })
    }

    /// Rolls the job back; false where that can't be done for it alone.
    pub fn rollback_job(&mut self, start: &JobStart) -> rusqlite::Result<bool> {
        // SQLite rolls the whole transaction back itself where the disk is full, say.
        if self.connection.is_autocommit() {
            return Ok(false);
        }
        match start.rollback {
            Rollback::Savepoint => self.run("ROLLBACK TO job")?,
            Rollback::Batch if self.connection.total_changes() == start.changes => {}
            Rollback::Batch => return Ok(false),
        }
        self.last_id = start.last_id;
        self.effects.truncate(start.effects);
        self.scrubs = start.scrubs;
        self.cache.rollback_job();
        Ok(true)
    }

    /// The job is over, whether it was rolled back or not.
    pub fn end_job(&self, start: &JobStart) -> rusqlite::Result<()> {
        match start.rollback {
            Rollback::Savepoint => self.run("RELEASE job"),
            Rollback::Batch => Ok(()),
        }
    }

    pub fn end(self) -> Outcome<C> {
        Outcome {
            last_id: self.last_id,
            effects: self.effects,
            scrubs: self.scrubs,
        }
    }

    fn run(&self, sql: &str) -> rusqlite::Result<()> {
        self.connection.prepare_cached(sql)?.execute([]).map(drop)
    }

    /// The next number of the sequence.
    pub fn next_id(&mut self) -> EventId {
        self.last_id += 1;
        EventId(self.last_id)
    }

    /// The number that [`next_id`](Self::next_id) would give out.
    pub fn upcoming_id(&self) -> EventId {
        EventId(self.last_id + 1)
    }

    /// Has something done after the commit, behind what this transaction has asked for before.
    pub fn after_commit(&mut self, effect: impl FnOnce(&C) + 'static) {
        self.effects.push(Box::new(effect));
    }

    /// Text was deleted: after the commit, what the log still holds of it goes, too.
    pub fn scrub(&mut self) {
        self.scrubs = true;
    }
}
