//! What a stream has missed: everything in the caller's conversations with a number after the cursor, in order, in its
//! current state.

use std::sync::{Arc, LazyLock};

use rusqlite::Connection;

use super::{
    activity::MAX_ACTIVITY_PARTICIPANTS,
    blocks, conversation_settings, conversations, drafts,
    engine::sequence,
    handle::Store,
    messages, participants, profiles, read_marks, room_requests, saved, sessions,
    source::{Loader, MissedRow, Source},
};
use crate::{
    error::{Error, Result},
    model::{Backlog, ConversationId, EventId, SessionId, UserId},
};

/// Bytes of JSON after which a backlog ends, so that many slow readers of long messages use little memory.
const BACKLOG_BYTES: usize = 64 * 1024;

/// The current end of the sequence.
pub type Position = EventId;

impl Store {
    /// The current end of the sequence.
    ///
    /// # Errors
    /// [`Error::Unauthorized`] if the session has ended.
    pub async fn position(&self, session: SessionId) -> Result<Position> {
        self.read(move |connection| {
            require_open(connection, session)?;
            Ok(sequence::last_id(connection)?)
        })
        .await
    }

    /// Up to `limit` events after `after` that `caller` may see, in order, in their current state.
    ///
    /// # Errors
    /// [`Error::Unauthorized`] if the session has ended.
    pub async fn backlog(
        &self,
        session: SessionId,
        caller: UserId,
        after: EventId,
        limit: usize,
    ) -> Result<Backlog> {
        self.read(move |connection| {
            require_open(connection, session)?;
            let missed = missed(connection, caller, after, limit)?;
            let mut is_all = missed.len() < limit;
            let mut events = Vec::with_capacity(missed.len());
            let mut bytes = 0;
            let mut loader = Loader::new(connection, caller, participants::member);
            for found in missed {
                if bytes > BACKLOG_BYTES {
                    is_all = false;
                    break;
                }
                let event = (SOURCES[found.source as usize].load)(&mut loader, &found)?;
                bytes += event.data.len();
                events.push((found.id, Arc::new(event)));
            }
            // What isn't in this snapshot is committed later, and then published to subscribers.
            let end = is_all.then(|| sequence::last_id(connection)).transpose()?;
            Ok(Backlog { events, end })
        })
        .await
    }
}

fn require_open(connection: &Connection, session: SessionId) -> Result<()> {
    if sessions::is_open(connection, session)? {
        Ok(())
    } else {
        Err(Error::Unauthorized)
    }
}

/// All sources. The index in this list is used only within one query. The first names the columns for all, so a new one
/// goes to the end.
const SOURCES: &[&Source] = &[
    &messages::SENT,
    &messages::CHANGED,
    &conversations::CHANGED,
    &read_marks::READ,
    &participants::LEFT,
    &profiles::CHANGED,
    &blocks::CHANGED,
    &conversation_settings::CHANGED,
    &room_requests::CHANGED,
    &saved::CHANGED,
    &drafts::CHANGED,
];

/// Finds missed rows. Each index is read from `?2` on, conversation by conversation, so the cost depends on what was
/// missed and not on what exists.
static MISSED: LazyLock<String> = LazyLock::new(|| {
    let selects = SOURCES.iter().enumerate();
    let selects =
        selects.map(|(at, source)| (source.select)().replace("{source}", &at.to_string()));
    let union = selects.collect::<Vec<_>>().join(" UNION ALL ");
    format!("{union} ORDER BY id LIMIT ?3")
});

fn missed(
    connection: &Connection,
    caller: UserId,
    after: EventId,
    limit: usize,
) -> rusqlite::Result<Vec<MissedRow>> {
    let mut statement = connection.prepare_cached(&MISSED)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let found = statement.query_map(
        (caller.0, after.0, limit, MAX_ACTIVITY_PARTICIPANTS),
        |row| {
            Ok(MissedRow {
                id: EventId(row.get("id")?),
                source: row.get("source")?,
                conversation_id: ConversationId(row.get("conversation_id")?),
                subject_id: row.get("subject_id")?,
            })
        },
    )?;
    found.collect()
}
