//! Going through the messages, newest first, until enough are found or the time is used up. Each part of the way ends with
//! a place to go on from.
//!
//! 1. The messages that aren't in the index yet are read.
//! 2. The index is asked for everything at once. That is fast, unless FTS5 has to go through very much before it has a
//!    message to show: the beginning of many words, a phrase of frequent words that nobody wrote. Then it is interrupted.
//! 3. The index is asked for one block of the sequence after the other, each of which takes a limited time.

use std::time::Duration;

use rusqlite::{Connection, ErrorCode, Params};

use super::{
    index::{self, BLOCK_BITS},
    wanted::{CANDIDATE, Candidate, Wanted},
};
use crate::{
    model::{EventId, MessageId},
    platform::processor_time,
    search::Range,
    store::engine::sequence,
};

/// How much time of a processor a search may take until it asks block by block, and until it ends.
const AT_ONCE: Duration = Duration::from_millis(10);
const ALL: Duration = Duration::from_millis(16);
/// After how many steps of SQLite's machine it is asked whether to go on: some microseconds.
const STEPS: i32 = 100;

/// A limit on the time that a search takes.
#[derive(Clone, Copy, Debug)]
pub enum Budget {
    /// What a server gives: it has others to serve.
    Limited,
    Unlimited,
}

/// A way through the messages.
pub struct Walk<'a> {
    pub connection: &'a Connection,
    pub wanted: &'a Wanted,
    /// The messages from here on have been looked at.
    pub before: MessageId,
    /// How many messages to find.
    pub limit: usize,
    pub budget: Budget,
    begun: Duration,
    pub found: Vec<(MessageId, Vec<Range>)>,
}

/// Why a part of the way ended.
enum End {
    /// It was all there is.
    Exhausted,
    Full,
    OutOfTime,
}

impl<'a> Walk<'a> {
    pub fn new(
        connection: &'a Connection,
        wanted: &'a Wanted,
        before: Option<MessageId>,
        limit: usize,
        budget: Budget,
    ) -> rusqlite::Result<Self> {
        let end = EventId(sequence::last_id(connection)?.0 + 1);
        Ok(Self {
            connection,
            wanted,
            before: before.map_or(end, |before| before.min(end)),
            limit,
            budget,
            begun: processor_time(),
            found: Vec::new(),
        })
    }

    /// Goes as far as it can. Returns whether there are no further messages.
    pub fn go(&mut self) -> rusqlite::Result<bool> {
        let indexed = index::position(self.connection)?.unwrap_or(EventId(0));
        if self.before.0 > indexed.0 + 1 {
            match self.read_after(indexed)? {
                End::Exhausted => self.before = EventId(indexed.0 + 1),
                End::Full | End::OutOfTime => return Ok(false),
            }
        }
        if let Some(expression) = self.wanted.expression()
            && !self.is_over(AT_ONCE)
        {
            match self.ask(&expression, Some(AT_ONCE))? {
                End::Exhausted => return Ok(true),
                End::Full => return Ok(false),
                End::OutOfTime => {}
            }
        }
        while self.before.0 > 1 {
            let newest = EventId(self.before.0 - 1);
            match self.ask(&self.wanted.expression_of_block(newest), None)? {
                End::Exhausted => self.before = EventId(newest.0 >> BLOCK_BITS << BLOCK_BITS),
                End::Full | End::OutOfTime => return Ok(false),
            }
            if self.is_over(ALL) {
                return Ok(self.before.0 <= 1);
            }
        }
        Ok(true)
    }

    /// Reads the messages after `after`.
    fn read_after(&mut self, after: EventId) -> rusqlite::Result<End> {
        let said = "m.id > ?1 AND m.id < ?2 AND m.system IS NULL AND m.deleted_at IS NULL ORDER BY m.id DESC";
        match self.wanted.only_conversation() {
            None => {
                let select = format!("SELECT {CANDIDATE} FROM messages m WHERE {said}");
                self.test_all(&select, (after.0, self.before.0))
            }
            Some(conversation) => {
                let select = format!(
                    "SELECT {CANDIDATE} FROM messages m INDEXED BY messages_by_conversation
                     WHERE m.conversation_id = ?3 AND {said}"
                );
                self.test_all(&select, (after.0, self.before.0, conversation.0))
            }
        }
    }

    /// Tests what the index has for an expression.
    fn ask(&mut self, expression: &str, limit: Option<Duration>) -> rusqlite::Result<End> {
        let select = format!(
            "SELECT {CANDIDATE} FROM search s CROSS JOIN messages m ON m.id = s.rowid
             WHERE s.search MATCH ?1 AND s.rowid < ?2 ORDER BY s.rowid DESC"
        );
        let limit = limit.filter(|_| matches!(self.budget, Budget::Limited));
        if let Some(limit) = limit {
            let end = self.begun + limit;
            let is_over = move || processor_time() > end;
            self.connection.progress_handler(STEPS, Some(is_over))?;
        }
        let tested = self.test_all(&select, (expression, self.before.0));
        if limit.is_some() {
            self.connection.progress_handler(0, None::<fn() -> bool>)?;
        }
        match tested {
            Err(error) if is_interrupted(&error) => Ok(End::OutOfTime),
            tested => tested,
        }
    }

    fn test_all(&mut self, select: &str, parameters: impl Params) -> rusqlite::Result<End> {
        let mut statement = self.connection.prepare_cached(select)?;
        let mut rows = statement.query(parameters)?;
        while let Some(row) = rows.next()? {
            let candidate = Candidate::from_row(row)?;
            let id = candidate.id;
            if let Some(ranges) = self.wanted.test(self.connection, &candidate)? {
                self.found.push((id, ranges));
            }
            self.before = id;
            if self.found.len() == self.limit {
                return Ok(End::Full);
            }
            if self.is_over(ALL) {
                return Ok(End::OutOfTime);
            }
        }
        Ok(End::Exhausted)
    }

    fn is_over(&self, limit: Duration) -> bool {
        matches!(self.budget, Budget::Limited) && processor_time() > self.begun + limit
    }
}

fn is_interrupted(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted)
}
