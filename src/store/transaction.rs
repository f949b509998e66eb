//! What a job of the writer works with, and how one that fails is rolled back.
//!
//! Only here are numbers of the sequence given out.

use std::sync::Arc;

use rusqlite::Connection;

use super::{
    cache::{Cache, Roster},
    messages, participants,
    sessions::TokenHash,
};
use crate::{
    error::Result,
    model::{Change, ConversationId, EventId, SessionId, Timestamp, UserId},
};

/// What is rolled back where a job fails.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rollback {
    /// With a savepoint, which costs a tenth of a send: SQLite keeps what each page was before.
    Savepoint,
    /// It has written nothing yet: the work refuses before it writes. Should it fail later all the same,
    /// the batch is refused with it.
    Batch,
}

/// Where a job began.
pub(super) struct Mark {
    rollback: Rollback,
    last_id: i64,
    actions: usize,
    changes: u64,
}

/// What a job works with: the connection inside its transaction, and what shall happen after the
/// commit.
pub(super) struct Transaction<'a> {
    pub connection: &'a Connection,
    pub now: Timestamp,
    last_id: i64,
    after_commit: Vec<AfterCommit>,
    cache: &'a mut Cache,
}

#[expect(clippy::large_enum_variant, reason = "nearly all are the large one")]
pub(super) enum AfterCommit {
    Publish {
        id: EventId,
        members: Roster,
        change: Change,
    },
    Scrub,
    EndSession {
        user: UserId,
        session: SessionId,
        token: TokenHash,
    },
    ForgetToken(TokenHash),
    ForgetUser(UserId),
}

impl<'a> Transaction<'a> {
    /// For a transaction of so many jobs, with the sequence at `last_id`.
    pub fn new(
        connection: &'a Connection,
        now: Timestamp,
        last_id: i64,
        cache: &'a mut Cache,
        jobs: usize,
    ) -> Self {
        Self {
            connection,
            now,
            last_id,
            after_commit: Vec::with_capacity(jobs),
            cache,
        }
    }

    /// A job begins, which may fail by itself.
    pub fn begin_job(&mut self, rollback: Rollback) -> rusqlite::Result<Mark> {
        if let Rollback::Savepoint = rollback {
            self.run("SAVEPOINT job")?;
        }
        self.cache.begin_job();
        Ok(Mark {
            rollback,
            last_id: self.last_id,
            actions: self.after_commit.len(),
            changes: self.connection.total_changes(),
        })
    }

    /// Takes back what the job has done; false where that can't be done for it alone.
    pub fn rollback_job(&mut self, mark: &Mark) -> rusqlite::Result<bool> {
        // SQLite rolls the whole transaction back itself where the disk is full, say.
        if self.connection.is_autocommit() {
            return Ok(false);
        }
        match mark.rollback {
            Rollback::Savepoint => self.run("ROLLBACK TO job")?,
            Rollback::Batch if self.connection.total_changes() == mark.changes => {}
            Rollback::Batch => return Ok(false),
        }
        self.last_id = mark.last_id;
        self.after_commit.truncate(mark.actions);
        self.cache.rollback_job();
        Ok(true)
    }

    /// The job is over, whether it was taken back or not.
    pub fn end_job(&self, mark: &Mark) -> rusqlite::Result<()> {
        match mark.rollback {
            Rollback::Savepoint => self.run("RELEASE job"),
            Rollback::Batch => Ok(()),
        }
    }

    /// Where the sequence ends now, and what to do once it is durable.
    pub fn end(self) -> (i64, Vec<AfterCommit>) {
        (self.last_id, self.after_commit)
    }

    fn run(&self, sql: &str) -> rusqlite::Result<()> {
        self.connection.prepare_cached(sql)?.execute([]).map(drop)
    }

    /// The next number of the sequence.
    pub fn next_id(&mut self) -> EventId {
        self.take_id();
        EventId(self.last_id)
    }

    /// The number that [`take_id`](Self::take_id) would use up.
    pub fn upcoming_id(&self) -> EventId {
        EventId(self.last_id + 1)
    }

    /// Uses up the upcoming number.
    pub fn take_id(&mut self) {
        self.last_id += 1;
    }

    /// Everybody in a conversation; how far each has read may be told as it once was.
    pub fn roster(&mut self, id: ConversationId) -> Result<Roster> {
        if let Some(roster) = self.cache.roster(id) {
            return Ok(roster);
        }
        self.fresh_roster(id)
    }

    /// Everybody in a conversation, as they are now. Whoever changes who is in it has to ask for this
    /// afterwards.
    pub fn fresh_roster(&mut self, id: ConversationId) -> Result<Roster> {
        let roster = participants::roster(self.connection, id)?;
        self.cache.keep_roster(id, Arc::clone(&roster));
        Ok(roster)
    }

    /// The number of the conversation's newest message; 0 where it has none.
    pub fn newest_number(&mut self, id: ConversationId) -> Result<i64> {
        if let Some(number) = self.cache.newest_number(id) {
            return Ok(number);
        }
        let number = messages::newest_number(self.connection, id)?;
        self.cache.keep_newest_number(id, number);
        Ok(number)
    }

    /// The conversation's newest message has this number now.
    pub fn has_numbered(&mut self, id: ConversationId, number: i64) {
        self.cache.keep_newest_number(id, number);
    }

    /// Tells the streams of `members` after the commit.
    pub fn publish(&mut self, id: EventId, members: Roster, change: Change) {
        self.after_commit.push(AfterCommit::Publish {
            id,
            members,
            change,
        });
    }

    /// Text was taken out: after the commit, what the log still holds of it goes, too.
    pub fn scrub(&mut self) {
        self.after_commit.push(AfterCommit::Scrub);
    }

    /// Forgets a session that this job has deleted, and ends its streams, after the commit.
    pub fn end_session(&mut self, user: UserId, session: SessionId, token: TokenHash) {
        self.after_commit.push(AfterCommit::EndSession {
            user,
            session,
            token,
        });
    }

    /// Forgets a token that this job has replaced, after the commit; its session goes on.
    pub fn forget_token(&mut self, token: TokenHash) {
        self.after_commit.push(AfterCommit::ForgetToken(token));
    }

    /// Forgets what is remembered of a user whom this job has changed, after the commit.
    pub fn forget_user(&mut self, user: UserId) {
        self.after_commit.push(AfterCommit::ForgetUser(user));
    }

    /// Writes something new; the same again would be no write at all.
    pub fn probe(&self) -> Result<()> {
        self.connection
            .prepare_cached("UPDATE clock SET probed_at = max(?1, probed_at + 1)")?
            .execute([self.now.0])?;
        Ok(())
    }
}
