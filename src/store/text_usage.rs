//! How many bytes of text everybody has in their messages. A send pays nothing for it: a follower counts what has been sent,
//! and only who is over the limit is looked at more closely.

use std::collections::HashSet;

use parking_lot::RwLock;
use rusqlite::{Connection, OptionalExtension};

use super::{context::Transaction, handle::Store};
use crate::{
    error::{Error, Result},
    model::{EventId, Message, UserId},
};

/// The name of the follower that counts. Its cursor is written together with what it has counted.
pub const TEXT_FOLLOWER: &str = "text";
/// The most numbers of the sequence for one job: it reads a row for each message among them, but not its text.
const IDS_A_JOB: i64 = 2_000;

/// Who has used up their space when that was last counted.
#[derive(Debug, Default)]
pub(super) struct FullTexts(RwLock<Counted>);

#[derive(Debug, Default)]
struct Counted {
    /// Bytes that each user may have.
    limit: u64,
    full: HashSet<UserId>,
}

impl Store {
    /// Counts what was sent after `after`, up to `end`, a part at a time. Returns how far it has come.
    pub async fn count_text(&self, after: EventId, end: EventId) -> Result<EventId> {
        let through = EventId(end.0.min(after.0.saturating_add(IDS_A_JOB)));
        if through > after {
            self.write_when_idle(move |tx| count(tx, after, through))
                .await?;
        }
        Ok(through)
    }

    /// Remembers who has more bytes of text than `limit`.
    pub async fn find_full_texts(&self, limit: u64) -> Result<()> {
        let full = self
            .read(move |connection| {
                let mut statement = connection
                    .prepare_cached("SELECT user_id FROM text_usage WHERE bytes >= ?1")?;
                let users = statement.query_map([at_most(limit)], |row| row.get(0).map(UserId))?;
                Ok(users.collect::<rusqlite::Result<_>>()?)
            })
            .await?;
        *self.full_texts().0.write() = Counted { limit, full };
        Ok(())
    }

    /// Checks that a user has space for more text, if it was used up when it was last counted.
    ///
    /// # Errors
    /// [`Error::TextQuotaUsedUp`].
    pub async fn require_text_space(&self, user: UserId) -> Result<()> {
        let limit = {
            let counted = self.full_texts().0.read();
            if !counted.full.contains(&user) {
                return Ok(());
            }
            counted.limit
        };
        // They may have deleted something since.
        let bytes = self.read(move |connection| Ok(bytes_of(connection, user)?));
        if bytes.await? >= at_most(limit) {
            self.metrics().limited("text");
            return Err(Error::TextQuotaUsedUp);
        }
        self.full_texts().0.write().full.remove(&user);
        Ok(())
    }
}

fn at_most(limit: u64) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

fn bytes_of(connection: &Connection, user: UserId) -> rusqlite::Result<i64> {
    let bytes = connection
        .prepare_cached("SELECT bytes FROM text_usage WHERE user_id = ?1")?
        .query_row([user.0], |row| row.get(0));
    Ok(bytes.optional()?.unwrap_or(0))
}

fn counted_through(connection: &Connection) -> rusqlite::Result<i64> {
    let through = connection
        .prepare_cached("SELECT through_id FROM followers WHERE name = ?1")?
        .query_row([TEXT_FOLLOWER], |row| row.get(0));
    Ok(through.optional()?.unwrap_or(0))
}

/// Counts each message once, with its text as it is now.
fn count(tx: &mut Transaction<'_>, after: EventId, through: EventId) -> Result<()> {
    let connection = tx.connection;
    if counted_through(connection)? != after.0 {
        return Ok(());
    }
    connection
        .prepare_cached(
            "INSERT INTO text_usage (user_id, bytes)
             SELECT author_id, sum(octet_length(content)) FROM messages
             WHERE id > ?1 AND id <= ?2 AND author_id IS NOT NULL GROUP BY author_id
             ON CONFLICT (user_id) DO UPDATE SET bytes = bytes + excluded.bytes",
        )?
        .execute((after.0, through.0))?;
    connection
        .prepare_cached(
            "INSERT INTO followers (name, through_id) VALUES (?1, ?2)
             ON CONFLICT (name) DO UPDATE SET through_id = excluded.through_id",
        )?
        .execute((TEXT_FOLLOWER, through.0))?;
    Ok(())
}

/// The text of `message` becomes so many bytes long. If it wasn’t counted yet, it will be.
pub(super) fn changed(tx: &Transaction<'_>, message: &Message, bytes: usize) -> Result<()> {
    let Some(author) = &message.author else {
        return Ok(());
    };
    if message.id.0 > counted_through(tx.connection)? {
        return Ok(());
    }
    let by = at_most(bytes as u64) - at_most(message.content.len() as u64);
    tx.connection
        .prepare_cached("UPDATE text_usage SET bytes = bytes + ?2 WHERE user_id = ?1")?
        .execute((author.id.0, by))?;
    Ok(())
}
