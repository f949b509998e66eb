//! What a job works with: the connection inside its transaction, numbers of the sequence, a cache, and effects that run
//! after the commit.

use std::time::Duration;

use rusqlite::Connection;

use crate::model::{EventId, Timestamp};

/// What is rolled back if a job fails.
#[derive(Clone, Copy, Debug)]
pub enum Rollback {
    /// Only the job, to a savepoint. This adds a tenth to the cost of a send, because SQLite keeps the previous state
    /// of each page.
    Savepoint,
    /// Nothing, because the work fails only before it writes. If it fails later anyway, the whole batch is rolled back.
    Batch,
}

/// What effects need, supplied by the store. It lives on the writer's thread.
pub trait Context: Send + 'static {
    type Cache: Cache;
    /// Something to do after the commit.
    type Effect;

    /// Called after each commit with its number of jobs and its duration.
    fn committed(&self, jobs: usize, took: Duration);

    /// Does what the jobs of a batch asked for, in that order. Called after the commit, before anybody is answered.
    fn perform(&self, effects: Vec<Self::Effect>);
}

/// What the writer caches between batches. It is valid as long as no other process writes; the engine notices when one
/// has, and clears it.
pub trait Cache: Default {
    /// A job begins. Everything cached so far is kept.
    fn begin_job(&mut self);
    /// The job is rolled back. What it has cached may be wrong now.
    fn rollback_job(&mut self);
    fn clear(&mut self);
}

pub struct Transaction<'a, C: Context> {
    pub connection: &'a Connection,
    pub now: Timestamp,
    pub cache: &'a mut C::Cache,
    last_id: i64,
    effects: Vec<C::Effect>,
    scrubs: bool,
}

/// The state at the beginning of a job.
pub struct JobStart {
    rollback: Rollback,
    last_id: i64,
    effects: usize,
    scrubs: bool,
    changes: u64,
}

/// The result of a transaction.
pub struct Outcome<C: Context> {
    /// The new end of the sequence.
    pub last_id: i64,
    /// In the order in which the jobs asked for them.
    pub effects: Vec<C::Effect>,
    /// Whether the write-ahead log must be emptied.
    pub scrubs: bool,
}

impl<'a, C: Context> Transaction<'a, C> {
    /// Begins a batch of `jobs` jobs, with the sequence at `last_id`.
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

    /// Begins a job.
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

    /// Rolls the job back. Returns false if the whole batch has to be rolled back.
    pub fn rollback_job(&mut self, start: &JobStart) -> rusqlite::Result<bool> {
        // On some errors, such as a full disk, SQLite rolls back the whole transaction itself.
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

    /// Ends the job, whether or not it was rolled back.
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

    /// The number that [`next_id`](Self::next_id) will return.
    pub fn upcoming_id(&self) -> EventId {
        EventId(self.last_id + 1)
    }

    /// Asks for `effect` after the commit, and after all that was asked for before.
    pub fn add_effect(&mut self, effect: C::Effect) {
        self.effects.push(effect);
    }

    /// Empties the write-ahead log after the commit, because it still contains deleted text.
    pub fn scrub(&mut self) {
        self.scrubs = true;
    }
}
