//! Messages that people have saved for themselves. Only their own streams are told. What they may not see any more, or was
//! deleted, isn't listed.

use rusqlite::{Connection, OptionalExtension};

use super::{
    context::Transaction,
    handle::Store,
    messages::{self, present, visible},
    source::Source,
    visible::{IS_VISIBLE, is_missed},
};
use crate::{
    error::{Error, Result},
    model::{
        Change, EventId, Member, Message, MessageId, Saved, SavedMessage, Timestamp, UserId, limits,
    },
};

/// Messages in one page of the list.
pub const PAGE: u32 = 100;

/// Messages that the caller has saved, or doesn't keep any more, for a stream's replay.
pub(super) const CHANGED: Source = Source {
    select: || {
        let is_missed = is_missed("s.changed_id");
        format!(
            "SELECT s.changed_id, {{source}}, m.conversation_id, s.message_id
             FROM saved_messages s CROSS JOIN messages m ON m.id = s.message_id
             CROSS JOIN participants p ON p.conversation_id = m.conversation_id AND p.user_id = s.user_id
             WHERE s.user_id = ?1 AND s.changed_id > ?2 AND {is_missed} AND {IS_VISIBLE}"
        )
    },
    load: |loader, row| {
        let saved = Saved {
            message_id: row.message_id(),
            conversation_id: row.conversation_id,
            saved_at: saved_at(loader.connection, loader.caller, row.message_id())?,
        };
        loader.event(row, &Change::Saved(saved))
    },
};

/// A user's saved messages, as SQL: those that they may see.
fn listed(what: &str) -> String {
    format!(
        "SELECT {what} FROM saved_messages s CROSS JOIN messages m ON m.id = s.message_id
         CROSS JOIN participants p ON p.conversation_id = m.conversation_id AND p.user_id = s.user_id
         WHERE s.user_id = ?1 AND s.saved_at IS NOT NULL AND m.deleted_at IS NULL AND {IS_VISIBLE}"
    )
}

impl Store {
    /// Saves a message for the caller. Doing it again has no effect.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the caller can't see it or it was deleted, [`Error::Invalid`] on `saved` if they have
    /// saved as many as they may.
    pub async fn save(&self, caller: UserId, id: MessageId) -> Result<Saved> {
        self.write(move |tx| {
            let message = present(tx.connection, id, caller)?;
            let before = saved_at(tx.connection, caller, id)?;
            if before.is_none() && count(tx.connection, caller)? >= limits::SAVED_MESSAGES {
                let reason = format!(
                    "You can save up to {} messages. Remove one first.",
                    limits::SAVED_MESSAGES
                );
                return Err(Error::invalid("saved", reason));
            }
            if before.is_some() {
                return Ok(saved(&message, before));
            }
            set(tx, caller, &message, Some(tx.now))
        })
        .await
    }

    /// No longer keeps a message for the caller, if they have saved it.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the caller can't see it.
    pub async fn unsave(&self, caller: UserId, id: MessageId) -> Result<()> {
        self.write(move |tx| {
            let (message, _) = visible(tx.connection, id, caller)?;
            if saved_at(tx.connection, caller, id)?.is_some() {
                set(tx, caller, &message, None)?;
            }
            Ok(())
        })
        .await
    }

    /// A page of the caller's saved messages: the last saved first, and only those saved before `before` was.
    pub async fn saved(
        &self,
        caller: UserId,
        before: Option<MessageId>,
    ) -> Result<Vec<SavedMessage>> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "{} AND s.changed_id < ifnull(
                     (SELECT changed_id FROM saved_messages WHERE user_id = ?1 AND message_id = ?2), {})
                 ORDER BY s.changed_id DESC LIMIT ?3",
                listed("s.message_id, s.saved_at"),
                i64::MAX,
            ))?;
            let mut rows = statement.query((caller.0, before.map(|before| before.0), PAGE))?;
            let mut page = Vec::new();
            while let Some(row) = rows.next()? {
                let (message, _) = messages::visible(connection, EventId(row.get(0)?), caller)?;
                page.push(SavedMessage {
                    message,
                    saved_at: Timestamp(row.get(1)?),
                });
            }
            Ok(page)
        })
        .await
    }

    /// Whether the caller has saved a message.
    pub async fn is_saved(&self, caller: UserId, id: MessageId) -> Result<bool> {
        self.read(move |connection| Ok(saved_at(connection, caller, id)?.is_some()))
            .await
    }
}

/// Forgets what a user has saved.
pub(super) fn delete_all(connection: &Connection, user: UserId) -> rusqlite::Result<()> {
    connection
        .execute("DELETE FROM saved_messages WHERE user_id = ?1", [user.0])
        .map(drop)
}

fn set(
    tx: &mut Transaction<'_>,
    user: UserId,
    message: &Message,
    at: Option<Timestamp>,
) -> Result<Saved> {
    let event = tx.next_id();
    tx.connection
        .prepare_cached(
            "INSERT INTO saved_messages (user_id, message_id, saved_at, changed_id) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET saved_at = excluded.saved_at, changed_id = excluded.changed_id",
        )?
        .execute((user.0, message.id.0, at.map(|at| at.0), event.0))?;
    let saved = saved(message, at);
    tx.publish(event, [Member::outside(user)].into(), Change::Saved(saved));
    Ok(saved)
}

fn saved(message: &Message, saved_at: Option<Timestamp>) -> Saved {
    Saved {
        message_id: message.id,
        conversation_id: message.conversation_id,
        saved_at,
    }
}

/// When a user has saved a message; none if they haven't.
fn saved_at(
    connection: &Connection,
    user: UserId,
    id: MessageId,
) -> rusqlite::Result<Option<Timestamp>> {
    let found = connection
        .prepare_cached(
            "SELECT saved_at FROM saved_messages WHERE user_id = ?1 AND message_id = ?2",
        )?
        .query_row((user.0, id.0), |row| row.get::<_, Option<i64>>(0))
        .optional()?;
    Ok(found.flatten().map(Timestamp))
}

fn count(connection: &Connection, user: UserId) -> rusqlite::Result<u32> {
    connection
        .prepare_cached(&listed("count(*)"))?
        .query_row([user.0], |row| row.get(0))
}
