//! Deleting everything that somebody has written, for administrators. It is done a few messages at a time, behind the
//! writes of everybody else, so that nobody waits for it and no stream is flooded. How far it has come is kept with the
//! rest, so it goes on after a restart.

use rusqlite::{Connection, OptionalExtension};

use super::{
    audit::Entry,
    changes,
    context::Transaction,
    handle::Store,
    messages, reactions, uploads,
    users::{self, NOT_FOUND},
};
use crate::{
    error::Result,
    model::{Actor, EventId, MessageId, SecurityEventKind, UserId},
};

/// The most messages that one job deletes: a few milliseconds’ work. Each of them is an event for everybody who may see it.
const MESSAGES_A_JOB: usize = 20;
/// The most messages that are looked at for one job.
const LOOKED_AT: i64 = 20_000;
/// Whose messages are deleted: the user’s, and those of their bots.
const IS_THEIRS: &str = "(SELECT ?1 UNION ALL SELECT id FROM users WHERE bot_of = ?1)";

/// What is to be done next.
struct Step {
    user: UserId,
    /// Everything up to here is done when these messages are.
    through: MessageId,
    /// The number up to which it goes.
    last: i64,
    /// Messages that the user has written or reacted to.
    messages: Vec<MessageId>,
}

impl Store {
    /// Begins to delete everything that a user and their bots have written so far: their messages, with the text gone from
    /// the file, the attachments of these, their reactions, and uploads that are part of no message yet.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::error::Error::NotFound) if there is no such user.
    pub async fn begin_purge(&self, user: UserId, by: Actor) -> Result<()> {
        self.write(move |tx| {
            begin(tx, user)?;
            Entry::new(SecurityEventKind::Purged, Some(user), &by).record(tx)
        })
        .await?;
        self.purge_begun().notify_one();
        Ok(())
    }

    /// Waits until a purge is begun.
    pub async fn wait_for_purge(&self) {
        self.purge_begun().notified().await;
    }

    /// Does the next part of a purge. Returns whether there may be more to do.
    pub async fn purge_some(&self) -> Result<bool> {
        let Some(step) = self.read(|connection| Ok(next(connection)?)).await? else {
            return Ok(false);
        };
        let had_files = self.write_when_idle(move |tx| perform(tx, &step)).await?;
        if had_files {
            self.delete_unused_files().await?;
        }
        Ok(true)
    }
}

fn begin(tx: &mut Transaction<'_>, user: UserId) -> Result<()> {
    let connection = tx.connection;
    users::by_id(connection, user)?.ok_or(NOT_FOUND)?;
    // What is written from now on stays. One that has begun already begins anew.
    connection
        .prepare_cached(
            "INSERT INTO purges (user_id, through_id, last_id) VALUES (?1, 0, ?2)
             ON CONFLICT (user_id) DO UPDATE SET through_id = 0, last_id = excluded.last_id",
        )?
        .execute((user.0, tx.upcoming_id().0 - 1))?;
    for theirs in theirs(connection, user)? {
        uploads::delete_all(connection, theirs)?;
    }
    Ok(())
}

/// The user and their bots.
fn theirs(connection: &Connection, user: UserId) -> rusqlite::Result<Vec<UserId>> {
    connection
        .prepare_cached("SELECT ?1 UNION ALL SELECT id FROM users WHERE bot_of = ?1")?
        .query_map([user.0], |row| row.get(0).map(UserId))?
        .collect()
}

fn next(connection: &Connection) -> rusqlite::Result<Option<Step>> {
    let begun = connection
        .prepare_cached("SELECT user_id, through_id, last_id FROM purges ORDER BY user_id LIMIT 1")?
        .query_row([], |row| {
            Ok((
                UserId(row.get(0)?),
                row.get::<_, i64>(1)?,
                row.get::<_, i64>(2)?,
            ))
        })
        .optional()?;
    let Some((user, after, last)) = begun else {
        return Ok(None);
    };
    let end = last.min(after.saturating_add(LOOKED_AT));
    let messages: Vec<MessageId> = connection
        .prepare_cached(&format!(
            "SELECT m.id FROM messages m WHERE m.id > ?2 AND m.id <= ?3 AND (
                 m.author_id IN {IS_THEIRS} AND m.deleted_at IS NULL
                 OR m.reaction_count > 0 AND EXISTS (
                     SELECT 1 FROM reactions r WHERE r.message_id = m.id AND r.user_id IN {IS_THEIRS}))
             ORDER BY m.id LIMIT ?4"
        ))?
        .query_map((user.0, after, end, MESSAGES_A_JOB), |row| {
            row.get(0).map(EventId)
        })?
        .collect::<rusqlite::Result<_>>()?;
    let through = match messages.last() {
        Some(found) if messages.len() == MESSAGES_A_JOB => *found,
        _ => EventId(end),
    };
    Ok(Some(Step {
        user,
        through,
        last,
        messages,
    }))
}

/// Returns whether there may be files that nobody refers to any more. Doing it twice is no harm.
fn perform(tx: &mut Transaction<'_>, step: &Step) -> Result<bool> {
    let connection = tx.connection;
    let theirs = theirs(connection, step.user)?;
    let mut had_files = false;
    for id in &step.messages {
        let message = messages::by_id(connection, *id, None)?;
        if theirs.iter().any(|user| message.is_by(*user)) {
            if message.deleted_at.is_none() {
                had_files |= !message.attachments.is_empty();
                changes::erase(tx, &message)?;
            }
            continue;
        }
        for user in &theirs {
            reactions::delete_of(tx, &message, *user)?;
        }
    }
    // Unless it has begun anew meanwhile.
    for sql in [
        "UPDATE purges SET through_id = max(through_id, ?2) WHERE user_id = ?1 AND last_id = ?3",
        "DELETE FROM purges WHERE user_id = ?1 AND last_id = ?3 AND ?2 >= ?3",
    ] {
        connection
            .prepare_cached(sql)?
            .execute((step.user.0, step.through.0, step.last))?;
    }
    // Uploads were let go when it began.
    Ok(had_files || step.through.0 >= step.last)
}
