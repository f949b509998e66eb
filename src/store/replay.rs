//! What a stream has missed: what was numbered since in the caller's conversations, in order, as it
//! is now.

use std::sync::LazyLock;

use rusqlite::Connection;

use super::{
    conversations,
    engine::sequence,
    handle::Store,
    messages,
    participants::{self, MAX_ACTIVITY_PARTICIPANTS},
    read_marks, sessions,
    source::{Loader, MissedRow, Source},
};
use crate::{
    error::{Error, Result},
    model::{ConversationId, Event, EventId, SessionId, UserId},
};

/// Bytes of JSON after which a backlog ends, so that many slow readers of long messages stay cheap.
const BACKLOG_BYTES: usize = 64 * 1024;

/// The present end of the sequence.
pub type Position = EventId;

/// A part of what a stream has missed.
#[derive(Debug)]
pub struct Backlog {
    /// By their places.
    pub events: Vec<(EventId, Event)>,
    /// Where nothing is left behind `events`: the end of the sequence when they were read.
    /// Whatever comes later is published.
    pub end: Option<Position>,
}

impl Store {
    /// The present end of the sequence.
    ///
    /// # Errors
    /// [`Error::Unauthorized`] where the session has ended.
    pub async fn position(&self, session: SessionId) -> Result<Position> {
        self.read(move |connection| {
            require_open(connection, session)?;
            Ok(sequence::last_id(connection)?)
        })
        .await
    }

    /// Up to `limit` events that `caller` may see behind `after`, in order, as they are now.
    ///
    /// # Errors
    /// [`Error::Unauthorized`] where the session has ended.
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
                events.push((found.id, event));
            }
            // What this snapshot doesn't show was committed later, and is published to whoever
            // listens.
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

/// What may be missed. The first names the columns for all, so a new one goes to the end.
const SOURCES: &[&Source] = &[
    &messages::SENT,
    &messages::CHANGED,
    &conversations::CHANGED,
    &read_marks::READ,
    &participants::LEFT,
];

/// Finds what was missed. Each index is read from `?2` on, conversation by conversation, so that this costs what was missed
/// and not what there is.
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
